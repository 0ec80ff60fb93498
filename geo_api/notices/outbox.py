"""What follows from an event waits here for whoever does it.

Rows are written in the transaction of their event, and taken in the transaction that
does the work: what is done is done once, and what breaks off waits on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, delete, exists, func, select
from sqlalchemy.orm import Session

from geo_api.db.writing import Rows
from geo_api.notices.models import Outbox
from geo_api.notices.rules import Audience, Consumer, consumers_of


@dataclass(frozen=True)
class Notice:
    """That something happened, and whom it may concern."""

    event_id: UUID
    at: datetime
    audience: Audience


def rows_of(notices: Sequence[Notice], *, now: datetime) -> Rows:
    """What each consumer is to be given, to be written with the events."""
    rows = [
        {
            "consumer": consumer.value,
            "event_id": notice.event_id,
            "area_ids": sorted(notice.audience.area_ids),
            "zone_id": notice.audience.zone_id,
            "household_id": notice.audience.household_id,
            "person_ids": sorted(notice.audience.person_ids),
            "request_public_id": notice.audience.request_public_id,
            "created_at": now,
        }
        for notice in notices
        for consumer in consumers_of(notice.at, now=now)
    ]
    return Rows(Outbox, rows)


def is_waiting(session: Session, consumer: Consumer) -> bool:
    """Whether there is anything to take."""
    found = select(exists().where(Outbox.consumer == consumer.value))
    return bool(session.scalar(found))


def find_oldest(session: Session) -> datetime | None:
    """When that was written which waits longest; None while nothing waits."""
    return session.scalar(select(func.min(Outbox.created_at)))


def take(session: Session, consumer: Consumer, *, limit: int) -> list[Outbox]:
    """Take what waits and nobody else is taking, as it was written."""
    waiting = (
        select(Outbox.id)
        .where(Outbox.consumer == consumer.value)
        .order_by(Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = session.scalars(
        delete(Outbox)
        .where(Outbox.id == any_(func.array(waiting.scalar_subquery())))
        .returning(Outbox)
        .execution_options(synchronize_session=False)
    )
    return sorted(taken, key=lambda row: row.id)
