"""What is held on one person, handed out."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.attachments.models import Attachment
from geo_api.catalogue.models import Service
from geo_api.db.arrays import among
from geo_api.db.cipher import Cipher
from geo_api.households.contacts import read_contact
from geo_api.households.models import Contact
from geo_api.privacy.subjects import Held, audit_subject
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.queries import areas_of


def export_person(
    session: Session, cipher: Cipher, held: Held, *, now: datetime
) -> dict[str, Any]:
    """All that is held on them, in clear, for them; audited."""
    contacts = session.scalars(
        select(Contact).where(among(Contact.id, held.contact_ids))
    )
    by_id = {contact.id: _contact(cipher, contact) for contact in contacts}
    audit_subject(session, "privacy.export", held, now=now)
    return {
        "exported_at": now.isoformat(),
        "requests": [
            {
                **_request(session, request),
                "contact": by_id.get(request.contact_id or 0),
            }
            for request in held.requests
        ],
        "households": [
            {
                "code": household.code,
                "address": household.address,
                "member_count": household.member_count,
                "location": _point(household.geom),
                "contact": by_id[household.contact_id],
            }
            for household in held.households
        ],
        "duty_holders": [
            {
                "code": person.code,
                "name": person.name,
                "is_party_member": person.is_party_member,
                "contact": by_id.get(person.contact_id or 0),
            }
            for person in held.people
        ],
    }


def _contact(cipher: Cipher, contact: Contact) -> dict[str, Any]:
    view = read_contact(cipher, contact)
    erased_at = contact.erased_at
    return {
        "name": view.name,
        "phone": view.phone,
        "id_number": view.id_number,
        "created_at": contact.created_at.isoformat(),
        "erased_at": erased_at.isoformat() if erased_at else None,
    }


def _request(session: Session, request: ServiceRequest) -> dict[str, Any]:
    events = session.scalars(
        select(RequestEvent)
        .where(RequestEvent.request_id == request.id)
        .order_by(RequestEvent.sequence)
    )
    photos = session.scalars(
        select(Attachment)
        .where(Attachment.request_id == request.id)
        .order_by(Attachment.id)
    )
    areas = areas_of(session, [request])[request.id]
    service = session.get_one(Service, request.service_id)
    return {
        "number": request.number,
        "service": service.name,
        "description": request.description,
        "channel": request.channel,
        "external_id": request.external_id,
        "is_confidential": request.is_confidential,
        "address": request.address,
        "location": _point(request.geom),
        "areas": [area.name for area in areas],
        "stage": request.stage,
        "rating": request.rating,
        "ordered_at": request.ordered_at.isoformat(),
        "closed_at": request.closed_at.isoformat() if request.closed_at else None,
        "photos": [
            {
                "at": photo.at.isoformat(),
                "media_type": photo.media_type,
                "base64": base64.b64encode(photo.content).decode(),
            }
            for photo in photos
        ],
        "history": [
            {"verb": e.verb, "at": e.at.isoformat(), "detail": e.payload}
            for e in events
        ],
    }


def _point(geom: Any) -> dict[str, float] | None:
    if geom is None:
        return None
    lon, lat = shapely.get_coordinates(to_shape(geom))[0].tolist()
    return {"lon": lon, "lat": lat}
