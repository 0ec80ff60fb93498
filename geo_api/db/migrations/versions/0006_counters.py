"""Counts that guard something, a row each"""

from alembic import op
import sqlalchemy as sa

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('counter',
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('subject', sa.LargeBinary(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'subject', name=op.f('pk_counter'))
    )
    op.create_index(op.f('ix_counter_ends_at'), 'counter', ['ends_at'], unique=False)
    # What it held were counts of the present day; they begin anew.
    op.drop_table('track_count')


def downgrade() -> None:
    op.create_table('track_count',
    sa.Column('subject', sa.LargeBinary(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('subject', 'since', name=op.f('pk_track_count'))
    )
    op.create_index(op.f('ix_track_count_since'), 'track_count', ['since'], unique=False)
    op.drop_table('counter')
