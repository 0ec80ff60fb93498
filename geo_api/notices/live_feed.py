"""What this process has read of the log of live events, for all who listen to it.

One look serves every listener: while nothing is new nobody asks the database, and of
what is new only those are asked for whom it may concern.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.http.context import Context
from geo_api.notices import live_log
from geo_api.notices.hooks import Show
from geo_api.notices.rules import Audience, may_concern

_AT_ONCE = 200
# Whoever is further behind reads the log itself until the rest is here.
_REMEMBERED = 1_000


@dataclass(frozen=True)
class Told:
    """A numbered event and its audience."""

    number: int
    event_id: UUID
    audience: Audience


@dataclass(frozen=True)
class _Seen:
    """The newest events in a row: all with numbers from ``first`` to ``last``."""

    first: int
    last: int
    events: tuple[Told, ...] = ()


@dataclass
class LiveFeed:
    """The newest live events as this process knows them."""

    _seen: _Seen | None = None
    _looked_at: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def is_fresh(self, seconds: float) -> bool:
        """Whether somebody has looked that short a time ago."""
        return self._seen is not None and monotonic() - self._looked_at < seconds

    def has_more_than(self, number: int) -> bool:
        """Whether anything follows a number, as far as is known here."""
        return self._seen is None or self._seen.last > number

    def look(self, context: Context) -> None:
        """Number what waits, unless another process does, and read what is new."""
        with self._lock:
            while self._moves(context):
                pass
            self._looked_at = monotonic()

    def _moves(self, context: Context) -> bool:
        """Whether there was anything to number; else what there is has been read."""
        with context.sessions.transaction() as session:
            if live_log.move(session, now=context.clock()):
                return True
            self._seen = _read_on(session, self._seen)
        return False

    def news(
        self, context: Context, actor: Actor, number: int, show: Show
    ) -> tuple[int, list[tuple[int, dict[str, Any]]]]:
        """Up to which number a caller has heard all now, and what there was to tell."""
        reached, following = self._following(context, number)
        ids = {t.event_id for t in following if may_concern(t.audience, actor)}
        if not ids:
            return reached, []
        with context.sessions.transaction() as session:
            shown = show(session, actor, ids)
        told = [(t.number, shown[t.event_id]) for t in following if t.event_id in shown]
        return reached, told

    def _following(self, context: Context, number: int) -> tuple[int, list[Told]]:
        seen = self._seen
        if seen is not None and number >= seen.first - 1:
            last = seen.last
            found = [told for told in seen.events if told.number > number][:_AT_ONCE]
        else:
            with context.sessions.transaction() as session:
                last = live_log.last_number(session)
                found = _told_after(session, number, _AT_ONCE)
        return max(number, found[-1].number if found else last), found


def _told_after(session: Session, number: int, limit: int) -> list[Told]:
    rows = live_log.read_after(session, number, limit=limit)
    return [Told(row.number, row.event_id, row.audience) for row in rows]


def _read_on(session: Session, seen: _Seen | None) -> _Seen:
    last = live_log.last_number(session)
    if seen is None or last - seen.last > _REMEMBERED:
        return _Seen(first=last + 1, last=last)
    if last <= seen.last:
        return seen
    new = _told_after(session, seen.last, last - seen.last)
    events = (*seen.events, *new)[-_REMEMBERED:]
    return _Seen(first=last + 1 - len(events), last=last, events=events)
