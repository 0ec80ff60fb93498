"""What is told live of what happened to requests, as far as a caller may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.queries import areas_by_id
from geo_api.db.arrays import among
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.queries import visible_to


def show(
    session: Session, actor: Actor, event_ids: Collection[UUID]
) -> dict[UUID, dict[str, Any]]:
    """Those of the events that the caller may see, without what was said in them."""
    rows = session.execute(
        visible_to(actor)
        .with_only_columns(ServiceRequest, RequestEvent)
        .join(RequestEvent, RequestEvent.request_id == ServiceRequest.id)
        .where(among(RequestEvent.public_id, event_ids))
    ).all()
    codes = _area_codes(session, actor, [request for request, _ in rows])
    return {
        event.public_id: {
            "id": str(request.public_id),
            "number": request.number,
            "verb": event.verb,
            "stage": request.stage,
            "at": event.at.isoformat(),
            "areas": codes.get(request.id, []),
        }
        for request, event in rows
    }


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
