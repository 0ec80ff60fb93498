"""Two at once, on a database where commits are real."""

from __future__ import annotations

from collections.abc import Callable

import make
import make_requests
import pytest
from httpx2 import Response
from make_races import at_once
from sqlalchemy import func, select

from geo_api.requests.models import RequestEvent, ServiceRequest


@pytest.fixture
def headers_of(fresh_database, fresh_world, now) -> Callable[[str], dict[str, str]]:
    def sign_in(name: str) -> dict[str, str]:
        with fresh_database.sessions.transaction() as session:
            return make.a_token(session, fresh_world, name, now)

    return sign_in


def _at_once(asks: list[Callable[[], Response]]) -> list[Response]:
    return at_once(lambda i: asks[i](), len(asks))


def test_of_all_who_accept_at_once_one_wins(
    committing_client, fresh_database, fresh_world, headers_of
) -> None:
    client = committing_client
    ordered = make_requests.order(client, fresh_world)
    path = make_requests.path_of(client, ordered)
    people = [headers_of(name) for name in ("handler", "grid", "village", "town_desk")]
    replies = _at_once(
        [lambda h=h: client.post(f"{path}/accept", headers=h) for h in people]
    )
    assert sorted(r.status_code for r in replies) == [200, 409, 409, 409]
    winner = next(r for r in replies if r.status_code == 200).json()
    with fresh_database.sessions.transaction() as session:
        verbs = session.scalars(select(RequestEvent.verb).order_by(RequestEvent.id))
        assert list(verbs) == ["order", "dispatch", "accept"]
    shown = client.get(path, headers=people[2]).json()
    assert shown["handler"]["person_id"] == winner["handler"]["person_id"]


def test_the_same_key_at_once_orders_once(
    committing_client, fresh_database, fresh_world
) -> None:
    client, body = committing_client, make_requests.an_order(fresh_world)
    key = {"Idempotency-Key": "one-key-for-all"}
    replies = _at_once(
        [lambda: client.post("/api/requests", json=body, headers=key)] * 16
    )
    assert {r.status_code for r in replies} == {201}
    assert len({r.text for r in replies}) == 1
    with fresh_database.sessions.transaction() as session:
        assert session.scalar(select(func.count()).select_from(ServiceRequest)) == 1


def test_the_same_number_of_another_system_at_once_is_taken_once(
    committing_client, fresh_world, headers_of
) -> None:
    client, headers = committing_client, headers_of("village")
    body = make_requests.an_order(
        fresh_world, channel="hotline_12345", external_id="12345-1"
    )
    replies = _at_once(
        [lambda: client.post("/api/requests", json=body, headers=headers)] * 3
    )
    assert sorted(r.status_code for r in replies) == [201, 409, 409]


def test_numbers_of_orders_at_once_differ(committing_client, fresh_world) -> None:
    client, body = committing_client, make_requests.an_order(fresh_world)
    replies = _at_once([lambda: client.post("/api/requests", json=body)] * 8)
    assert len({r.json()["number"] for r in replies}) == 8
