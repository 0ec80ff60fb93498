"""Indexes by which scope, lists and sweeps go; one event to a place in a history"""

from alembic import op
import sqlalchemy as sa

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

# Name, table, columns, and of which rows.
_NEW = (
    ('ix_service_request_ordered_at_public_id', 'service_request', ['ordered_at', 'public_id'], None),
    ('ix_service_request_due_at_public_id', 'service_request', ['due_at', 'public_id'], None),
    ('ix_service_request_closed_at', 'service_request', ['closed_at'], "status = 'closed'"),
    ('ix_service_request_county_id', 'service_request', ['county_id'], None),
    ('ix_service_request_service_id_ordered_at', 'service_request', ['service_id', 'ordered_at'], None),
    ('ix_service_request_contact_id', 'service_request', ['contact_id'], None),
    ('ix_service_request_entered_by', 'service_request', ['entered_by'], 'entered_by IS NOT NULL'),
    ('ix_contact_id', 'contact', ['id'], 'erased_at IS NULL'),
    ('ix_household_ended_at', 'household', ['ended_at'], 'ended_at IS NOT NULL'),
    ('ix_household_place_edition_id_county_id', 'household_place', ['edition_id', 'county_id'], None),
    ('ix_person_contact_id', 'person', ['contact_id'], None),
    ('ix_leave_substitute_id', 'leave', ['substitute_id'], None),
    ('ix_leave_last_day', 'leave', ['last_day'], None),
    ('ix_token_expires_at', 'token', ['expires_at'], None),
    ('ix_token_revoked_at', 'token', ['revoked_at'], 'revoked_at IS NOT NULL'),
    ('ix_audit_entry_action_at', 'audit_entry', ['action', 'at'], None),
)

# Where two events of a request bear one number, all of them are numbered anew: by their
# old number, then by time. A decision follows the event that it was written with.
_NUMBERED = """
    CREATE TEMPORARY TABLE renumbered ON COMMIT DROP AS
    SELECT id, request_id, sequence AS old, at, verb,
           row_number() OVER (PARTITION BY request_id ORDER BY sequence, at, id) AS new
    FROM request_event
    WHERE request_id IN (
      SELECT request_id FROM request_event GROUP BY request_id, sequence HAVING count(*) > 1)
"""
_DECISIONS = """
    UPDATE dispatch_decision d SET sequence = -(
      SELECT r.new FROM renumbered r
      WHERE r.request_id = d.request_id AND r.old = d.sequence
      ORDER BY (r.at = d.at) DESC, (r.verb = 'dispatch') DESC, r.id LIMIT 1)
    WHERE d.request_id IN (SELECT request_id FROM renumbered)
      AND EXISTS (SELECT FROM renumbered r
                  WHERE r.request_id = d.request_id AND r.old = d.sequence)
"""


def upgrade() -> None:
    # An owner who is the app, too, has taken it from itself; the grants that follow the
    # migrations take it again.
    op.execute('GRANT UPDATE ON request_event, dispatch_decision TO CURRENT_USER')
    op.execute(_NUMBERED)
    op.execute(_DECISIONS)
    op.execute('UPDATE dispatch_decision SET sequence = -sequence WHERE sequence < 0')
    op.execute('UPDATE request_event e SET sequence = r.new FROM renumbered r WHERE r.id = e.id AND r.new <> e.sequence')
    op.execute('DROP TABLE renumbered')
    op.create_unique_constraint(op.f('uq_request_event_request_id_sequence'), 'request_event', ['request_id', 'sequence'])
    op.drop_index(op.f('ix_request_event_request_id_id'), table_name='request_event')
    for name, table, columns, rows in _NEW:
        op.create_index(op.f(name), table, columns, unique=False, postgresql_where=sa.text(rows) if rows else None)
    op.drop_index(op.f('ix_service_request_ordered_at'), table_name='service_request')


def downgrade() -> None:
    op.create_index(op.f('ix_service_request_ordered_at'), 'service_request', ['ordered_at'], unique=False)
    for name, table, _columns, _rows in reversed(_NEW):
        op.drop_index(op.f(name), table_name=table)
    op.create_index(op.f('ix_request_event_request_id_id'), 'request_event', ['request_id', 'id'], unique=False)
    op.drop_constraint(op.f('uq_request_event_request_id_sequence'), 'request_event', type_='unique')
