"""How an order goes on: accepted, completed, rated, or something less smooth. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from geo_api.demo.texts import DECLINES, PROGRESS, TOPICS, UNHAPPY, WITHDRAWN

# Desks take what comes: nothing that goes to them at once is planned to be declined.
_TO_DESKS = frozenset({"TS-TOUSU", "JB-JUBAO"})
_SHARE_WITHDRAWN = 0.015
_SHARE_DECLINED = 0.04
_SHARE_BY_ANOTHER = 0.07
_SHARE_TRANSFERRED = 0.012
_SHARE_LEFT_LYING = 0.012
_SHARE_RATED = 0.66
# Ratings are taken for thirty days.
_LONGEST_SILENCE = timedelta(days=25)
_DAYS_TO_DO = 2.1
_DAYS_TO_DO_URGENT = 0.3


@dataclass(frozen=True)
class Step:
    """One verb at a time, by the handler unless it is said."""

    verb: str
    at: datetime
    by: str = "handler"
    note: str = ""
    reason: str = "beyond_my_power"
    score: str = "satisfied"


def steps_of(
    service: str,
    ordered_at: datetime,
    end: datetime,
    draw: np.random.Generator,
    *,
    is_urgent: bool,
) -> tuple[Step, ...]:
    """The steps before ``end``; those that would come later have not happened yet."""
    steps = _planned(service, ordered_at, draw, is_urgent=is_urgent)
    return tuple(step for step in steps if step.at < end)


def _planned(
    service: str, ordered_at: datetime, draw: np.random.Generator, *, is_urgent: bool
) -> list[Step]:
    at = _awake(ordered_at + _hours(draw, 0.6 if is_urgent else 2.5, 0.9))
    luck = float(draw.random())
    if luck < _SHARE_WITHDRAWN:
        return [Step("withdraw", at, "resident", _one(WITHDRAWN, draw))]
    if luck < _SHARE_WITHDRAWN + _SHARE_LEFT_LYING:
        # Nobody took it on: what the leaders' page must show as overdue.
        return []
    steps: list[Step] = []
    if service not in _TO_DESKS and draw.random() < _SHARE_DECLINED:
        reason, note = DECLINES[int(draw.integers(len(DECLINES)))]
        steps.append(Step("decline", at, note=note, reason=reason))
        at = _awake(at + _hours(draw, 3, 0.8))
    by = "chain" if draw.random() < _SHARE_BY_ANOTHER else "handler"
    steps.append(Step("accept", at, by))
    if service not in _TO_DESKS and draw.random() < _SHARE_TRANSFERRED:
        at = _awake(at + _hours(draw, 4, 0.6))
        steps.append(Step("transfer", at, note="对方更熟悉情况"))
        at = _awake(at + _hours(draw, 3, 0.6))
        steps.append(Step("accept", at))
    steps += _done(service, at, draw, is_urgent=is_urgent)
    score = _score(draw)
    if draw.random() < _SHARE_RATED:
        at = _awake(steps[-1].at + min(_hours(draw, 20, 1.1), _LONGEST_SILENCE))
        steps.append(Step("rate", at, "resident", score=score))
        if score == "unsatisfied" and draw.random() < 0.55:
            at = _awake(at + _hours(draw, 6, 0.8))
            steps.append(Step("reopen", at, "resident", _one(UNHAPPY, draw)))
            at = _awake(at + _hours(draw, 2, 0.6))
            steps.append(Step("accept", at))
            steps += _done(service, at, draw, is_urgent=is_urgent)
            at = _awake(steps[-1].at + _hours(draw, 20, 0.8))
            steps.append(Step("rate", at, "resident", score=_score(draw)))
    return steps


def _done(
    service: str, accepted_at: datetime, draw: np.random.Generator, *, is_urgent: bool
) -> list[Step]:
    days = _DAYS_TO_DO_URGENT if is_urgent else _DAYS_TO_DO
    at = _awake(accepted_at + _hours(draw, 24 * days, 0.75))
    steps = []
    if draw.random() < 0.12:
        middle = accepted_at + (at - accepted_at) * 0.4
        steps.append(Step("progress", middle, note=_one(PROGRESS, draw)))
    steps.append(Step("complete", at, note=_one(TOPICS[service].done, draw)))
    return steps


def _score(draw: np.random.Generator) -> str:
    luck = float(draw.random())
    if luck < 0.79:
        return "satisfied"
    return "basically_satisfied" if luck < 0.95 else "unsatisfied"


def _hours(draw: np.random.Generator, median: float, spread: float) -> timedelta:
    """A waiting time with a long tail."""
    return timedelta(hours=float(draw.lognormal(np.log(median), spread)))


def _awake(at: datetime) -> datetime:
    """Nobody works at night: what falls there waits for the morning."""
    if 7 <= at.hour < 22:
        return at
    morning = at.replace(hour=7, minute=30) + timedelta(minutes=at.minute)
    return morning if at.hour < 7 else morning + timedelta(days=1)


def _one(words: Sequence[str], draw: np.random.Generator) -> str:
    return words[int(draw.integers(len(words)))]
