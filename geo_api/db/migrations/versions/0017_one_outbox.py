"""One outbox, and the log of live events"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def notice():
    return (
        sa.Column('event_id', sa.Uuid(), nullable=False),
        sa.Column('area_ids', postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column('zone_id', sa.BigInteger(), nullable=True),
        sa.Column('household_id', sa.BigInteger(), nullable=True),
        sa.Column('person_ids', postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column('request_public_id', sa.Uuid(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    )


def upgrade() -> None:
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('consumer', sa.String(), nullable=False),
    *notice(),
    sa.ForeignKeyConstraint(['event_id'], ['request_event.public_id'], name=op.f('fk_outbox_event_id_request_event')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index(op.f('ix_outbox_consumer_id'), 'outbox', ['consumer', 'id'], unique=False)
    op.create_table('live_event',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    *notice(),
    sa.ForeignKeyConstraint(['event_id'], ['request_event.public_id'], name=op.f('fk_live_event_event_id_request_event')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_live_event'))
    )
    op.create_index(op.f('ix_live_event_created_at'), 'live_event', ['created_at'], unique=False)
    turn = op.create_table('live_turn',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('last_number', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_live_turn_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_live_turn'))
    )
    op.bulk_insert(turn, [{'id': 1, 'last_number': 0}])


def downgrade() -> None:
    op.drop_table('live_turn')
    op.drop_table('live_event')
    op.drop_table('outbox')
