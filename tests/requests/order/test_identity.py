"""Who a caller is for the counters, the retries and the numbers of other systems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import make
import make_requests
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from geo_api.accounts.portal_keys import create_portal_key
from geo_api.accounts.rules import CallerKind, Permission
from geo_api.accounts.server_keys import create_server_key
from geo_api.requests.rules import Channel

_HOME, _ELSEWHERE = "198.51.100.1", "203.0.113.2"
_ANYBODYS = {Channel.WEB, Channel.WECHAT}


@dataclass(frozen=True)
class Rule:
    """What holds for one kind of caller."""

    # Whether its orders, its retries and its tries are counted by the network.
    by_network: bool
    channels: frozenset[Channel]
    usual_channel: str
    has_external_ids: bool
    # What an order is answered, and a try to find a request again.
    order: int = 201
    track: int = 404


RULES = {
    CallerKind.ANONYMOUS: Rule(True, frozenset(_ANYBODYS), "web", False),
    CallerKind.PORTAL: Rule(True, frozenset(_ANYBODYS), "web", False),
    CallerKind.RESIDENT: Rule(True, frozenset(_ANYBODYS), "web", False, order=403),
    CallerKind.ACCOUNT: Rule(False, frozenset(Channel), "web", True, track=403),
    CallerKind.SERVER: Rule(False, frozenset(Channel), "portal", True, track=403),
}


@pytest.fixture
def shown(
    client: TestClient, session: Session, world: make.World, sign_in, now
) -> dict[CallerKind, dict[str, str]]:
    """What each kind of caller shows."""
    county = [world.county.ids["620171"]]
    _, portal = create_portal_key(
        session, name="某门户", origins=[], layers=["heat"], area_ids=county, now=now
    )
    _, server = create_server_key(
        session, name="某热线", may=list(Permission), area_ids=county, now=now
    )
    session.flush()
    return {
        CallerKind.ANONYMOUS: {},
        CallerKind.PORTAL: {"X-Portal-Key": portal},
        CallerKind.RESIDENT: make_requests.link_of(make_requests.order(client, world)),
        CallerKind.ACCOUNT: sign_in("village"),
        CallerKind.SERVER: {"Authorization": f"Bearer {server}"},
    }


@pytest.fixture
def lines(app: FastAPI) -> Iterator[dict[str, TestClient]]:
    """The application, asked from two networks."""
    with ExitStack() as stack:
        yield {
            address: stack.enter_context(TestClient(app, client=(address, 50_000)))
            for address in (_HOME, _ELSEWHERE)
        }


def test_a_rule_stands_for_every_kind_of_caller() -> None:
    assert set(RULES) == set(CallerKind)


@pytest.mark.parametrize("kind", RULES)
def test_a_key_that_everybody_can_read_gives_no_identity(
    world, shown, lines, settings, kind: CallerKind
) -> None:
    rule, headers = RULES[kind], shown[kind]
    settings.sign_in = settings.sign_in.model_copy(update={"track_tries_caller": 2})
    home, elsewhere = lines[_HOME], lines[_ELSEWHERE]

    def order(line: TestClient, key: str = "", **more: str) -> tuple[int, dict]:
        body = make_requests.an_order(world, **more)
        own = {"Idempotency-Key": key} if key else {}
        reply = line.post("/api/requests", json=body, headers={**headers, **own})
        return reply.status_code, reply.json()

    # Channels and numbers of other systems.
    for channel in Channel:
        status, told = order(home, channel=channel)
        wanted = rule.order if rule.order != 201 or channel in rule.channels else 422
        assert status == wanted, (channel, told)
        if status == 422:
            assert told["errors"][0]["loc"] == ["body", "channel"]
            assert told["errors"][0]["mend"]
    status, told = order(home, external_id="GD-1")
    assert status == (rule.order if rule.has_external_ids or rule.order != 201 else 422)
    if status == 422:
        assert told["errors"][0]["loc"] == ["body", "external_id"]
        assert told["errors"][0]["mend"]

    # Retries.
    if rule.order == 201:
        first, again = order(home, "retry-0001"), order(elsewhere, "retry-0001")
        is_shared = first[1]["tracking_url"] == again[1]["tracking_url"]
        assert is_shared is not rule.by_network
        # Who is known by the network alone shares what the network's others have.
        beside = home.post(
            "/api/requests",
            json=make_requests.an_order(world),
            headers={"Idempotency-Key": "retry-0001"},
        ).json()
        assert (beside["tracking_url"] == first[1]["tracking_url"]) is rule.by_network

    # Rates.
    one = settings.dispatch.model_copy(update={"orders_per_hour": 1})
    settings.dispatch = one
    if rule.order == 201:
        _, told = order(elsewhere)
        is_diverted = told["handler"]["duty"] == "town_desk"
        assert is_diverted is rule.by_network

    # Tries to find a request again.
    remembered = {"number": "2026030299999", "phone_tail": "0000"}

    def track(line: TestClient, shows: dict[str, str]) -> int:
        return line.post("/api/track", json=remembered, headers=shows).status_code

    assert [track(home, headers) for _ in range(2)] == [rule.track] * 2
    if rule.by_network:
        # One budget for all that the network's callers show, another beside it.
        assert [track(home, shows) for shows in (headers, {})] == [429, 429]
        assert track(elsewhere, headers) == rule.track
    else:
        assert track(home, {}) == 404


@pytest.mark.parametrize("channel", Channel)
def test_a_resident_s_word_comes_by_a_channel_that_residents_have(
    client, world, shown, sign_in, channel: Channel
) -> None:
    link = shown[CallerKind.RESIDENT]
    path = f"/api/requests/{client.get('/api/me', headers=link).json()['request_id']}"
    make_requests.act(client, path, "accept", sign_in("handler"))
    make_requests.act(client, path, "complete", sign_in("handler"), {"note": "好了"})
    body = {"score": "satisfied", "channel": channel}
    reply = client.post(f"{path}/rate", json=body, headers=link)
    assert reply.status_code == (200 if channel in _ANYBODYS else 422)


def test_a_link_s_own_retries_follow_it_to_another_network(
    world, shown, lines, sign_in
) -> None:
    """A link is secret, if not its holder's identity: what it did is its own."""
    link = {**shown[CallerKind.RESIDENT], "Idempotency-Key": "retry-0001"}
    home = lines[_HOME]
    me = home.get("/api/me", headers=link).json()
    path = f"/api/requests/{me['request_id']}/withdraw"
    first, again = (line.post(path, headers=link) for line in lines.values())
    assert (first.status_code, again.json()) == (200, first.json())
