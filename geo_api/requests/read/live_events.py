"""What is told live of what happened to requests, as far as a caller may see it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.db.arrays import among
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.queries import areas_of, visible_to


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
    # Residents are not told areas.
    requests = [request for request, _ in rows] if actor.is_staff else []
    areas = areas_of(session, requests)
    return {
        event.public_id: {
            "id": str(request.public_id),
            "number": request.number,
            "verb": event.verb,
            "stage": request.stage,
            "at": event.at.isoformat(),
            "areas": [area.code for area in areas.get(request.id, ())],
        }
        for request, event in rows
    }
