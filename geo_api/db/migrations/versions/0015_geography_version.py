"""One number for the shapes that decisions are made on"""

from alembic import op
import sqlalchemy as sa

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table('geography_version',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_geography_version_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_geography_version'))
    )
    op.bulk_insert(table, [{'id': 1, 'number': 1}])


def downgrade() -> None:
    op.drop_table('geography_version')
