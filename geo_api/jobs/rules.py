"""When a job of each night is due, and when it is late.

A job is due from the hour of the night on until it is done, whenever that is: what was
missed while the machine was off is made up for once, however many nights it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_TRY_AGAIN = timedelta(hours=1)
_LATE = timedelta(hours=2)


@dataclass(frozen=True)
class LastRuns:
    """When the last run that ended well began, and the last one that did not."""

    done_at: datetime | None = None
    failed_at: datetime | None = None


def last_night(now: datetime, *, at: time, tz: ZoneInfo) -> datetime:
    """The last time that the county's clocks showed ``at``."""
    today = now.astimezone(tz).date()
    night = datetime.combine(today, at, tz)
    if night > now:
        night = datetime.combine(today - timedelta(days=1), at, tz)
    return night


def is_done(last: LastRuns, *, night: datetime, now: datetime) -> bool:
    """Whether nothing is left to do until the next night.

    A run in the future was written by a clock that went wrong: it counts for nothing.
    """
    return last.done_at is not None and night <= last.done_at <= now


def is_due(last: LastRuns, *, night: datetime, now: datetime) -> bool:
    """Whether it is time to do it; what has just failed may wait a little."""
    return not has_just_failed(last, now=now) and not is_done(
        last, night=night, now=now
    )


def has_just_failed(last: LastRuns, *, now: datetime) -> bool:
    """Whether it would fail again for the same reason."""
    failed = last.failed_at
    return failed is not None and failed <= now < failed + _TRY_AGAIN


def is_late(last: LastRuns, *, at: time, tz: ZoneInfo, now: datetime) -> bool:
    """Whether somebody should look why it is not done.

    In the first hours of a night it is the night before that counts.
    """
    night = last_night(now - _LATE, at=at, tz=tz)
    return not is_done(last, night=night, now=now)
