"""Connections that wait in the pool while their server goes away."""

from __future__ import annotations

from make_statements import statements
from sqlalchemy import create_engine, func, select, text


def _present(sessions) -> int:
    with sessions.transaction() as session:
        pid: int = session.scalar(select(func.pg_backend_pid()))
        return pid


def test_a_restarted_server_is_met_by_a_fresh_connection(fresh_database) -> None:
    sessions = fresh_database.sessions
    before = _present(sessions)
    assert _present(sessions) == before
    owner = create_engine(fresh_database.owner_url)
    with owner.connect() as connection:
        # With patience: the next one comes when it is gone.
        connection.execute(select(func.pg_terminate_backend(before, 60_000)))
    owner.dispose()
    assert _present(sessions) != before


def test_a_transaction_says_nothing_more_than_where_it_is(fresh_database) -> None:
    sessions = fresh_database.sessions
    with (
        sessions() as session,
        statements(session) as said,
        sessions.transaction() as other,
    ):
        other.execute(text("SELECT 1 AS one"))
    assert len(said) == 2
    assert "search_path" in said[0]
