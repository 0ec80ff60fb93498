"""Every foreign key is found by an index, or it is said why it need not be."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

# Rows end, they are not deleted: a key is looked up from its other end by a join only.
_SMALL = "few rows, read together"
_FIRST = "asked within one edition, whose column comes first in the index"
_NEVER = "written once and never asked for by this key"
UNINDEXED = {
    ("account_area", "area_id"): _SMALL,
    ("portal_key_area", "area_id"): _SMALL,
    ("server_key_area", "area_id"): _SMALL,
    ("catalogue_rule", "service_id"): _SMALL,
    ("catalogue_version", "made_by"): _SMALL,
    ("edition", "source_id"): _SMALL,
    ("publication", "edition_id"): _SMALL,
    ("published_rate", "area_id"): "read by publication, whose column comes first",
    ("household_place", "county_id"): _FIRST,
    ("household_place", "group_id"): _FIRST,
    ("household_place", "town_id"): _FIRST,
    ("household_place", "village_id"): _FIRST,
    ("edition_area", "parent_id"): _FIRST,
    ("dispatch_decision", "duty_id"): _NEVER,
    ("dispatch_decision", "edition_id"): _NEVER,
    ("dispatch_decision", "handler_id"): _NEVER,
    ("live_event", "event_id"): _NEVER,
    ("outbox", "event_id"): _NEVER,
    ("request_event", "account_id"): _NEVER,
    ("request_event", "person_id"): _NEVER,
    ("service_request", "about_person_id"): "looked at in rows that scope has found",
    ("service_request", "edition_id"): "looked at in rows that scope has found",
    ("service_request", "handler_duty_id"): "open work is found by its handler",
}

# The first column of a key and of an index; a partial index serves where it leaves out
# nothing but rows without the key.
_KEYS = text(
    """
    SELECT c.conrelid::regclass::text AS of_table, a.attname AS of_column,
           EXISTS (
             SELECT FROM pg_index i
             WHERE i.indrelid = c.conrelid AND i.indkey[0] = k.attnum
               AND (i.indpred IS NULL
                    OR pg_get_expr(i.indpred, i.indrelid)
                       = '(' || a.attname || ' IS NOT NULL)')) AS is_indexed
    FROM pg_constraint c
    CROSS JOIN LATERAL unnest(c.conkey) AS k(attnum)
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
    WHERE c.contype = 'f' AND c.connamespace = to_regnamespace('minqing')
    """
)


def test_every_foreign_key_has_its_index_or_its_reason(session: Session) -> None:
    rows = session.execute(_KEYS).all()
    bare = {(row.of_table, row.of_column) for row in rows if not row.is_indexed}
    assert bare == set(UNINDEXED)
    assert len(rows) > 2 * len(bare)


def test_a_sweep_goes_by_an_index_of_what_it_may_still_find(session: Session) -> None:
    defined = session.scalars(
        text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'minqing'")
    ).all()
    for wanted in (
        "service_request USING btree (closed_at) WHERE",
        "contact USING btree (id) WHERE (erased_at IS NULL)",
        "token USING btree (revoked_at) WHERE (revoked_at IS NOT NULL)",
        "household USING btree (ended_at) WHERE (ended_at IS NOT NULL)",
    ):
        assert any(f"minqing.{wanted}" in index for index in defined), wanted


def test_a_page_of_a_list_is_the_end_of_an_index(session: Session) -> None:
    """What lists are ordered by, to the last column of their cursors."""
    defined = session.scalars(
        text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'minqing'")
    ).all()
    for table, columns in (
        ("service_request", "ordered_at, public_id"),
        ("service_request", "due_at, public_id"),
        ("household", "code"),
        ("person", "code"),
        ("responsibility_zone", "code"),
        ("account", "username"),
        ("audit_entry", "at"),
    ):
        wanted = f"minqing.{table} USING btree ({columns})"
        assert any(wanted in index for index in defined), wanted
