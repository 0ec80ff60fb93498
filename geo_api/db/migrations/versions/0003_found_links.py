"""Tracking links that were found again are told from those that were given"""

from alembic import op
import sqlalchemy as sa

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of links that there are already nobody knows; all of them count as given.
    op.add_column('token', sa.Column('is_found', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column('token', 'is_found', server_default=None)


def downgrade() -> None:
    op.drop_column('token', 'is_found')
