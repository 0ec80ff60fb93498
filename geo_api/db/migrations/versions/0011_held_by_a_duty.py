"""What is held by a duty is found when it ends"""

from alembic import op
import sqlalchemy as sa

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f('ix_service_request_handler_duty_id'), 'service_request', ['handler_duty_id'], unique=False, postgresql_where=sa.text("status = 'open'"))


def downgrade() -> None:
    op.drop_index(op.f('ix_service_request_handler_duty_id'), table_name='service_request', postgresql_where=sa.text("status = 'open'"))
