"""Live news: what is told to whom, how it goes on after a break, and when it ends."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import cycle
from threading import Barrier
from typing import Any

import anyio
import make
import make_requests
import pytest
from make_live import events, read
from make_races import at_once
from make_requests import act, link_of, path_of

from geo_api.accounts.models import Account
from geo_api.accounts.rules import Role
from geo_api.accounts.tokens import issue_account_token, revoke_tokens
from geo_api.errors import Unavailable
from geo_api.http.listeners import Listeners, Room
from geo_api.notices import routes
from geo_api.notices.live_feed import LiveFeed


@pytest.fixture
def ordered(client, world) -> dict:
    return make_requests.order(client, world)


@pytest.fixture
def fast(monkeypatch) -> None:
    monkeypatch.setattr(routes, "_LOOK_SECONDS", 0.01)


def _live(story: Callable[[], Awaitable[None]]) -> None:
    """Runs a story in a thread of its own: a browser of other tests may hold ours."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, story).result()


class _Listener:
    """A caller who stays on the line, and what has been heard so far."""

    def __init__(self, app, headers: dict[str, str]) -> None:
        self.heard = ""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.is_over = False
        self._app = app
        self._scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/api/events", "raw_path": b"/api/events", "query_string": b"",
            "root_path": "", "client": ("127.0.0.1", 1), "server": ("test", 80),
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in {"accept-encoding": "gzip", **headers}.items()
            ],
        }  # fmt: skip

    async def listen(self) -> None:
        async def receive() -> dict[str, Any]:
            if not self.status:
                return {"type": "http.request", "body": b"", "more_body": False}
            await anyio.sleep_forever()
            raise AssertionError

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            else:
                self.heard += message.get("body", b"").decode()

        await self._app(self._scope, receive, send)
        self.is_over = True

    async def until(self, is_so: Callable[[], bool]) -> None:
        with anyio.fail_after(10):
            while not is_so():
                await anyio.sleep(0.01)


def test_an_event_says_what_happened_and_nothing_of_what_was_said(
    client, ordered, sign_in
) -> None:
    path = path_of(client, ordered)
    act(client, path, "remind", sign_in("town"), {"note": "抓紧办"})
    found = read(client, sign_in("handler"))
    assert sorted(event["verb"] for event in found) == ["dispatch", "order", "remind"]
    event = next(event for event in found if event["verb"] == "remind")
    assert event["number"] == ordered["number"]
    assert event["stage"] == "dispatched"
    assert event["id"] == path.rsplit("/", 1)[1]
    assert [len(code) for code in event["areas"]] == [6, 9, 12, 15]
    assert set(event) == {"mark", "id", "number", "verb", "stage", "at", "areas"}


def test_nobody_hears_of_what_they_may_not_see(client, world, sign_in) -> None:
    ordered = make_requests.order(client, world, service_code="JB-JUBAO")
    other = make_requests.order(client, world)
    heard = {
        name: {event["number"] for event in read(client, sign_in(name))}
        for name in ("town", "handler", "stranger", "admin")
    }
    assert heard == {
        "town": {ordered["number"], other["number"]},
        "handler": {other["number"]},
        "stranger": set(),
        "admin": {other["number"]},
    }
    assert {e["number"] for e in read(client, link_of(ordered))} == {ordered["number"]}
    assert {len(e["areas"]) for e in read(client, link_of(ordered))} == {0}


def test_it_goes_on_after_the_last_event(client, world, sign_in, clock) -> None:
    make_requests.order(client, world)
    headers = sign_in("county")
    last = read(client, headers)[-1]["mark"]
    clock.now += timedelta(minutes=30)
    missed = make_requests.order(client, world)
    clock.now += timedelta(minutes=5)
    assert read(client, headers) == []
    found = read(client, headers, **{"Last-Event-ID": last})
    assert missed["number"] in {event["number"] for event in found}
    assert last not in {event["mark"] for event in found}


@pytest.mark.parametrize(
    "mark", ["?", "2026-03-02/x", "2999-01-01T00:00:00+08:00/", "2026-03-02T10:00:00/1"]
)
def test_a_mark_that_is_none_begins_anew(client, ordered, sign_in, mark) -> None:
    found = read(client, sign_in("county"), **{"Last-Event-ID": mark})
    assert {event["number"] for event in found} == {ordered["number"]}


