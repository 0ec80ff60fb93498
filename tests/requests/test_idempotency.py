"""A retry gets its reply again, for a day, for its own caller, for the same body."""

from __future__ import annotations

from datetime import timedelta

import make_requests
from make_requests import act, history, numbers, path_of
from sqlalchemy import func, select

from geo_api.http.models import IdempotentReply

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


def test_a_key_of_a_neighbour_on_another_line_is_another(app, world) -> None:
    from fastapi.testclient import TestClient

    links = set()
    for address in ("198.51.100.1", "198.51.100.2"):
        with TestClient(app, client=(address, 50000)) as client:
            links.add(make_requests.order(client, world, KEY)["tracking_url"])
    assert len(links) == 2


def test_after_a_day_it_is_a_new_order(client, session, world, clock) -> None:
    first = make_requests.order(client, world, KEY)
    clock.now += timedelta(hours=24)
    assert make_requests.order(client, world, KEY) == first
    clock.now += timedelta(seconds=1)
    assert make_requests.order(client, world, KEY) != first
    # Nobody's reply outlives its day for long.
    clock.now += timedelta(hours=25)
    make_requests.order(client, world, {"Idempotency-Key": "retry-0002"})
    assert session.scalar(select(func.count()).select_from(IdempotentReply)) == 1


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
