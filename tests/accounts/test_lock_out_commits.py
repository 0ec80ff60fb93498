"""Failures are kept although the reply is an error, and counted one by one.

These run on a database where commits are real.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from make_accounts import PASSWORD, a_page, an_account
from sqlalchemy import func, select

from geo_api.accounts.models import Account, AuditEntry

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
        assert session.scalars(select(Account.failed_count)).one() == 1
    assert _count(fresh_database, "sign_in.fail") == 1


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


@pytest.mark.parametrize("username", ["root", "nobody-of-that-name"])
def test_parallel_guesses_do_not_slip_past_the_lock(
    committing_client: TestClient,
    fresh_database: FreshDatabase,
    now: datetime,
    username: str,
) -> None:
    with fresh_database.sessions.transaction() as session:
        an_account(session, now=now)

    def guess(number: int) -> int:
        given = {"username": username, "password": f"guess {number}"}
        return committing_client.post("/api/token", data=given).status_code

    with ThreadPoolExecutor(12) as pool:
        told = Counter(pool.map(guess, range(24)))
    assert told == {401: 4, 429: 20}
    # Five were looked at; the others met the lock.
    assert _count(fresh_database, "sign_in.fail") == 5
    assert _count(fresh_database, "account.lock") == 1
    given = {"username": username, "password": PASSWORD}
    assert committing_client.post("/api/token", data=given).status_code == 429


def test_the_right_one_among_parallel_guesses_is_no_way_round(
    committing_client: TestClient, fresh_database: FreshDatabase, now: datetime
) -> None:
    with fresh_database.sessions.transaction() as session:
        an_account(session, now=now)
    for _ in range(4):
        committing_client.post(
            "/api/token", data={"username": "root", "password": "wrong"}
        )

    def guess(password: str) -> int:
        given = {"username": "root", "password": password}
        return committing_client.post("/api/token", data=given).status_code

    with ThreadPoolExecutor(8) as pool:
        told = Counter(pool.map(guess, ["wrong"] * 7 + [PASSWORD]))
    # It came first and signed in, or it came later and met the lock: never both.
    assert told[200] <= 1
    assert told[200] + told[401] + told[429] == 8
    assert _count(fresh_database, "sign_in") == told[200]
    if told[200] == 0:
        assert told == {429: 8}


def test_guessing_the_old_password_in_a_stolen_session_locks_too(
    committing_client: TestClient, fresh_database: FreshDatabase, now: datetime
) -> None:
    with fresh_database.sessions.transaction() as session:
        an_account(session, now=now)
    csrf = a_page(committing_client)
    told = []
    for number in range(6):
        given = {"old_password": f"guess {number}", "new_password": "another long one"}
        reply = committing_client.post("/api/password", json=given, headers=csrf)
        told.append(reply.status_code)
    assert told == [422, 422, 422, 422, 429, 429]
    given = {"old_password": PASSWORD, "new_password": "another long one"}
    reply = committing_client.post("/api/password", json=given, headers=csrf)
    assert reply.status_code == 429
    with fresh_database.sessions.transaction() as session:
        account = session.scalars(select(Account)).one()
        assert account.locked_until is not None


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

    with ThreadPoolExecutor(6) as pool:
        told = Counter(pool.map(add, range(6)))
    assert told == {201: 1, 409: 5}
