"""What was in the catalogue before rules were versions is carried through."""

from __future__ import annotations

from typing import Any

import make_requests
from alembic import command
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from geo_api.db import upgrade as upgrading
from geo_api.requests.read.replay import replay_all

_COUNTED = (
    "service", "service_request", "request_event", "dispatch_decision", "contact",
    "token", "outbox",
)  # fmt: skip


def _counts(connection: Connection) -> dict[str, int]:
    return {
        table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        for table in _COUNTED
    }


def _decisions(connection: Connection) -> list[dict[str, Any]]:
    """All that is stored of each, but for the version that it names."""
    wanted = text(
        "SELECT id, at, handler_id, duty_id, verdicts, explanation,"
        " inputs - 'catalogue_version' AS inputs FROM dispatch_decision ORDER BY id"
    )
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _named(connection: Connection) -> list[int | None]:
    wanted = text(
        "SELECT CAST(inputs ->> 'catalogue_version' AS int) FROM dispatch_decision"
        " ORDER BY id"
    )
    return list(connection.scalars(wanted))


def test_requests_of_before_come_through_and_name_the_first_version(
    fresh_database, fresh_world, committing_client
) -> None:
    ordered = [
        make_requests.order(committing_client, fresh_world, service_code=code)
        for code in ("XQ-SHUI", "TS-TOUSU", "XQ-DIAN", "AQ-YINHUAN", "XQ-LU")
    ]
    engine = create_engine(fresh_database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        upgrading._enter(connection, "minqing")
        services = text("SELECT id, code, name, keywords FROM service ORDER BY id")
        known = connection.execute(services).all()
        config = upgrading._config()
        config.attributes.update(connection=connection, schema="minqing")
        command.downgrade(config, "0017")
        # As an older house leaves it: another deadline since, one explained in words,
        # a service that has ended, and one that ended before anybody ordered it here.
        for statement in (
            "UPDATE service SET due_working_days = 9 WHERE code = 'XQ-DIAN'",
            "UPDATE dispatch_decision SET inputs = NULL, verdicts = NULL,"
            " explanation = '{\"candidates\": []}' WHERE id ="
            " (SELECT max(id) FROM dispatch_decision)",
            "UPDATE service SET ended_at = '2999-01-01' WHERE code = 'JY-YIJIAN'",
            "UPDATE service SET ended_at = '2024-05-01' WHERE code = 'MD-TUDI'",
        ):
            connection.execute(text(statement))
        counts, decided = _counts(connection), _decisions(connection)
        assert set(_named(connection)) == {None}
    app_role = make_url(fresh_database.url).username
    upgrading.upgrade(engine, "minqing", app_role=app_role)
    with engine.begin() as connection:
        upgrading._enter(connection, "minqing")
        assert _counts(connection) == counts
        assert _decisions(connection) == decided
        assert connection.execute(services).all() == known
        first, second, third = connection.scalars(
            text("SELECT id FROM catalogue_version ORDER BY effective_from")
        ).all()
        # What was decided by a deadline of before keeps it, and names nobody's version.
        assert _named(connection) == [second, second, None, second, None]
        left = connection.execute(
            text(
                "SELECT version_id, code, due_hours, due_working_days, chain[1]"
                " FROM catalogue_rule r JOIN service s ON s.id = r.service_id"
                " WHERE NOT is_offered ORDER BY 1, 2"
            )
        ).all()
    assert [tuple(row) for row in left] == [
        (second, "MD-TUDI", None, 15, "household_care"),
        (third, "JY-YIJIAN", None, 10, "household_care"),
        (third, "MD-TUDI", None, 15, "household_care"),
    ]
    assert first < second < third
    with fresh_database.sessions.transaction() as session:
        replayed = [r for _, all_ in replay_all(session, since=None) for r in all_]
        assert sum(bool(r.differences) for r in replayed) == 0
        assert sum(r.cannot is not None for r in replayed) == 1
    engine.dispose()
    assert len(ordered) == len(decided)
