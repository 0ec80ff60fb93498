"""Other systems get secret keys; what they order under a number can be compared"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('server_key',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('key_hash', sa.LargeBinary(), nullable=False),
    sa.Column('may', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("may <@ ARRAY['order', 'read']::varchar[] AND cardinality(may) > 0", name=op.f('ck_server_key_may')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_server_key')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_server_key_key_hash')),
    sa.UniqueConstraint('public_id', name=op.f('uq_server_key_public_id'))
    )
    op.create_table('server_key_area',
    sa.Column('server_key_id', sa.BigInteger(), nullable=False),
    sa.Column('area_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_server_key_area_area_id_area')),
    sa.ForeignKeyConstraint(['server_key_id'], ['server_key.id'], name=op.f('fk_server_key_area_server_key_id_server_key')),
    sa.PrimaryKeyConstraint('server_key_id', 'area_id', name=op.f('pk_server_key_area'))
    )
    op.add_column('service_request', sa.Column('server_key_id', sa.BigInteger(), nullable=True))
    op.add_column('service_request', sa.Column('fingerprint', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_foreign_key(op.f('fk_service_request_server_key_id_server_key'), 'service_request', 'server_key', ['server_key_id'], ['id'])
    op.create_index(op.f('ix_service_request_server_key_id_ordered_at'), 'service_request', ['server_key_id', 'ordered_at'], unique=False, postgresql_where=sa.text('server_key_id IS NOT NULL'))


def downgrade() -> None:
    op.drop_index(op.f('ix_service_request_server_key_id_ordered_at'), table_name='service_request')
    op.drop_constraint(op.f('fk_service_request_server_key_id_server_key'), 'service_request', type_='foreignkey')
    op.drop_column('service_request', 'fingerprint')
    op.drop_column('service_request', 'server_key_id')
    op.drop_table('server_key_area')
    op.drop_table('server_key')
