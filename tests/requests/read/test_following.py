"""Who follows by ``updated_after`` as its description says misses nothing."""

from __future__ import annotations

from datetime import timedelta

import make
import make_requests
import pytest
from make_requests import act

from geo_api.requests.order.orders import order_many

_BEING_WRITTEN = timedelta(minutes=10)


class Follower:
    """A portal that keeps its own copy: it reads page by page, then again."""

    def __init__(self, client, headers, clock) -> None:
        self._client, self._headers, self._clock = client, headers, clock
        self._since: str | None = None
        self.copy: dict[str, str] = {}

    def read(self, *, between_pages=lambda: None) -> None:
        """One pass; what happens between its pages happens."""
        began = self._clock()
        query = {"limit": 2, "updated_after": self._since}
        while True:
            given = {name: value for name, value in query.items() if value is not None}
            reply = self._client.get(
                "/api/requests", params=given, headers=self._headers
            )
            assert reply.status_code == 200, reply.text
            page = reply.json()
            for item in page["items"]:
                self.copy[item["number"]] = item["stage"]
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
            between_pages()
        self._since = (began - _BEING_WRITTEN).isoformat()


def _truth(client, headers) -> dict[str, str]:
    reply = client.get("/api/requests", params={"limit": 1000}, headers=headers)
    return {item["number"]: item["stage"] for item in reply.json()["items"]}


def test_changes_that_come_between_two_pages_are_seen_by_the_next_pass(
    client, world, sign_in, clock
) -> None:
    headers, handler = sign_in("county"), sign_in("handler")
    for _ in range(7):
        make_requests.order(client, world)
        clock.now += timedelta(seconds=20)
    everyone = client.get("/api/requests", headers=handler).json()["items"]
    waiting = [f"/api/requests/{item['id']}" for item in everyone]
    follower = Follower(client, headers, clock)

    def meanwhile() -> None:
        # The newest was read already, the oldest was not; and another one comes.
        for path in (waiting.pop(0), waiting.pop()):
            clock.now += timedelta(seconds=20)
            act(client, path, "accept", handler)
        make_requests.order(client, world)

    follower.read(between_pages=meanwhile)
    assert follower.copy != _truth(client, headers)
    clock.now += timedelta(minutes=30)
    follower.read()
    assert follower.copy == _truth(client, headers)


@pytest.mark.parametrize("seconds", [0, 599])
def test_what_was_being_written_during_a_pass_is_seen_by_the_next(
    committing_client, fresh_database, cipher, clock, settings, now, seconds
) -> None:
    client = committing_client
    with fresh_database.sessions.transaction() as session:
        world = make.a_world(session, cipher, now)
    with fresh_database.sessions.transaction() as session:
        headers = make.a_token(session, world, "county", now)
    follower = Follower(client, headers, clock)
    draft = make_requests.a_draft(world, now)
    with fresh_database.sessions.transaction() as session:
        order_many(session, [draft], cipher=cipher, settings=settings)
        clock.now += timedelta(seconds=seconds)
        follower.read()
        assert follower.copy == {}
    follower.read()
    assert follower.copy == _truth(client, headers) != {}


def test_the_moment_itself_is_not_included(client, world, sign_in, clock) -> None:
    ordered = make_requests.order(client, world)
    headers = sign_in("county")
    moment = clock.now
    before = (moment - timedelta(microseconds=1)).isoformat()
    found = make_requests.numbers(client, headers, updated_after=before)
    assert found == [ordered["number"]]
    assert (
        make_requests.numbers(client, headers, updated_after=moment.isoformat()) == []
    )
