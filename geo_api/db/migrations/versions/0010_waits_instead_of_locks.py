"""Wrong passwords are counted where they come from, not on the account"""

from alembic import op
import sqlalchemy as sa

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column('account', 'failed_count')
    op.drop_column('account', 'locked_until')


def downgrade() -> None:
    op.add_column('account', sa.Column('failed_count', sa.Integer(), server_default='0', nullable=False))
    op.alter_column('account', 'failed_count', server_default=None)
    op.add_column('account', sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True))
