"""One event to a place in a history: histories of before are numbered anew."""

from __future__ import annotations

import make
import make_requests
import pytest
from alembic import command
from psycopg.errors import UniqueViolation
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from geo_api.db import upgrade as upgrading

_COPY = """
    INSERT INTO request_event (public_id, request_id, sequence, verb, at, caller_kind,
                               payload, schema_version)
    SELECT gen_random_uuid(), request_id, :sequence, :verb,
           at + CAST(:later AS interval), caller_kind, '{}', 1
    FROM request_event WHERE sequence = 1
"""


def _owner(fresh_database, statement: str | None = None, **params):
    """Run a statement, or Alembic's downgrade to before, as owner."""
    engine = create_engine(fresh_database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        upgrading._enter(connection, "minqing")
        if statement is not None:
            return connection.execute(text(statement), params)
        config = upgrading._config()
        config.attributes.update(connection=connection, schema="minqing")
        command.downgrade(config, "0011")
    return None


@pytest.fixture
def doubled(fresh_database, fresh_world: make.World, committing_client) -> None:
    """An order in whose history two events are the second, a decision with each."""
    make_requests.order(committing_client, fresh_world)
    _owner(fresh_database)
    _owner(fresh_database, _COPY, sequence=2, verb="accept", later="1 hour")
    _owner(fresh_database, _COPY, sequence=3, verb="dispatch", later="2 hours")
    _owner(
        fresh_database,
        "INSERT INTO dispatch_decision (request_id, sequence, at, edition_id,"
        " handler_id, explanation, schema_version) SELECT request_id, 3,"
        " at + interval '2 hours', edition_id, handler_id, '{}', 1"
        " FROM dispatch_decision",
    )


def test_events_that_bore_one_number_are_numbered_by_time_and_decisions_follow(
    doubled, fresh_database
) -> None:
    engine = create_engine(fresh_database.owner_url, poolclass=NullPool)
    upgrading.upgrade(engine, "minqing", app_role=None)
    with fresh_database.sessions.transaction() as session:
        events = session.execute(
            text("SELECT sequence, verb FROM request_event ORDER BY 1")
        ).all()
        decided = session.execute(
            text(
                "SELECT e.sequence, e.verb, e.at = d.at FROM dispatch_decision d"
                " JOIN request_event e USING (request_id, sequence) ORDER BY 1"
            )
        ).all()
    assert [tuple(row) for row in events] == [
        (1, "order"), (2, "dispatch"), (3, "accept"), (4, "dispatch"),
    ]  # fmt: skip
    assert [tuple(row) for row in decided] == [
        (2, "dispatch", True), (4, "dispatch", True),
    ]  # fmt: skip


def test_no_two_events_of_a_request_bear_one_number(
    client, session, world: make.World
) -> None:
    make_requests.order(client, world)
    with pytest.raises(IntegrityError) as caught:
        session.execute(text(_COPY), {"sequence": 2, "verb": "accept", "later": "0"})
    assert isinstance(caught.value.orig, UniqueViolation)
