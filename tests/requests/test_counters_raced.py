"""Of sixteen at once exactly as many pass as may, at whatever is counted."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import make_requests
import pytest
from make_accounts import PASSWORD, an_account, bearer, from_network
from make_races import at_once
from sqlalchemy import func, select

import geo_api
from geo_api.accounts.models import AuditEntry
from geo_api.http.budgets import AT_ONCE, Budget
from geo_api.requests.models import ServiceRequest

_CALLERS = 16
_WRONG_TAIL = "0000"


@dataclass(frozen=True)
class Race:
    """What sixteen do at once, what who passes is told, and how many may."""

    act: Callable[[int], int]
    passes: int
    allowed: int
    refused: int = 429


@pytest.fixture
def races(
    committing_client, fresh_database, fresh_world, settings, now, monkeypatch
) -> dict[str, Race]:
    """By kind of counter; each race is run in networks of its own."""
    # Who has to wait for a turn does not race.
    monkeypatch.setitem(AT_ONCE, Budget.PASSWORD, _CALLERS)
    client = committing_client
    settings.sign_in = settings.sign_in.model_copy(
        update={
            "lockout_failures_many": 7,
            "track_tries_caller": 6,
            "track_tries_number": 5,
            "track_tries_digits": 7,
        }
    )
    settings.dispatch = settings.dispatch.model_copy(update={"orders_per_hour": 6})
    body = make_requests.an_order(fresh_world)
    with fresh_database.sessions.transaction() as session:
        sessions = {
            name: bearer(session, an_account(session, name, now=now), now=now)
            for name in ("guessed", "changed")
        }

    def sign_in(where: Callable[[int], int], name: Callable[[int], str]):
        def act(i: int) -> int:
            given = {"username": name(i), "password": f"guess {i}"}
            at = from_network(client, where(i))
            return at.post("/api/token", data=given).status_code

        return act

    def change(name: str, old: str):
        def act(i: int) -> int:
            given = {"old_password": old, "new_password": f"another long one {i}"}
            reply = client.post("/api/password", json=given, headers=sessions[name])
            return reply.status_code

        return act

    def order(i: int) -> int:
        reply = from_network(client, 40).post("/api/requests", json=body)
        return reply.status_code

    def track(where: Callable[[int], int], number: Callable[[int], str]):
        def act(i: int) -> int:
            given = {"number": number(i), "phone_tail": _WRONG_TAIL}
            at = from_network(client, where(i))
            return at.post("/api/track", json=given).status_code

        return act

    most = settings.sign_in.lockout_failures
    return {
        "password.name_and_network": Race(
            sign_in(lambda _: 10, lambda _: "root"), 401, most
        ),
        "password.network": Race(sign_in(lambda _: 11, lambda i: f"name {i}"), 401, 7),
        "password.name": Race(sign_in(lambda i: 100 + i, lambda _: "auditor"), 401, 7),
        "password.account": Race(change("guessed", "wrong"), 422, most),
        "track.pair": Race(track(lambda _: 20, lambda _: "2026030299999"), 404, 5),
        "track.network": Race(
            track(lambda _: 21, lambda i: f"20260302999{i:02d}"), 404, 6
        ),
        # Four digits are refused then; the whole phone is not.
        "track.digits": Race(
            track(lambda i: 200 + i, lambda _: "2026030288888"), 404, 7, refused=422
        ),
        "order.network": Race(order, 201, _CALLERS),
    }


@pytest.mark.usefixtures("slow_hashes")
def test_of_sixteen_at_once_exactly_as_many_pass_as_may(races, fresh_database) -> None:
    """On one database, race after race; who does not pass is told to come later."""
    # That somebody signed in somewhere is remembered, and bounds nothing.
    assert set(races) == _kinds() - {"network.known"}
    for kind, race in races.items():
        told = at_once(race.act, _CALLERS)
        assert told.count(race.passes) == race.allowed, (kind, told)
        assert told.count(race.refused) == _CALLERS - race.allowed, (kind, told)
    with fresh_database.sessions.transaction() as session:
        # An order above the rate is taken, and the town decides.
        decided = session.scalars(select(ServiceRequest.handler_id)).all()
        assert sorted(map(decided.count, set(decided))) == [6, 10]
        failed = select(func.count()).where(AuditEntry.action == "sign_in.fail")
        # One row for each burst, however many guesses it had.
        assert session.scalar(failed) == 4


def test_of_eight_changes_with_the_same_old_password_one_is_done(
    committing_client, fresh_database, now, monkeypatch
) -> None:
    monkeypatch.setitem(AT_ONCE, Budget.PASSWORD, _CALLERS)
    with fresh_database.sessions.transaction() as session:
        headers = bearer(session, an_account(session, now=now), now=now)

    def change(i: int) -> int:
        given = {"old_password": PASSWORD, "new_password": f"another long one {i}"}
        reply = committing_client.post("/api/password", json=given, headers=headers)
        return reply.status_code

    told = at_once(change, 8)
    assert told.count(204) == 1
    assert set(told) <= {204, 401, 422, 429}


def _kinds() -> set[str]:
    """The kinds of counters that the code names."""
    found = set()
    for path in Path(geo_api.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "from geo_api.db.counters import" not in source:
            continue
        tree = ast.parse(source)
        actions = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.keyword) and node.arg == "action"
        }
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"[a-z_]+\.[a-z_]+", node.value)
            and id(node) not in actions
        }
    return found
