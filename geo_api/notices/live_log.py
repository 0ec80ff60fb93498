"""Live events in the order in which they became true, for as long as they are kept.

Ids carry no order, and an event is dated when its work begins and seen when that is
committed. So numbers are given here, under the lock of one row that is held until the
commit: whoever has read up to a number has missed nothing before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from geo_api.db.batches import WITH_NULLS, delete_due
from geo_api.http.context import Context
from geo_api.notices import outbox
from geo_api.notices.models import LiveEvent, LiveTurn
from geo_api.notices.rules import LIVE_KEPT, Consumer, is_news

_AT_ONCE = 1_000
# Whoever comes without a number hears what there was since then.
_LOOK_BACK = timedelta(minutes=1)


def move(session: Session, *, now: datetime) -> int:
    """Number what waits in the outbox; how many rows, none while another is at it."""
    if not outbox.is_waiting(session, Consumer.LIVE):
        return 0
    turn = select(LiveTurn.last_number).with_for_update(skip_locked=True)
    last = session.scalar(turn)
    if last is None:
        return 0
    taken = outbox.take(session, Consumer.LIVE, limit=_AT_ONCE)
    # What waited for longer than it would be kept is over.
    news = [row for row in taken if is_news(row.created_at, now=now)]
    if news:
        rows = [
            {
                "number": number,
                "event_id": row.event_id,
                "area_ids": row.area_ids,
                "zone_id": row.zone_id,
                "household_id": row.household_id,
                "person_ids": row.person_ids,
                "request_public_id": row.request_public_id,
                "created_at": row.created_at,
            }
            for number, row in enumerate(news, start=last + 1)
        ]
        session.execute(insert(LiveEvent), rows, execution_options=WITH_NULLS)
        session.execute(
            update(LiveTurn)
            .values(last_number=last + len(news))
            .execution_options(synchronize_session=False)
        )
    return len(taken)


def move_all(context: Context) -> int:
    """Number all that waits, a batch in a transaction; how many rows."""
    return _in_batches(context, move)


def last_number(session: Session) -> int:
    """The number that was given last."""
    return session.scalars(select(LiveTurn.last_number)).one()


def beginning(session: Session, mark: str, *, now: datetime) -> int:
    """Behind which number somebody goes on who has heard ``mark`` last.

    A minute back, for whoever shows none, one never given or one so old that what
    followed is gone.
    """
    last = last_number(session)
    heard = int(mark) if mark.isascii() and mark.isdecimal() else -1
    if heard == last:
        return heard
    if 0 <= heard < last:
        oldest = session.scalar(select(func.min(LiveEvent.number)))
        if oldest is not None and oldest <= heard + 1:
            return heard
    recent = select(func.min(LiveEvent.number)).where(
        LiveEvent.created_at >= now - _LOOK_BACK
    )
    first = session.scalar(recent)
    return last if first is None else first - 1


def read_after(session: Session, number: int, *, limit: int) -> Sequence[LiveEvent]:
    """What follows a number, in order."""
    return session.scalars(
        select(LiveEvent)
        .where(LiveEvent.number > number)
        .order_by(LiveEvent.number)
        .limit(limit)
    ).all()


def forget(session: Session, *, now: datetime, limit: int) -> int:
    """Remove what has been kept long enough, from the front; how many rows."""
    old = LiveEvent.created_at < now - LIVE_KEPT
    kept = session.scalar(select(func.min(LiveEvent.number)).where(~old))
    front = [old] if kept is None else [old, LiveEvent.number < kept]
    return delete_due(session, LiveEvent, *front, limit=limit)


def forget_all(context: Context) -> int:
    """Remove all that has been kept long enough, a batch in a transaction."""
    return _in_batches(context, partial(forget, limit=_AT_ONCE))


def _in_batches(context: Context, step: Callable[..., int]) -> int:
    """Batch after batch until one is not full; how many rows."""
    total, count = 0, _AT_ONCE
    while count >= _AT_ONCE:
        with context.sessions.transaction() as session:
            count = step(session, now=context.clock())
        total += count
    return total
