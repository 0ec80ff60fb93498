"""Counts that guard something are exact, whoever comes at the same time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from make_races import at_once
from sqlalchemy import select

from geo_api.db.counters import Spent, clear, forget_counts, peek, spend
from geo_api.db.models import Counter

_HOUR = timedelta(hours=1)


@pytest.fixture
def spends(session, cipher, clock):
    def spends(subject: str = "somebody", kind: str = "tries", **more) -> Spent:
        return spend(session, cipher, kind, subject, window=_HOUR, now=clock(), **more)

    return spends


def test_what_is_spent_adds_up_until_the_window_ends(spends, clock) -> None:
    assert spends() == Spent(1, 3600)
    clock.now += timedelta(minutes=59, seconds=59.5)
    assert spends(amount=5) == Spent(6, 1)
    clock.now += timedelta(seconds=0.5)
    assert spends() == Spent(1, 3600)


def test_counts_of_other_kinds_and_subjects_are_others(spends) -> None:
    spends()
    assert spends("somebody else").total == 1
    assert spends(kind="orders").total == 1
    assert spends().total == 2


def test_looking_spends_nothing_and_clearing_begins_anew(
    session, cipher, spends, now
) -> None:
    look = {"window": _HOUR, "now": now}
    assert peek(session, cipher, "tries", "somebody", **look) == Spent(0, 0)
    spends()
    assert peek(session, cipher, "tries", "somebody", **look) == Spent(1, 3600)
    clear(session, cipher, "tries", "somebody")
    assert spends().total == 1


def test_a_clock_that_went_wrong_keeps_nobody_out(spends, session, cipher, clock):
    right = clock.now
    clock.now += timedelta(days=3000)
    spends()
    clock.now = right
    look = {"window": _HOUR, "now": right}
    assert peek(session, cipher, "tries", "somebody", **look).total == 0
    assert spends() == Spent(1, 3600)


def test_who_came_earlier_and_is_counted_later_opens_no_window(spends, clock) -> None:
    spends()
    clock.now -= timedelta(milliseconds=20)
    assert spends().total == 2


def test_counts_are_forgotten_when_their_window_has_ended(
    session, spends, clock
) -> None:
    for i in range(3):
        spends(f"subject {i}")
    clock.now += timedelta(minutes=30)
    spends("a later one")
    clock.now += timedelta(minutes=30)
    assert forget_counts(session, now=clock(), limit=2) == 2
    assert forget_counts(session, now=clock(), limit=2) == 1
    assert len(session.scalars(select(Counter.kind)).all()) == 1


def test_of_sixteen_at_once_each_is_told_another_total(
    fresh_database, cipher, now
) -> None:
    def one(_number: int) -> int:
        with fresh_database.sessions.transaction() as session:
            return spend(session, cipher, "k", "s", window=_HOUR, now=now).total

    assert sorted(at_once(one, 16)) == list(range(1, 17))
