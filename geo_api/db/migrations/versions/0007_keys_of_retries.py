"""Replies are found by a digest of caller and key"""

from alembic import op
import sqlalchemy as sa

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('idempotent_reply', sa.Column('digest', sa.LargeBinary(), nullable=True))
    # Who retries over the upgrade is known again.
    op.execute("UPDATE idempotent_reply SET digest = sha256(caller || convert_to(key, 'UTF8'))")
    op.alter_column('idempotent_reply', 'digest', nullable=False)
    op.drop_constraint(op.f('pk_idempotent_reply'), 'idempotent_reply', type_='primary')
    op.drop_column('idempotent_reply', 'caller')
    op.drop_column('idempotent_reply', 'key')
    op.create_primary_key(op.f('pk_idempotent_reply'), 'idempotent_reply', ['digest'])


def downgrade() -> None:
    # A digest does not lead back: retries over a downgrade order anew.
    op.execute('DELETE FROM idempotent_reply')
    op.drop_constraint(op.f('pk_idempotent_reply'), 'idempotent_reply', type_='primary')
    op.drop_column('idempotent_reply', 'digest')
    op.add_column('idempotent_reply', sa.Column('caller', sa.LargeBinary(), nullable=False))
    op.add_column('idempotent_reply', sa.Column('key', sa.String(), nullable=False))
    op.create_primary_key(op.f('pk_idempotent_reply'), 'idempotent_reply', ['caller', 'key'])