def test_what_happens_is_told_once_while_one_listens(
    committing_client, fresh_database, cipher, now, fast
) -> None:
    with fresh_database.sessions.transaction() as session:
        world = make.a_world(session, cipher, now)
        headers = make.a_token(session, world, "county", now)
    listener = _Listener(committing_client.app, headers)

    async def story() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(listener.listen)
            await listener.until(lambda: listener.heard != "")
            await anyio.to_thread.run_sync(
                make_requests.order, committing_client, world
            )
            await listener.until(lambda: len(events(listener.heard)) >= 2)
            await anyio.sleep(0.1)
            group.cancel_scope.cancel()

    _live(story)
    # Nothing holds it up on its way, not even for a smaller size.
    assert "content-encoding" not in listener.headers
    heard = [event["verb"] for event in events(listener.heard)]
    assert sorted(heard) == ["dispatch", "order"]


def test_silence_is_filled_with_comments(
    app, world, sign_in, fast, monkeypatch
) -> None:
    monkeypatch.setattr(routes, "_HEARTBEAT_SECONDS", 0.05)
    listener = _Listener(app, sign_in("county"))

    async def story() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(listener.listen)
            await listener.until(lambda: listener.heard.count("\n\n: ") >= 2)
            group.cancel_scope.cancel()

    _live(story)


def _page_of(session, world, name: str, now) -> dict[str, str]:
    """Headers of a page on which somebody has signed in."""
    account = session.get_one(Account, world.accounts[name])
    secret, _ = issue_account_token(session, account, kind="session", now=now, hours=12)
    session.flush()
    return {"Cookie": f"minqing_session={secret}"}


def test_the_stream_ends_with_the_sign_in(
    committing_client, fresh_database, cipher, clock, fast, monkeypatch
) -> None:
    # Within a minute of it: a look at the sign-in, one at the requests, and some air.
    assert routes._CHECK_SECONDS + routes._LOOK_SECONDS < 50
    monkeypatch.setattr(routes, "_CHECK_SECONDS", 0.05)
    app = committing_client.app
    with fresh_database.sessions.transaction() as session:
        world = make.a_world(session, cipher, clock())
        pages = {
            name: _Listener(app, _page_of(session, world, name, clock()))
            for name in ("county", "town", "village", "handler")
        }
        program = _Listener(app, make.a_token(session, world, "county", clock()))

    def account(session, name: str) -> Account:
        return session.get_one(Account, world.accounts[name])

    async def story() -> None:
        async with anyio.create_task_group() as group:
            for listener in (*pages.values(), program):
                group.start_soon(listener.listen)
                await listener.until(lambda one=listener: one.heard != "")
            clock.now += timedelta(minutes=29)
            await anyio.sleep(0.2)
            assert not any(listener.is_over for listener in pages.values())
            with fresh_database.sessions.transaction() as session:
                revoke_tokens(session, account(session, "town"), now=clock())
                account(session, "village").ended_at = clock()
                account(session, "handler").role = Role.AUDITOR.value
            for name in ("town", "village", "handler"):
                await pages[name].until(lambda one=pages[name]: one.is_over)
            assert not pages["county"].is_over
            clock.now += timedelta(minutes=1)
            await pages["county"].until(lambda: pages["county"].is_over)
            await anyio.sleep(0.1)
            assert not program.is_over
            group.cancel_scope.cancel()

    _live(story)
    assert routes.listeners_of(app.state).is_empty


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/api/events?seconds=0", {}),
        ("/tiles/heat/9/403/200.png", {}),
        ("/api/attachments/019a0000-0000-7000-8000-000000000002", {}),
        ("/api/summary", {"X-Background": "1"}),
    ],
)
def test_what_a_page_fetches_by_itself_keeps_no_session_awake(
    client, session, world, clock, path: str, more: dict[str, str]
) -> None:
    page = _page_of(session, world, "county", clock())
    clock.now += timedelta(minutes=29)
    assert client.get(path, headers={**page, **more}).status_code in (200, 404)
    clock.now += timedelta(minutes=1)
    assert client.get(path, headers={**page, **more}).status_code == 401
    page = _page_of(session, world, "county", clock())
    clock.now += timedelta(minutes=29)
    assert client.get("/api/summary", headers=page).status_code == 200
    clock.now += timedelta(minutes=29)
    assert client.get(path, headers={**page, **more}).status_code in (200, 404)


