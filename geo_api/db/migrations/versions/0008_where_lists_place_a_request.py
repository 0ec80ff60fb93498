"""Where lists place a request: of a household at its group's label, never at its door"""

import math

from alembic import op
import sqlalchemy as sa
from geoalchemy2 import Geometry

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

_NARROWEST = 'coalesce(r.group_id, r.village_id, r.town_id, r.county_id)'


def _cell_of(lon, lat):
    # As the service reckoned it then; what it does later is no matter here.
    u = (lon + 180) / 360
    v = 0.5 - math.asinh(math.tan(math.radians(max(-85.0511287798066, min(85.0511287798066, lat))))) / (2 * math.pi)
    below_one = math.nextafter(1.0, 0.0)
    x, y = (int(max(0.0, min(below_one, part)) * (1 << 22)) for part in (u, v))
    return sum(((x >> bit & 1) << 2 * bit) | ((y >> bit & 1) << 2 * bit + 1) for bit in range(22))


def upgrade() -> None:
    op.add_column('service_request', sa.Column('listed_point', Geometry(geometry_type='POINT', srid=4326, dimension=2, spatial_index=False, from_text='ST_GeomFromEWKT', name='geometry'), nullable=True))
    op.add_column('service_request', sa.Column('listed_cell', sa.BigInteger(), nullable=True))
    op.execute('UPDATE service_request SET listed_point = geom, listed_cell = cell WHERE household_id IS NULL')
    labels = op.get_bind().execute(sa.text(
        f'SELECT DISTINCT r.edition_id, {_NARROWEST} AS area_id,'
        ' ST_X(s.label_point) AS lon, ST_Y(s.label_point) AS lat'
        ' FROM service_request r'
        f' JOIN edition_area a ON a.edition_id = r.edition_id AND a.area_id = {_NARROWEST}'
        ' JOIN shape s ON s.id = a.shape_id'
        ' WHERE r.household_id IS NOT NULL AND r.geom IS NOT NULL')).all()
    op.get_bind().execute(
        sa.text(
            'UPDATE service_request r'
            ' SET listed_point = ST_SetSRID(ST_MakePoint(l.lon, l.lat), 4326), listed_cell = l.cell'
            ' FROM unnest(CAST(:editions AS bigint[]), CAST(:areas AS bigint[]), CAST(:lons AS float8[]),'
            ' CAST(:lats AS float8[]), CAST(:cells AS bigint[])) AS l(edition_id, area_id, lon, lat, cell)'
            f' WHERE r.edition_id = l.edition_id AND {_NARROWEST} = l.area_id'
            ' AND r.household_id IS NOT NULL AND r.geom IS NOT NULL'),
        {
            'editions': [label.edition_id for label in labels],
            'areas': [label.area_id for label in labels],
            'lons': [label.lon for label in labels],
            'lats': [label.lat for label in labels],
            'cells': [_cell_of(label.lon, label.lat) for label in labels],
        },
    )
    op.create_check_constraint(op.f('ck_service_request_listed'), 'service_request', '(listed_point IS NULL) = (geom IS NULL)')
    op.create_index(op.f('ix_service_request_listed_cell_ordered_at'), 'service_request', ['listed_cell', 'ordered_at'], unique=False)
    op.create_geospatial_index(op.f('ix_service_request_listed_point'), 'service_request', ['listed_point'], unique=False, postgresql_using='gist', postgresql_ops={})
    op.drop_geospatial_index(op.f('ix_service_request_geom'), table_name='service_request', postgresql_using='gist', column_name='geom')


def downgrade() -> None:
    op.create_geospatial_index(op.f('ix_service_request_geom'), 'service_request', ['geom'], unique=False, postgresql_using='gist', postgresql_ops={})
    op.drop_geospatial_index(op.f('ix_service_request_listed_point'), table_name='service_request', postgresql_using='gist', column_name='listed_point')
    op.drop_index(op.f('ix_service_request_listed_cell_ordered_at'), table_name='service_request')
    op.drop_constraint(op.f('ck_service_request_listed'), 'service_request')
    op.drop_column('service_request', 'listed_cell')
    op.drop_column('service_request', 'listed_point')
