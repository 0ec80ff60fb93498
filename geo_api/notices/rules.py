"""Who is told of what happened, and whom it may concern. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from geo_api.accounts.rules import Actor, CallerKind, Role


class Consumer(StrEnum):
    """Who takes rows out of the outbox; ``geo_api.consumers`` says what each does."""

    LIVE = "live"


# How long live events are kept: whoever was away for longer reads the lists again.
LIVE_KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class Audience:
    """Where a request lies, who holds it, and whose tracking link opens it.

    It leaves out whom an event cannot concern. Who may see it is asked of the request,
    when it is told.
    """

    area_ids: frozenset[int]
    zone_id: int | None
    household_id: int | None
    person_ids: frozenset[int]
    request_public_id: UUID


def is_news(at: datetime, *, now: datetime) -> bool:
    """Whether an event is told live: what a history brings along is not."""
    return at >= now - LIVE_KEPT


def consumers_of(at: datetime, *, now: datetime) -> list[Consumer]:
    """Who is given an event of that time."""
    return [Consumer.LIVE] if is_news(at, now=now) else []


def may_concern(audience: Audience, actor: Actor) -> bool:
    """Whether a caller could be shown the event at all."""
    if actor.kind is CallerKind.RESIDENT:
        return audience.request_public_id == actor.request_public_id
    if not actor.is_staff or actor.role is Role.ADMIN:
        return True
    return (
        not audience.area_ids.isdisjoint(actor.area_ids)
        or audience.zone_id in actor.zone_ids
        or audience.household_id in actor.household_ids
        or actor.person_id in audience.person_ids
    )
