"""What is held on one person, and the audit of what is done with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.rules import Actor
from geo_api.db.arrays import among
from geo_api.db.cipher import Cipher
from geo_api.errors import NotFound
from geo_api.households.models import Contact, Household
from geo_api.people.models import Person
from geo_api.requests.models import ServiceRequest

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


def audit_subject(session: Session, action: str, held: Held, *, now: datetime) -> None:
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
