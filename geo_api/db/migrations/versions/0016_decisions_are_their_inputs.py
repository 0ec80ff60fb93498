"""A decision is its inputs; what was explained before stays as it was said"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('dispatch_decision', sa.Column('inputs', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column('dispatch_decision', sa.Column('verdicts', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.alter_column('dispatch_decision', 'explanation', nullable=True)
    op.create_check_constraint(op.f('ck_dispatch_decision_said_once'), 'dispatch_decision', 'num_nonnulls(inputs, explanation) = 1')
    op.create_check_constraint(op.f('ck_dispatch_decision_outcome'), 'dispatch_decision', '(inputs IS NULL) = (verdicts IS NULL)')


def downgrade() -> None:
    op.drop_constraint(op.f('ck_dispatch_decision_outcome'), 'dispatch_decision')
    op.drop_constraint(op.f('ck_dispatch_decision_said_once'), 'dispatch_decision')
    # The older house reads explanations alone: of what it cannot read it shows nothing.
    op.execute("""UPDATE dispatch_decision SET explanation = '{"candidates": []}' WHERE explanation IS NULL""")
    op.alter_column('dispatch_decision', 'explanation', nullable=False)
    op.drop_column('dispatch_decision', 'verdicts')
    op.drop_column('dispatch_decision', 'inputs')
