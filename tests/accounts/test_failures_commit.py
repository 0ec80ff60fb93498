"""Failures are kept although the reply is an error, and counted one by one.

These run on a database where commits are real.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from fastapi.testclient import TestClient
from make_accounts import PASSWORD, a_page, an_account, bearer
from make_races import at_once
from sqlalchemy import func, select

from geo_api.accounts.models import Account, AuditEntry
from geo_api.db.models import Counter

if TYPE_CHECKING:
    from conftest import FreshDatabase


def _count(database: FreshDatabase, action: str) -> int:
    with database.sessions.transaction() as session:
        return (
            session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0
        )


def test_a_failure_is_committed_although_the_reply_is_an_error(
    committing_client: TestClient, fresh_database: FreshDatabase, now: datetime
) -> None:
    with fresh_database.sessions.transaction() as session:
        an_account(session, now=now)
    reply = committing_client.post(
        "/api/token", data={"username": "root", "password": "wrong"}
    )
    assert reply.status_code == 401
    with fresh_database.sessions.transaction() as session:
        totals = session.scalars(select(Counter.total)).all()
    assert totals == [1, 1, 1]
    assert _count(fresh_database, "sign_in.fail") == 0


def test_other_errors_still_take_everything_back(
    committing_client: TestClient, fresh_database: FreshDatabase, now: datetime
) -> None:
    """A taken name, found after the password was hashed, leaves no trace."""
    with fresh_database.sessions.transaction() as session:
        an_account(session, now=now)
    csrf = a_page(committing_client)
    reply = committing_client.post(
        "/api/accounts",
        json={"username": "root", "name": "钱小满", "role": "auditor"},
        headers=csrf,
    )
    assert reply.status_code == 409
    assert _count(fresh_database, "account.create") == 1


def test_the_right_one_among_parallel_guesses_is_no_way_round(
    committing_client: TestClient, fresh_database: FreshDatabase, now: datetime
) -> None:
    with fresh_database.sessions.transaction() as session:
        an_account(session, now=now)
    for _ in range(5):
        committing_client.post(
            "/api/token", data={"username": "root", "password": "wrong"}
        )
    passwords = ["wrong"] * 7 + [PASSWORD]

    def guess(number: int) -> int:
        given = {"username": "root", "password": passwords[number]}
        return committing_client.post("/api/token", data=given).status_code

    assert at_once(guess, 8) == [429] * 8
    assert _count(fresh_database, "sign_in") == 0


def test_two_administrators_who_end_each_other_at_once_leave_one(
    committing_client: TestClient, fresh_database: FreshDatabase, now: datetime
) -> None:
    with fresh_database.sessions.transaction() as session:
        pair = [an_account(session, name, now=now) for name in ("east", "west")]
        headers = [bearer(session, account, now=now) for account in pair]
        paths = [f"/api/accounts/{account.public_id}" for account in pair]

    def end_the_other(number: int) -> int:
        return committing_client.patch(
            paths[1 - number], json={"is_ended": True}, headers=headers[number]
        ).status_code

    told = at_once(end_the_other, 2)
    assert told.count(200) == 1
    with fresh_database.sessions.transaction() as session:
        left = session.scalars(select(Account).where(Account.ended_at.is_(None)))
        assert len(left.all()) == 1


def test_two_administrators_add_one_name(
    committing_client: TestClient, fresh_database: FreshDatabase, now: datetime
) -> None:
    with fresh_database.sessions.transaction() as session:
        an_account(session, now=now)
    csrf = a_page(committing_client)

    def add(_number: int) -> int:
        given = {"username": "twin", "name": "孙大河", "role": "auditor"}
        reply = committing_client.post("/api/accounts", json=given, headers=csrf)
        return reply.status_code

    assert sorted(at_once(add, 6)) == [201] + [409] * 5