# Who may listen, and how many


def _fill(app, stack: ExitStack, room: str, most: int, *others: str) -> None:
    """Takes all places of a room, as streams of others do."""
    full = Unavailable("full")
    for i in range(most):
        rooms = [Room(name, 10**6, full) for name in (room, *others, f"somebody:{i}")]
        stack.enter_context(routes.listeners_of(app.state).place(rooms))


def test_a_place_is_kept_for_staff_whatever_strangers_do(
    app, client, ordered, sign_in
) -> None:
    """Fifty streams of strangers once left the county's leader without one."""
    listeners = routes.listeners_of(app.state)
    path = "/api/events?seconds=0"
    with ExitStack() as stack:
        _fill(app, stack, "strangers", routes._MOST_STRANGERS, "everybody")
        refused = client.get(path, headers=link_of(ordered))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
        assert "没有账号" in refused.json()["detail"]
        assert refused.json()["mend"]
        assert client.get(path, headers=sign_in("county")).status_code == 200
        _fill(app, stack, "everybody", routes._MOST - listeners.count("everybody"))
        refused = client.get(path, headers=sign_in("county"))
        assert refused.status_code == 503
        assert refused.json()["detail"] == "实时连接过多，请稍后再试"
    assert listeners.is_empty


@pytest.mark.parametrize(
    ("who", "most"),
    [
        ("link", routes._MOST_OF_LINK),
        # Links are had for nothing: nobody multiplies streams by them.
        ("links", routes._MOST_OF_NETWORK),
        ("county", routes._MOST_OF_ACCOUNT),
    ],
)
def test_one_caller_has_a_few_streams_and_no_more(
    committing_client, fresh_database, fresh_world, now, who: str, most: int
) -> None:
    app = committing_client.app
    if who == "county":
        with fresh_database.sessions.transaction() as session:
            shown = [make.a_token(session, fresh_world, who, now)]
    else:
        orders = 1 if who == "link" else most
        shown = [
            link_of(make_requests.order(committing_client, fresh_world))
            for _ in range(orders)
        ]
    callers = [_Listener(app, one) for one, _ in zip(cycle(shown), range(most + 4))]

    async def story() -> None:
        async with anyio.create_task_group() as group:
            for caller in callers:
                group.start_soon(caller.listen)
            for caller in callers:
                await caller.until(lambda one=caller: one.status != 0)
            taken = routes.listeners_of(app.state).count("everybody")
            statuses = sorted(caller.status for caller in callers)
            assert statuses == [200] * most + [429] * 4
            assert taken == most
            group.cancel_scope.cancel()

    _live(story)
    assert routes.listeners_of(app.state).is_empty
    refused = next(caller for caller in callers if caller.status == 429)
    assert str(most) in json.loads(refused.heard)["detail"]


def test_a_stream_that_fails_gives_its_place_back(
    app, client, world, sign_in, monkeypatch
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(LiveFeed, "look", fail)
    with pytest.raises(RuntimeError):
        client.get("/api/events?seconds=0", headers=sign_in("county"))
    assert routes.listeners_of(app.state).is_empty


def test_places_are_given_exactly_to_whoever_comes_at_once() -> None:
    listeners = Listeners()
    room = Room("few", 3, Unavailable("full"))
    tried = Barrier(16, timeout=300)

    def come(_i: int) -> tuple[bool, int]:
        with ExitStack() as stack:
            try:
                rooms = [Room("all", 100, Unavailable("full")), room]
                stack.enter_context(listeners.place(rooms))
                has_place = True
            except Unavailable:
                has_place = False
            tried.wait()
            taken = listeners.count("all")
            tried.wait()
        return has_place, taken

    came = at_once(come, 16)
    assert sum(has_place for has_place, _ in came) == 3
    # Who was refused has taken no place anywhere.
    assert {taken for _, taken in came} == {3}
    assert listeners.is_empty
