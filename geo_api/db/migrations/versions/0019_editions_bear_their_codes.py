"""Codes stand on the edition's rows, and taking effect is a fact"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

# Days are those of the county's clocks.
TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"

# Until now an edition was in force by its date alone.
ACTIVATE = f"""
UPDATE edition SET activated_at = created_at WHERE active_from <= {TODAY}
"""
# The codes that an area bore when its edition began.
BORNE = """
SELECT a.edition_id, a.area_id, c.system, c.code, c.valid_from, c.id,
       c.is_primary AND c.code = a.code AS is_own
FROM edition_area a
JOIN edition e ON e.id = a.edition_id
JOIN area_code c
  ON c.area_id = a.area_id
 AND c.valid_from <= coalesce(e.active_from, c.valid_from)
 AND (c.valid_to IS NULL OR c.valid_to > coalesce(e.active_from, c.valid_from))
"""
SYSTEM = f"""
UPDATE edition_area a SET system = coalesce(
  (SELECT b.system FROM ({BORNE}) AS b
   WHERE b.edition_id = a.edition_id AND b.area_id = a.area_id AND b.is_own
   ORDER BY b.valid_from DESC, b.id DESC LIMIT 1),
  (SELECT c.system FROM area_code c
   WHERE c.area_id = a.area_id AND c.code = a.code
   ORDER BY c.is_primary DESC, c.valid_from DESC, c.id DESC LIMIT 1),
  'local')
"""
OTHERS = f"""
UPDATE edition_area a SET other_codes = found.codes
FROM (
  SELECT edition_id, area_id, jsonb_object_agg(system, code ORDER BY valid_from, id)
    AS codes
  FROM ({BORNE}) AS b WHERE NOT is_own
  GROUP BY edition_id, area_id
) AS found
WHERE found.edition_id = a.edition_id AND found.area_id = a.area_id
"""
OTHERS_ONLY = """
UPDATE edition_area SET other_codes = other_codes - system WHERE other_codes ? system
"""
# What editions to come had written already of codes and names is theirs to write.
NOT_YET = (
    f"DELETE FROM area_code WHERE valid_from > {TODAY}",
    f"UPDATE area_code SET valid_to = NULL WHERE valid_to > {TODAY}",
    f"DELETE FROM area_name WHERE valid_from > {TODAY}",
    f"UPDATE area_name SET valid_to = NULL, kind = CASE kind WHEN 'former'"
    f" THEN 'official' ELSE kind END WHERE valid_to > {TODAY}",
)


def upgrade() -> None:
    op.add_column('edition', sa.Column('activated_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('edition_area', sa.Column('system', sa.String(), server_default='statistics', nullable=False))
    op.add_column('edition_area', sa.Column('other_codes', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False))
    for statement in (ACTIVATE, SYSTEM, OTHERS, OTHERS_ONLY, *NOT_YET):
        op.execute(statement)
    op.create_check_constraint(op.f('ck_edition_activated'), 'edition', 'activated_at IS NULL OR active_from IS NOT NULL')


def downgrade() -> None:
    op.drop_constraint(op.f('ck_edition_activated'), 'edition', type_='check')
    op.drop_column('edition_area', 'other_codes')
    op.drop_column('edition_area', 'system')
    op.drop_column('edition', 'activated_at')
