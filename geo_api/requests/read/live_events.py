"""What happened to requests since a moment, as far as a caller may see it.

Ids carry no order, and an event is dated when its work begins and seen when that is
committed. So each look goes back a little further than the last event, and leaves out
what was told before.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import not_
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.queries import areas_by_id
from geo_api.db.arrays import among
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.queries import visible_to

# Longer than any work between its beginning and its commit.
_OVERLAP = timedelta(minutes=1)
# Whoever was away for longer reads the lists again.
_LONGEST_AWAY = timedelta(hours=1)
_AT_ONCE = 200


@dataclass(frozen=True)
class News:
    """One event, without what was said in it."""

    public_id: UUID
    at: datetime
    request: dict[str, Any]

    @property
    def mark(self) -> str:
        """What a caller shows to go on from here."""
        return f"{self.at.isoformat()}/{self.public_id}"


@dataclass
class Position:
    """How far somebody has followed."""

    at: datetime
    told: dict[UUID, datetime] = field(default_factory=dict)

    @classmethod
    def after(cls, mark: str, *, now: datetime) -> Position:
        """Behind the event of a mark; at the present where there is none to be read."""
        at, _, public_id = mark.partition("/")
        try:
            last, known = datetime.fromisoformat(at), UUID(public_id)
            is_near = now - _LONGEST_AWAY <= last <= now
        except (ValueError, TypeError):
            return cls(now)
        return cls(last, {known: last}) if is_near else cls(now)


def follow(session: Session, actor: Actor, position: Position) -> list[News]:
    """What is new in the caller's scope, oldest first; moves the position on."""
    since = position.at - _OVERLAP
    position.told = {i: at for i, at in position.told.items() if at >= since}
    rows = session.execute(
        visible_to(actor)
        .with_only_columns(ServiceRequest, RequestEvent)
        .join(RequestEvent, RequestEvent.request_id == ServiceRequest.id)
        .where(
            RequestEvent.at >= since,
            not_(among(RequestEvent.public_id, position.told)),
        )
        .order_by(RequestEvent.at, RequestEvent.public_id)
        .limit(_AT_ONCE)
    ).all()
    codes = _area_codes(session, actor, [request for request, _ in rows])
    news = []
    for request, event in rows:
        position.told[event.public_id] = event.at
        position.at = max(position.at, event.at)
        shown = {
            "id": str(request.public_id),
            "number": request.number,
            "verb": event.verb,
            "stage": request.stage,
            "at": event.at.isoformat(),
            "areas": codes.get(request.id, []),
        }
        news.append(News(event.public_id, event.at, shown))
    return news


def _area_codes(
    session: Session, actor: Actor, requests: list[ServiceRequest]
) -> dict[int, list[str]]:
    """Codes of each request's areas, county first; residents are not told them."""
    if not actor.is_staff:
        return {}
    by_edition: dict[int, set[int]] = defaultdict(set)
    for request in requests:
        by_edition[request.edition_id].update(_area_ids(request))
    known = {
        edition_id: areas_by_id(session, ids, edition_id=edition_id)
        for edition_id, ids in by_edition.items()
    }
    return {
        request.id: [
            known[request.edition_id][i].code
            for i in _area_ids(request)
            if i in known[request.edition_id]
        ]
        for request in requests
    }


def _area_ids(request: ServiceRequest) -> list[int]:
    ids = (request.county_id, request.town_id, request.village_id, request.group_id)
    return [id_ for id_ in ids if id_ is not None]
