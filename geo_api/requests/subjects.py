"""What is held on one person, handed out or erased on their word.

Contacts are encrypted, and no digest of a phone is kept to look for: whoever asks is
found by opening one contact after the other, which only the person at the server can.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from geo_api.accounts.models import Token
from geo_api.accounts.rules import Actor
from geo_api.accounts.service import record_audit
from geo_api.areas.service import areas_by_id
from geo_api.catalogue.models import Service
from geo_api.db.arrays import among
from geo_api.db.cipher import Cipher
from geo_api.errors import Conflict, NotFound
from geo_api.households.models import Contact, Household
from geo_api.households.service import erase_contacts, read_contact
from geo_api.requests.models import Attachment, RequestEvent, ServiceRequest
from geo_api.requests.rules import Status
from geo_api.zones.models import Person

_AT_ONCE = 2_000
_Row = TypeVar("_Row", ServiceRequest, Household, Person)


@dataclass(frozen=True)
class Held:
    """Rows that bear one person's contact."""

    requests: Sequence[ServiceRequest]
    households: Sequence[Household] = ()
    people: Sequence[Person] = ()

    @property
    def contact_ids(self) -> set[int]:
        """The rows that hold name, phone and identity number."""
        ids = [
            *(request.contact_id for request in self.requests),
            *(household.contact_id for household in self.households),
            *(person.contact_id for person in self.people),
        ]
        return {id_ for id_ in ids if id_ is not None}

    @property
    def counts(self) -> dict[str, int]:
        """How much there is of it; what an audit may say."""
        return {
            "contacts": len(self.contact_ids),
            "requests": len(self.requests),
            "households": len(self.households),
            "people": len(self.people),
        }


def find_by_number(session: Session, number: str) -> Held:
    """One request and no other: whose number is known proves nothing of a phone."""
    found = session.scalars(
        select(ServiceRequest).where(ServiceRequest.number == number)
    ).all()
    if not found:
        raise NotFound("There is no such request", loc=("number",))
    return Held(found)


def find_by_phone(session: Session, cipher: Cipher, phone: str) -> Held:
    """All that bears a phone: requests, households and duty holders."""
    wanted = _digits(phone)
    contacts = session.execute(
        select(Contact.id, Contact.phone)
        .where(Contact.phone.is_not(None))
        .execution_options(yield_per=_AT_ONCE)
    )
    ids = [
        id_
        for id_, blob in contacts
        if blob and _digits(cipher.decrypt(blob)) == wanted
    ]
    held = Held(
        _bearing(session, ServiceRequest, ids),
        _bearing(session, Household, ids),
        _bearing(session, Person, ids),
    )
    if not held.contact_ids:
        raise NotFound("Nothing is held under this phone", loc=("phone",))
    return held


def _bearing(session: Session, model: type[_Row], ids: Sequence[int]) -> Sequence[_Row]:
    return session.scalars(
        select(model).where(among(model.contact_id, ids)).order_by(model.id)
    ).all()


def _digits(phone: str) -> str:
    """A phone as it is compared: without signs and without the country."""
    digits = re.sub(r"\D", "", phone)
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def export_person(
    session: Session, cipher: Cipher, held: Held, *, now: datetime
) -> dict[str, Any]:
    """All that is held on them, in clear, for them; audited."""
    contacts = session.scalars(
        select(Contact).where(among(Contact.id, held.contact_ids))
    )
    by_id = {contact.id: _contact(cipher, contact) for contact in contacts}
    _audit(session, "privacy.export", held, now=now)
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
    ids = (request.county_id, request.town_id, request.village_id, request.group_id)
    areas = areas_by_id(session, [i for i in ids if i], edition_id=request.edition_id)
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
        "areas": [areas[i].name for i in ids if i in areas],
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


def check_erasable(held: Held, *, force: bool) -> None:
    """Raise Conflict while a contact is needed: by an open request, or a ledger.

    A ledger's contact goes with its household or duty holder, whose ends are set there.
    """
    open_ = [r.number for r in held.requests if r.status == Status.OPEN.value]
    if open_ and not force:
        raise Conflict(
            "Requests still open (%(count)s): %(numbers)s",
            mend="Complete them first, or add --force: nobody can call back then",
            count=len(open_),
            numbers=", ".join(open_[:10]),
        )


def erase_person(session: Session, held: Held, *, now: datetime, force: bool) -> int:
    """Empty the contacts of requests and of ended ledger rows; photos and links go.

    Raises Conflict while a request is open, unless forced. Who lives or serves here
    stays in the ledgers. The number of contacts that were emptied.
    """
    check_erasable(held, force=force)
    going = Held(
        held.requests,
        [h for h in held.households if h.ended_at is not None],
        [p for p in held.people if p.ended_at is not None],
    )
    session.execute(
        update(Token)
        .where(
            among(Token.subject_id, [r.public_id for r in going.requests]),
            Token.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(Attachment)
        .where(among(Attachment.request_id, [r.id for r in going.requests]))
        .execution_options(synchronize_session=False)
    )
    erased = erase_contacts(session, going.contact_ids, now=now)
    _audit(session, "privacy.erase", going, now=now)
    return erased


def _audit(session: Session, action: str, held: Held, *, now: datetime) -> None:
    """One row for the act and one for each request, found where it is looked for."""
    subjects = [None, *(request.public_id for request in held.requests)]
    for subject in subjects:
        record_audit(
            session,
            Actor(),
            action=action,
            subject_kind="contact" if subject is None else "request",
            subject_id=subject,
            fields=["name", "phone", "id_number", "photos"],
            detail={"by": "server", **held.counts},
            now=now,
        )
