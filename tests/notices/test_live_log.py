"""Live events are numbered in the order of commits: none is missed or told twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import make
import make_requests
import pytest
from make_live import read
from make_races import at_once
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.consumers import CONSUMERS, LIVE_HOOKS
from geo_api.db.model import new_public_id
from geo_api.db.session import SessionFactory
from geo_api.notices import live_feed, live_log, outbox
from geo_api.notices.live_feed import LiveFeed
from geo_api.notices.models import LiveEvent, Outbox
from geo_api.notices.outbox import Notice
from geo_api.notices.rules import LIVE_KEPT, Audience, Consumer, may_concern
from geo_api.requests.models import RequestEvent
from geo_api.requests.order.orders import order_many


def _numbers(session: Session) -> list[int]:
    return list(session.scalars(select(LiveEvent.number).order_by(LiveEvent.number)))


def test_every_consumer_that_is_given_rows_takes_them() -> None:
    assert set(CONSUMERS) == set(Consumer)


def test_an_older_event_that_is_committed_later_is_told(
    committing_client, fresh_database, fresh_world, cipher, settings, now
) -> None:
    """Both by number: whoever has heard the newer one hears the older one, too."""
    client, sessions = committing_client, fresh_database.sessions
    with sessions.transaction() as session:
        headers = make.a_token(session, fresh_world, "county", now)
    draft = make_requests.a_draft(fresh_world, now)
    with sessions.transaction() as slow:
        (older,) = order_many(slow, [draft], cipher=cipher, settings=settings)
        make_requests.order(client, fresh_world)
        heard = read(client, headers)
        assert len(heard) == 2
        mark = {"Last-Event-ID": heard[-1]["mark"]}
        assert read(client, headers, **mark) == []
    late = read(client, headers, **mark)
    assert {event["id"] for event in late} == {str(older.public_id)}
    assert [event["verb"] for event in late] == ["order", "dispatch"]
    with sessions.transaction() as session:
        first = session.scalars(select(RequestEvent).order_by(RequestEvent.id)).first()
        assert first.request_id == older.request_id
    assert read(client, headers, **{"Last-Event-ID": late[-1]["mark"]}) == []


def test_two_takers_number_each_event_once(
    committing_client, fresh_database, fresh_world, now, monkeypatch
) -> None:
    monkeypatch.setattr(live_log, "_AT_ONCE", 3)
    sessions = fresh_database.sessions
    for _ in range(10):
        make_requests.order(committing_client, fresh_world)

    def take(_i: int) -> int:
        total = 0
        for _ in range(40):
            with sessions.transaction() as session:
                total += live_log.move(session, now=now)
        return total

    taken = at_once(take, 4)
    with sessions.transaction() as session:
        assert session.scalars(select(Outbox.id)).all() == []
        assert _numbers(session) == list(range(1, 21))
        events = set(session.scalars(select(LiveEvent.event_id)))
        assert events == set(session.scalars(select(RequestEvent.public_id)))
    assert sum(taken) == 20


def test_while_one_numbers_another_neither_waits_nor_takes(
    committing_client, fresh_database, fresh_world, now
) -> None:
    sessions = fresh_database.sessions
    make_requests.order(committing_client, fresh_world)
    with sessions.transaction() as one:
        assert live_log.move(one, now=now) == 2
        with sessions.transaction() as session:
            make_requests.order(committing_client, fresh_world)
            assert live_log.move(session, now=now) == 0
            assert _numbers(session) == []
    with sessions.transaction() as session:
        assert live_log.move(session, now=now) == 2
        assert _numbers(session) == [1, 2, 3, 4]


def _kill_before(sessions: SessionFactory, nth: int, now: datetime) -> int:
    """Kill a taker's connection before its nth statement, else before its commit.

    How many statements it began.
    """
    began = 0

    def take() -> None:
        with sessions.transaction() as session:
            pid = session.scalar(select(func.pg_backend_pid()))

            def kill() -> None:
                with sessions.transaction() as another:
                    another.scalar(select(func.pg_terminate_backend(pid, 60_000)))

            def begin(*_args: object) -> None:
                nonlocal began
                began += 1
                if began == nth:
                    kill()

            event.listen(session.connection(), "before_cursor_execute", begin)
            live_log.move(session, now=now)
            kill()

    with pytest.raises(OperationalError):
        take()
    return began


def test_a_taker_killed_at_any_moment_leaves_everything_to_the_next(
    committing_client, fresh_database, fresh_world, now
) -> None:
    """Nothing is told twice and nothing never: taking and telling are one act."""
    sessions = fresh_database.sessions
    make_requests.order(committing_client, fresh_world)
    nth = 1
    while _kill_before(sessions, nth, now) == nth:
        nth += 1
    assert nth > 5
    with sessions.transaction() as session:
        assert _numbers(session) == []
        assert live_log.move(session, now=now) == 2
    with sessions.transaction() as session:
        assert live_log.move(session, now=now) == 0
        assert _numbers(session) == [1, 2]
        events = list(session.scalars(select(LiveEvent.event_id)))
        assert sorted(events) == sorted(session.scalars(select(RequestEvent.public_id)))


def test_the_log_is_kept_for_a_day_and_numbers_go_on(
    client, session, world, clock, sign_in
) -> None:
    make_requests.order(client, world)
    first = read(client, sign_in("county"))
    clock.now += LIVE_KEPT
    assert live_log.forget(session, now=clock.now, limit=100) == 0
    mark = {"Last-Event-ID": first[0]["mark"]}
    assert [e["mark"] for e in read(client, sign_in("county"), **mark)] == [
        first[1]["mark"]
    ]
    clock.now += timedelta(seconds=1)
    assert live_log.forget(session, now=clock.now, limit=100) == 2
    assert read(client, sign_in("county"), **mark) == []
    make_requests.order(client, world)
    # What followed it is gone in part: the last minute is told instead.
    assert [e["mark"] for e in read(client, sign_in("county"), **mark)] == ["3", "4"]


def test_a_history_that_is_brought_along_is_no_news(now) -> None:
    def given(at: datetime) -> int:
        notice = Notice(new_public_id(), at, _HOME)
        return len(outbox.rows_of([notice], now=now).values)

    assert given(now - LIVE_KEPT) == 1
    assert given(now - LIVE_KEPT - timedelta(seconds=1)) == 0


_LINK = new_public_id()
_HOME = Audience(frozenset({1, 2}), 3, 4, frozenset({5}), _LINK)
_STAFF = Actor(kind=CallerKind.ACCOUNT, role=Role.HANDLER)


@pytest.mark.parametrize(
    ("actor", "concerned"),
    [
        (_STAFF, False),
        (replace(_STAFF, area_ids=frozenset({2})), True),
        (replace(_STAFF, zone_ids=frozenset({3})), True),
        (replace(_STAFF, household_ids=frozenset({4})), True),
        (replace(_STAFF, person_id=5), True),
        (replace(_STAFF, person_id=2, area_ids=frozenset({5})), False),
        (replace(_STAFF, role=Role.ADMIN), True),
        (Actor(kind=CallerKind.RESIDENT, request_public_id=_LINK), True),
        (Actor(kind=CallerKind.RESIDENT, request_public_id=new_public_id()), False),
    ],
)
def test_an_audience_leaves_out_whom_it_cannot_concern(
    actor: Actor, concerned: bool
) -> None:
    assert may_concern(_HOME, actor) is concerned


def test_whoever_is_not_concerned_asks_nothing(client, world, monkeypatch) -> None:
    context = client.app.state.context
    feed = LiveFeed()
    feed.look(context)
    make_requests.order(client, world)
    assert not feed.has_more_than(0)
    feed.look(context)
    assert feed.has_more_than(0)

    def ask() -> None:
        raise AssertionError

    monkeypatch.setattr(type(context.sessions), "transaction", ask)
    assert feed.news(context, _STAFF, 0, LIVE_HOOKS.show) == (2, [])
    assert not feed.has_more_than(2)


def test_a_listener_far_behind_is_told_all_in_order(
    client, session, world, sign_in, monkeypatch
) -> None:
    monkeypatch.setattr(live_feed, "_AT_ONCE", 2)
    monkeypatch.setattr(live_feed, "_REMEMBERED", 3)
    headers = sign_in("county")
    for _ in range(4):
        make_requests.order(client, world)
        read(client, headers)
    assert [e["mark"] for e in read(client, headers)] == [*"12345678"]
