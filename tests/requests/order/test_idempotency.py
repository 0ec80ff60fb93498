"""A retry gets its reply again, for a day, for its own caller, for the same body."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import make_requests
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from make_requests import act, history, numbers, path_of

KEY = {"Idempotency-Key": "retry-0001"}


def test_the_same_body_gets_the_same_reply(client, world, sign_in) -> None:
    first = make_requests.order(client, world, KEY)
    assert make_requests.order(client, world, KEY) == first
    assert numbers(client, sign_in("county")) == [first["number"]]


def test_another_body_is_refused(client, world, sign_in) -> None:
    make_requests.order(client, world, KEY)
    body = make_requests.an_order(world, description="又停电了")
    reply = client.post("/api/requests", json=body, headers=KEY)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["loc"] == ["header", "Idempotency-Key"]
    assert len(numbers(client, sign_in("county"))) == 1


def test_a_key_is_its_callers_own(client, world, sign_in) -> None:
    first = make_requests.order(client, world, KEY)
    others = [
        make_requests.order(client, world, {**KEY, **sign_in(name)})
        for name in ("village", "town")
    ]
    told = {first["tracking_url"], *(other["tracking_url"] for other in others)}
    assert len(told) == 3


def _tries(app, key: str, bodies: Iterable[dict]) -> list[Response]:
    """The same key from two networks, one after the other."""
    replies = []
    for address, body in zip(("198.51.100.1", "203.0.113.2"), bodies, strict=True):
        with TestClient(app, client=(address, 50000)) as client:
            headers = {"Idempotency-Key": key}
            replies.append(client.post("/api/requests", json=body, headers=headers))
    return replies


@pytest.mark.parametrize(
    "key",
    [
        "retry-0001",
        # Long, and yet somebody else may count the same way.
        "00000000000000000000000000000123",
        "00000000-0000-4000-8000-000000000123",
        "order-of-water-for-the-third-group",
        "d3b0738e-4a5f-1f6e-9c2b-7a1e5d8c4f60",
    ],
)
def test_a_key_of_a_neighbour_on_another_line_is_another(app, world, key: str) -> None:
    replies = _tries(app, key, [make_requests.an_order(world)] * 2)
    links = {reply.json()["tracking_url"] for reply in replies}
    assert len(links) == 2


RANDOM = [
    "d3b0738e-4a5f-4f6e-9c2b-7a1e5d8c4f60",
    "d3b0738e4a5f4f6e9c2b7a1e5d8c4f60",
    "D3B0738E4A5F4F6E9C2B7A1E5D8C4F60D3B0738E",
]


@pytest.mark.parametrize("key", RANDOM)
def test_a_random_key_is_known_when_the_phone_changes_networks(
    app, client, world, sign_in, key: str
) -> None:
    first, again = _tries(app, key, [make_requests.an_order(world)] * 2)
    assert again.json() == first.json()
    assert numbers(client, sign_in("county")) == [first.json()["number"]]


def test_who_has_the_key_and_not_the_words_is_told_nothing(app, world) -> None:
    words = make_requests.an_order(world)
    first, other = _tries(app, RANDOM[0], [words, {**words, "description": "停电"}])
    assert other.status_code == 422
    assert first.json()["number"] not in other.text


def test_a_random_key_of_an_account_stays_its_own(client, world, sign_in) -> None:
    key = {"Idempotency-Key": RANDOM[0]}
    replies = [
        make_requests.order(client, world, {**key, **headers})
        for headers in ({}, sign_in("village"), sign_in("town"))
    ]
    assert len({reply["number"] for reply in replies}) == 3


def test_after_a_day_it_is_a_new_order(client, world, clock) -> None:
    first = make_requests.order(client, world, KEY)
    clock.now += timedelta(hours=24)
    assert make_requests.order(client, world, KEY) == first
    clock.now += timedelta(seconds=1)
    second = make_requests.order(client, world, KEY)
    assert second != first
    clock.now += timedelta(hours=24)
    assert make_requests.order(client, world, KEY) == second


def test_what_was_refused_may_be_tried_again_with_the_key(client, world) -> None:
    body = make_requests.an_order(world, service_code="XX")
    assert client.post("/api/requests", json=body, headers=KEY).status_code == 404
    make_requests.order(client, world, KEY)


def test_a_verb_is_done_once(client, world, sign_in) -> None:
    path = path_of(client, make_requests.order(client, world))
    headers = {**sign_in("handler"), **KEY}
    first = act(client, path, "accept", headers)
    assert act(client, path, "accept", headers) == first
    act(client, path, "accept", sign_in("handler"), status=409)
    verbs = [event["verb"] for event in history(client, path, sign_in("handler"))]
    assert verbs == ["order", "dispatch", "accept"]
