"""Audit and history only grow: not by SQL of the app's role, not over HTTP."""

from __future__ import annotations

import pytest
from asks import ASKS, Row, address, read_table
from make_stage import Stage
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from geo_api.db.upgrade import APPEND_ONLY

_UNSAFE = [row for row in read_table() if not row.name.startswith("GET ")]
_ALTERATIONS = (
    "UPDATE {table} SET at = now()",
    "UPDATE {table} SET id = id WHERE false",
    "DELETE FROM {table} WHERE false",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
    "INSERT INTO {table} SELECT * FROM {table} LIMIT 1"
    " ON CONFLICT (id) DO UPDATE SET at = excluded.at",
    "SELECT 1 FROM {table} FOR UPDATE",
    "ALTER TABLE {table} DROP COLUMN at",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "DROP TABLE {table}",
    "CREATE RULE forget AS ON INSERT TO {table} DO INSTEAD NOTHING",
)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("alteration", _ALTERATIONS)
def test_the_apps_role_cannot_alter_what_happened(
    stage: Stage, table: str, alteration: str
) -> None:
    with (
        stage.undone(),
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
    ):
        stage.session.execute(text(alteration.format(table=table)))


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_apps_role_cannot_give_itself_the_right(stage: Stage, table: str) -> None:
    with stage.undone():
        # PostgreSQL only warns of a grant that grants nothing.
        stage.session.execute(text(f"GRANT UPDATE, DELETE ON {table} TO CURRENT_USER"))
        rights = stage.session.execute(
            text(
                "SELECT has_table_privilege(:name, 'UPDATE'),"
                " has_table_privilege(:name, 'DELETE'),"
                " has_table_privilege(:name, 'TRUNCATE')"
            ),
            {"name": table},
        ).one()
    assert tuple(rights) == (False, False, False)


def _kept(stage: Stage, last: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Number and contents of the rows up to the given ones."""
    return {
        table: tuple(
            stage.session.execute(
                text(
                    "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)"
                    f" FROM {table} t WHERE id <= :last"
                ),
                {"last": last[table]},
            ).one()
        )
        for table in APPEND_ONLY
    }


@pytest.mark.parametrize("row", _UNSAFE, ids=lambda row: row.name)
def test_nothing_that_can_be_asked_touches_what_happened(
    stage: Stage, row: Row
) -> None:
    home, ask = stage.villages["home"], ASKS[row.name]
    last = {
        table: stage.session.scalar(text(f"SELECT max(id) FROM {table}"))
        for table in APPEND_ONLY
    }
    before = _kept(stage, last)
    for caller in ("admin", "village", "handler", "resident"):
        with stage.undone():
            stage.client.request(
                row.route[0],
                address(stage, home, ask),
                headers=stage.headers_of(caller, home.requests[ask.situation]),
                **ask.options(stage, home),
            )
            assert _kept(stage, last) == before, caller


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_audit_has_no_route_but_the_one_that_reads_it(
    stage: Stage, method: str
) -> None:
    for caller in ("admin", "auditor"):
        for url in ("/api/audit", f"/api/audit/{stage.key_id}"):
            reply = stage.ask(method, url, json={}, headers=stage.headers[caller])
            assert reply.status_code in (404, 405)
