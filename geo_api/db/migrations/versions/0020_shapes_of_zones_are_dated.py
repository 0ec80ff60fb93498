"""Shapes of zones are dated, and shared as those of areas are"""

from alembic import op
import sqlalchemy as sa
from geoalchemy2 import Geometry

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

# Of a shape that is there already its hash tells.
_SHAPES = """
INSERT INTO shape (hash, geom, label_point, area_m2)
SELECT DISTINCT ON (hash) hash, geom, ST_PointOnSurface(geom), ST_Area(geom::geography)
FROM (SELECT sha256(ST_AsBinary(geom, 'NDR')) AS hash, geom FROM responsibility_zone WHERE geom IS NOT NULL) AS z
ON CONFLICT (hash) DO NOTHING
"""

_DRAWN = """
INSERT INTO zone_shape (zone_id, shape_id, valid_from)
SELECT z.id, s.id, z.valid_from
FROM responsibility_zone z JOIN shape s ON s.hash = sha256(ST_AsBinary(z.geom, 'NDR'))
WHERE z.geom IS NOT NULL
"""

_BACK = """
UPDATE responsibility_zone z SET geom = s.geom
FROM zone_shape d JOIN shape s ON s.id = d.shape_id
WHERE d.zone_id = z.id AND d.valid_to IS NULL
"""


def upgrade() -> None:
    op.create_table('zone_shape',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('zone_id', sa.BigInteger(), nullable=False),
    sa.Column('shape_id', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.CheckConstraint('valid_to IS NULL OR valid_to > valid_from', name=op.f('ck_zone_shape_period')),
    sa.ForeignKeyConstraint(['shape_id'], ['shape.id'], name=op.f('fk_zone_shape_shape_id_shape')),
    sa.ForeignKeyConstraint(['zone_id'], ['responsibility_zone.id'], name=op.f('fk_zone_shape_zone_id_responsibility_zone')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_zone_shape'))
    )
    op.create_index(op.f('ix_zone_shape_shape_id'), 'zone_shape', ['shape_id'], unique=False)
    op.create_index(op.f('ix_zone_shape_zone_id_valid_from'), 'zone_shape', ['zone_id', 'valid_from'], unique=True)
    op.execute(_SHAPES)
    op.execute(_DRAWN)
    op.drop_index(op.f('ix_responsibility_zone_geom'), table_name='responsibility_zone')
    op.drop_column('responsibility_zone', 'geom')


def downgrade() -> None:
    op.add_column('responsibility_zone', sa.Column('geom', Geometry('MULTIPOLYGON', srid=4326, spatial_index=False), nullable=True))
    op.execute(_BACK)
    op.create_index(op.f('ix_responsibility_zone_geom'), 'responsibility_zone', ['geom'], unique=False, postgresql_using='gist')
    op.drop_table('zone_shape')
