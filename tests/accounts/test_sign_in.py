"""Signing in by password: what is stored, what is told, and who has to wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from make_accounts import PASSWORD, a_page, an_account, bearer, from_network
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account, AuditEntry, Token
from geo_api.accounts.rules import Actor, Role
from geo_api.accounts.service import end_account
from geo_api.accounts.tokens import hash_secret
from geo_api.db.models import Counter
from geo_api.settings import Settings

if TYPE_CHECKING:
    from conftest import Clock


def _token(client: TestClient, username: str, password: str) -> Any:
    return client.post("/api/token", data={"username": username, "password": password})


def _actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_program_gets_an_opaque_token(
    client: TestClient, session: Session, now: datetime
) -> None:
    an_account(session, now=now)
    reply = _token(client, "root", PASSWORD)
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    body = reply.json()
    assert body["token_type"] == "bearer"
    assert datetime.fromisoformat(body["expires_at"]) == now + timedelta(hours=12)
    # 256 bits in base64, of which the database holds a digest only.
    assert len(body["access_token"]) == 43
    stored = session.scalars(select(Token)).one()
    assert stored.token_hash == hash_secret(body["access_token"])
    assert stored.kind == "bearer"
    me = client.get(
        "/api/me", headers={"Authorization": f"Bearer {body['access_token']}"}
    )
    assert me.json()["username"] == "root"
    assert _actions(session) == ["account.create", "sign_in"]


@pytest.mark.usefixtures("slow_hashes")
def test_passwords_are_kept_by_the_small_server_profile_of_argon2id(
    session: Session, now: datetime
) -> None:
    account = an_account(session, now=now)
    assert account.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in account.password_hash


@pytest.mark.usefixtures("slow_hashes")
def test_an_older_hash_is_renewed_at_sign_in(
    client: TestClient, session: Session, now: datetime
) -> None:
    account = an_account(session, now=now)
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    account.password_hash = weak.hash(PASSWORD)
    assert _token(client, "root", PASSWORD).status_code == 200
    renewed = session.scalars(select(Account.password_hash)).one()
    assert "m=19456,t=2,p=1" in renewed
    assert _token(client, "root", PASSWORD).status_code == 200


def test_a_page_is_told_who_it_is(
    client: TestClient, session: Session, now: datetime
) -> None:
    an_account(session, now=now, name="赵明远")
    reply = client.post("/api/session", json={"username": "root", "password": PASSWORD})
    assert reply.json() == client.get("/api/me").json()
    assert reply.json()["name"] == "赵明远"


@pytest.mark.parametrize("ways", ["form", "json"])
def test_a_name_that_is_not_known_is_answered_like_one_that_is(
    client: TestClient, session: Session, clock: Clock, ways: str
) -> None:
    """Word for word, into the wait and out of it again."""
    an_account(session, "known", now=clock.now)
    an_account(session, "ended", now=clock.now, role=Role.AUDITOR)
    ended = session.scalars(select(Account).where(Account.username == "ended")).one()
    end_account(session, ended, now=clock.now, actor=Actor())

    def guess(username: str) -> tuple[int, str, str | None]:
        given = {"username": username, "password": "a wrong guess"}
        reply = (
            client.post("/api/token", data=given)
            if ways == "form"
            else client.post("/api/session", json=given)
        )
        return reply.status_code, reply.text, reply.headers.get("retry-after")

    told = []
    for minutes in (0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0):
        clock.now += timedelta(minutes=minutes)
        answers = {name: guess(name) for name in ("known", "unknown", "ended")}
        assert answers["unknown"] == answers["known"]
        assert answers["ended"] == answers["known"]
        told.append((answers["known"][0], answers["known"][2]))
    assert told == [
        *[(401, None)] * 5,
        (429, "60"),
        (401, None),  # a minute later: one more try
        (429, "120"),
        (429, "60"),  # a minute later
        (401, None),
        (429, "240"),
    ]


def test_neither_name_nor_password_of_a_failure_is_kept(
    client: TestClient, session: Session
) -> None:
    """People type their password into the field above it."""
    for _ in range(7):
        _token(client, "my-real-password", "again-my-password")
    kept = [
        str(row) + str(row.detail)
        for row in session.execute(
            select(AuditEntry.action, AuditEntry.subject_id, AuditEntry.detail)
        )
    ]
    assert not [row for row in kept if "my-" in row]
    assert _actions(session) == ["sign_in.fail"]
    counted = session.scalars(select(Counter.subject)).all()
    assert len(counted) == 3
    assert all(len(subject) == 32 for subject in counted)


@pytest.mark.parametrize(
    "username", ["ROOT", " root", "root' OR 1=1 --", "管理员", "%", "x" * 60]
)
def test_odd_names_are_simply_unknown(
    client: TestClient, session: Session, now: datetime, username: str
) -> None:
    an_account(session, now=now)
    given = {"username": username, "password": PASSWORD}
    assert client.post("/api/session", json=given).status_code == 401
    assert client.post("/api/token", data=given).status_code == 401


def test_a_name_that_cannot_be_stored_is_refused_before_it_is_looked_up(
    client: TestClient, session: Session, now: datetime
) -> None:
    an_account(session, now=now)
    before = _actions(session)
    given = {"username": "ro\0ot", "password": PASSWORD}
    assert client.post("/api/session", json=given).status_code == 422
    assert client.post("/api/token", data=given).status_code == 422
    assert _actions(session) == before


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"username": "root"},
        {"username": "x" * 61, "password": "y"},
        {"username": "root", "password": "y" * 201},
        {"username": "root", "password": "y", "grant_type": "implicit"},
    ],
)
def test_a_form_that_cannot_be_a_sign_in(
    client: TestClient, form: dict[str, str]
) -> None:
    reply = client.post("/api/token", data=form)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["errors"]


def test_the_right_password_does_not_shorten_a_wait(
    client: TestClient, session: Session, clock: Clock
) -> None:
    an_account(session, now=clock.now)
    for _ in range(5):
        _token(client, "root", "wrong")
    refused = _token(client, "root", PASSWORD)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "60"
    assert refused.json()["type"] == "/problems/locked-out"
    clock.now += timedelta(seconds=59)
    assert _token(client, "root", PASSWORD).headers["retry-after"] == "1"
    clock.now += timedelta(seconds=1)
    assert _token(client, "root", PASSWORD).status_code == 200


def test_who_guesses_waits_longer_each_time_and_never_longer_than_is_set(
    client: TestClient, clock: Clock
) -> None:
    waits = []
    while len(waits) < 7:
        reply = _token(client, "anybody", "wrong")
        if reply.status_code == 429:
            waits.append(int(reply.headers["retry-after"]))
            clock.now += timedelta(seconds=waits[-1])
    assert waits == [60, 120, 240, 480, 900, 900, 900]


def test_strangers_tries_make_no_owner_wait_elsewhere(
    client: TestClient, session: Session, clock: Clock
) -> None:
    an_account(session, now=clock.now)
    stranger, at_home, travelling = (from_network(client, i) for i in (1, 2, 3))
    for _ in range(50):
        _token(stranger, "root", "wrong")
    assert _token(stranger, "root", PASSWORD).status_code == 429
    for owner in (at_home, travelling):
        assert _token(owner, "root", PASSWORD).status_code == 200


@pytest.mark.parametrize("owners_network", [1, 2])
def test_an_owner_who_signs_in_changes_nothing_that_strangers_are_told(
    client: TestClient, session: Session, clock: Clock, owners_network: int
) -> None:
    """Before, between and after: as often as for a name that nobody has.

    Also to a stranger behind the owner's own address, as in an office.
    """
    an_account(session, "known", now=clock.now)
    owner, stranger = from_network(client, owners_network), from_network(client, 2)
    told: dict[str, list[tuple[int, str | None]]] = {"known": [], "unknown": []}
    for tries in (3, 4, 2):
        # Behind one address the owner waits, too; who has waited is let in.
        assert _token(owner, "known", PASSWORD).status_code == (
            429 if owners_network == 2 and len(told["known"]) > 5 else 200
        )
        for name in [*told] * tries:
            reply = _token(stranger, name, "wrong")
            told[name].append((reply.status_code, reply.headers.get("retry-after")))
    assert told["known"] == told["unknown"]
    assert [status for status, _ in told["known"]] == [401] * 5 + [429] * 4


def test_many_networks_share_the_tries_for_one_name_but_for_those_of_our_people(
    client: TestClient, session: Session, settings: Settings, clock: Clock
) -> None:
    settings.sign_in = settings.sign_in.model_copy(update={"lockout_failures_many": 12})
    an_account(session, now=clock.now)
    office = from_network(client, 100)
    assert _token(office, "root", PASSWORD).status_code == 200
    told = [
        _token(from_network(client, number), name, f"guess {guess}").status_code
        for guess in range(4)
        for number in range(1, 6)
        for name in ("root", "nobody")
    ]
    assert told == [401] * 24 + [429] * 16
    assert _token(from_network(client, 6), "root", PASSWORD).status_code == 429
    assert _token(office, "root", PASSWORD).status_code == 200


def test_one_network_does_not_try_name_after_name(
    client: TestClient, session: Session, settings: Settings, clock: Clock
) -> None:
    settings.sign_in = settings.sign_in.model_copy(update={"lockout_failures_many": 12})
    an_account(session, now=clock.now)
    told = [_token(client, f"name{i}", "spring2026").status_code for i in range(14)]
    assert told == [401] * 12 + [429] * 2
    assert _token(from_network(client, 1), "name0", "wrong").status_code == 401


def test_slips_over_a_day_make_nobody_wait(
    client: TestClient, session: Session, clock: Clock
) -> None:
    an_account(session, now=clock.now)
    for _ in range(12):
        assert _token(client, "root", "a slip").status_code == 401
        assert _token(client, "root", PASSWORD).status_code == 200
        clock.now += timedelta(hours=1)


def test_wrong_passwords_leave_open_sessions_alone(
    client: TestClient, session: Session, now: datetime
) -> None:
    """Otherwise anybody could throw anybody out."""
    headers = bearer(session, an_account(session, now=now), now=now)
    for _ in range(5):
        _token(client, "root", "wrong")
    assert client.get("/api/me", headers=headers).status_code == 200


def test_a_hash_that_cannot_be_read_opens_for_nobody(
    client: TestClient, session: Session, now: datetime
) -> None:
    an_account(session, now=now)
    session.execute(update(Account).values(password_hash="!"))
    assert _token(client, "root", "!").status_code == 401


def test_another_site_cannot_sign_somebody_in(
    client: TestClient, session: Session, now: datetime
) -> None:
    an_account(session, now=now)
    given = {"username": "root", "password": PASSWORD}
    reply = client.post(
        "/api/session", json=given, headers={"Origin": "https://evil.example"}
    )
    assert reply.status_code == 403
    assert not client.cookies
    own = client.post(
        "/api/session", json=given, headers={"Origin": "http://testserver"}
    )
    assert own.status_code == 200


def test_dead_tokens_are_swept_out_at_the_next_sign_in(
    client: TestClient, session: Session, clock: Clock
) -> None:
    an_account(session, now=clock.now)
    a_page(client)
    clock.now += timedelta(days=3)
    a_page(client)
    assert len(session.scalars(select(Token)).all()) == 2
    clock.now += timedelta(days=6)
    a_page(client)
    assert len(session.scalars(select(Token)).all()) == 2
