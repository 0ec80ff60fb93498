"""The orders of a network are counted beside them, and no order says its network"""

from alembic import op
import sqlalchemy as sa

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f('ix_service_request_origin_ordered_at'), table_name='service_request')
    op.drop_column('service_request', 'origin')


def downgrade() -> None:
    op.add_column('service_request', sa.Column('origin', sa.LargeBinary(), nullable=True))
    op.create_index(op.f('ix_service_request_origin_ordered_at'), 'service_request', ['origin', 'ordered_at'], unique=False, postgresql_where=sa.text('origin IS NOT NULL'))
