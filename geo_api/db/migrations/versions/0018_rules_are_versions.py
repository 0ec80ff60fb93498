"""Rules are versions; what was in force is the first, and decisions name it"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

_CHAIN = "ARRAY['household_care', 'grid', 'village_desk', 'stationed', 'village_lead', 'town_desk', 'county_desk']"

# One from the beginning, and one from each moment at which services had ended.
_VERSIONS = """
INSERT INTO catalogue_version (effective_from, made_at, reason)
SELECT moment, now(), '由升级前的服务目录转入'
FROM (
  SELECT TIMESTAMPTZ '1970-01-01 00:00:00+00' AS moment WHERE EXISTS (SELECT FROM service)
  UNION
  SELECT LEAST(ended_at, now()) FROM service WHERE ended_at IS NOT NULL
) AS moments
ORDER BY moment
"""

_RULES = f"""
INSERT INTO catalogue_rule (version_id, service_id, chain, first_duty, due_hours, due_working_days, is_confidential, is_offered)
SELECT v.id, s.id, {_CHAIN}, s.duty_kind, s.due_hours, s.due_working_days, s.is_confidential,
       s.ended_at IS NULL OR LEAST(s.ended_at, now()) > v.effective_from
FROM catalogue_version v CROSS JOIN service s
"""

# A decision made by other terms than these keeps them, and names no version.
_NAMED = """
UPDATE dispatch_decision d
SET inputs = jsonb_set(d.inputs, '{catalogue_version}', to_jsonb(r.version_id))
FROM catalogue_rule r
JOIN service s ON s.id = r.service_id
WHERE d.inputs ->> 'catalogue_version' IS NULL
  AND d.inputs -> 'terms' = jsonb_build_object(
    'service_code', s.code, 'chain', to_jsonb(r.chain), 'first', r.first_duty, 'is_confidential', r.is_confidential,
    'due_hours', r.due_hours, 'due_working_days', r.due_working_days)
  AND r.version_id = (
    SELECT v.id FROM catalogue_version v WHERE v.effective_from <= CAST(d.inputs ->> 'at' AS timestamptz)
    ORDER BY v.effective_from DESC, v.id DESC LIMIT 1)
"""

_BACK = """
UPDATE service s
SET duty_kind = r.first_duty, due_hours = r.due_hours, due_working_days = r.due_working_days,
    is_confidential = r.is_confidential,
    ended_at = CASE WHEN NOT r.is_offered THEN (
      SELECT min(v.effective_from) FROM catalogue_rule o JOIN catalogue_version v ON v.id = o.version_id
      WHERE o.service_id = s.id AND NOT o.is_offered) END
FROM catalogue_rule r
WHERE r.service_id = s.id AND r.version_id = (
  SELECT v.id FROM catalogue_version v WHERE v.effective_from <= now()
  ORDER BY v.effective_from DESC, v.id DESC LIMIT 1)
"""


def upgrade() -> None:
    op.create_table('catalogue_version',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('effective_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['made_by'], ['account.id'], name=op.f('fk_catalogue_version_made_by_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_catalogue_version'))
    )
    op.create_index(op.f('ix_catalogue_version_effective_from_id'), 'catalogue_version', ['effective_from', 'id'], unique=False)
    op.create_table('catalogue_rule',
    sa.Column('version_id', sa.BigInteger(), nullable=False),
    sa.Column('service_id', sa.BigInteger(), nullable=False),
    sa.Column('chain', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('first_duty', sa.String(), nullable=False),
    sa.Column('due_hours', sa.Integer(), nullable=True),
    sa.Column('due_working_days', sa.Integer(), nullable=True),
    sa.Column('is_confidential', sa.Boolean(), nullable=False),
    sa.Column('is_offered', sa.Boolean(), nullable=False),
    sa.CheckConstraint('num_nonnulls(due_hours, due_working_days) = 1', name=op.f('ck_catalogue_rule_due')),
    sa.CheckConstraint('first_duty = ANY (chain)', name=op.f('ck_catalogue_rule_first')),
    sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_catalogue_rule_service_id_service')),
    sa.ForeignKeyConstraint(['version_id'], ['catalogue_version.id'], name=op.f('fk_catalogue_rule_version_id_catalogue_version')),
    sa.PrimaryKeyConstraint('version_id', 'service_id', name=op.f('pk_catalogue_rule'))
    )
    op.execute(_VERSIONS)
    op.execute(_RULES)
    op.execute('GRANT UPDATE ON dispatch_decision TO CURRENT_USER')
    op.execute(_NAMED)
    op.drop_constraint(op.f('ck_service_due'), 'service')
    for name in ('duty_kind', 'due_hours', 'due_working_days', 'is_confidential', 'ended_at'):
        op.drop_column('service', name)


def downgrade() -> None:
    op.add_column('service', sa.Column('duty_kind', sa.String(), nullable=True))
    op.add_column('service', sa.Column('due_hours', sa.Integer(), nullable=True))
    op.add_column('service', sa.Column('due_working_days', sa.Integer(), nullable=True))
    op.add_column('service', sa.Column('is_confidential', sa.Boolean(), nullable=True))
    op.add_column('service', sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True))
    op.execute(_BACK)
    op.alter_column('service', 'duty_kind', nullable=False)
    op.alter_column('service', 'is_confidential', nullable=False)
    op.create_check_constraint(op.f('ck_service_due'), 'service', 'num_nonnulls(due_hours, due_working_days) = 1')
    # Numbers begin anew when the versions come back: of these nothing is named by them.
    op.execute('GRANT UPDATE ON dispatch_decision TO CURRENT_USER')
    op.execute("""UPDATE dispatch_decision SET inputs = jsonb_set(inputs, '{catalogue_version}', 'null') WHERE inputs IS NOT NULL""")
    op.drop_table('catalogue_rule')
    op.drop_table('catalogue_version')
