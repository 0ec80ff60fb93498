"""Photos, and requests found again"""

from alembic import op
import sqlalchemy as sa

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attachment',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name=op.f('ck_attachment_media_type')),
    sa.CheckConstraint('octet_length(content) = size AND size BETWEEN 1 AND 1000000', name=op.f('ck_attachment_size')),
    sa.CheckConstraint('width BETWEEN 1 AND 2048 AND height BETWEEN 1 AND 2048', name=op.f('ck_attachment_pixels')),
    sa.ForeignKeyConstraint(['request_id'], ['service_request.id'], name=op.f('fk_attachment_request_id_service_request')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
    sa.UniqueConstraint('public_id', name=op.f('uq_attachment_public_id'))
    )
    op.create_index(op.f('ix_attachment_request_id'), 'attachment', ['request_id'], unique=False)
    op.create_table('track_count',
    sa.Column('subject', sa.LargeBinary(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('subject', 'since', name=op.f('pk_track_count'))
    )
    op.create_index(op.f('ix_track_count_since'), 'track_count', ['since'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_track_count_since'), table_name='track_count')
    op.drop_table('track_count')
    op.drop_index(op.f('ix_attachment_request_id'), table_name='attachment')
    op.drop_table('attachment')
