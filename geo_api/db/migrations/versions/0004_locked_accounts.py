"""An administrator locks an account until it is opened again"""

from alembic import op
import sqlalchemy as sa

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('account', sa.Column('is_locked', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column('account', 'is_locked', server_default=None)


def downgrade() -> None:
    op.drop_column('account', 'is_locked')
