"""What was published, and numbers that count nothing"""

from alembic import op
import sqlalchemy as sa

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('publication',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('edition_id', sa.BigInteger(), nullable=False),
    sa.Column('floor', sa.Integer(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('month', 'quarter')", name=op.f('ck_publication_kind')),
    sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_publication_edition_id_edition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publication')),
    sa.UniqueConstraint('kind', 'first_day', name=op.f('uq_publication_kind_first_day'))
    )
    op.create_table('published_rate',
    sa.Column('publication_id', sa.BigInteger(), nullable=False),
    sa.Column('area_id', sa.BigInteger(), nullable=False),
    sa.Column('group_name', sa.String(), nullable=False),
    sa.Column('at_least', sa.Integer(), nullable=True),
    sa.Column('below', sa.Integer(), nullable=True),
    sa.Column('households', sa.Integer(), nullable=False),
    sa.CheckConstraint('num_nulls(at_least, below) IN (0, 2) AND at_least < below', name=op.f('ck_published_rate_band')),
    sa.CheckConstraint('households > 0', name=op.f('ck_published_rate_households')),
    sa.ForeignKeyConstraint(['area_id'], ['area.id'], name=op.f('fk_published_rate_area_id_area')),
    sa.ForeignKeyConstraint(['publication_id'], ['publication.id'], name=op.f('fk_published_rate_publication_id_publication')),
    sa.PrimaryKeyConstraint('publication_id', 'area_id', 'group_name', name=op.f('pk_published_rate'))
    )
    # Numbers are drawn: the last one of a day told how many orders it had.
    op.drop_table('request_number')


def downgrade() -> None:
    op.create_table('request_number',
    sa.Column('day', sa.String(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_request_number'))
    )
    op.drop_table('published_rate')
    op.drop_table('publication')
