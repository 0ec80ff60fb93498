"""Orders of another system that are here already.

The other system's number, with its channel, is the order's identity. What comes under
it again is the same order only if it says the same: else somebody has taken the number,
and neither of the two may be dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.catalogue.models import Service
from geo_api.db.arrays import among
from geo_api.db.cipher import Cipher
from geo_api.errors import Conflict, Words
from geo_api.households.contacts import read_contact
from geo_api.households.models import Contact
from geo_api.requests.models import ServiceRequest
from geo_api.requests.order.drafts import ContactDraft, OrderDraft
from geo_api.requests.order.fingerprints import fingerprint_of, spaced

FIELD_WORDS: Mapping[str, str] = {
    "service": "the kind of request",
    "description": "the description",
    "place": "the place",
    "contact": "the contact",
}


@dataclass(frozen=True)
class KnownOrder:
    """An order that is here, and what another one under its number says otherwise."""

    number: str
    differing: tuple[str, ...]

    @property
    def words(self) -> Words:
        """What differs, in the reader's language."""
        return Words(*(FIELD_WORDS[field] for field in self.differing))


def find_known(
    session: Session, cipher: Cipher, orders: Sequence[OrderDraft]
) -> dict[tuple[str, str], KnownOrder]:
    """Which of the orders are here already, and whether they say the same."""
    said = {order.key: order for order in orders if order.external_id}
    request = ServiceRequest
    rows = session.execute(
        select(
            request.channel,
            request.external_id,
            request.number,
            request.description,
            request.fingerprint,
            Service.code,
            Contact,
        )
        .join(Service, Service.id == request.service_id)
        .outerjoin(Contact, Contact.id == request.contact_id)
        .where(among(request.external_id, {number for _, number in said}))
    )
    known = {}
    for row in rows:
        order = said.get((row.channel, row.external_id))
        if order is not None:
            known[order.key] = KnownOrder(
                row.number, tuple(_differing(cipher, row, order))
            )
    return known


def refuse_known(session: Session, cipher: Cipher, order: OrderDraft) -> None:
    """Conflict if an order with this number of another system is here already."""
    known = find_known(session, cipher, [order]).get(order.key)
    if known is None:
        return
    loc = ("body", "external_id")
    if not known.differing:
        raise Conflict(
            "This order is here already, as %(number)s",
            loc=loc,
            mend="Nothing needs to be done",
            number=known.number,
        )
    raise Conflict(
        "Another order has the number %(external_id)s already: it is %(number)s here, "
        "and this differs: %(fields)s",
        loc=loc,
        mend="Check the number; another matter needs one of its own",
        external_id=order.external_id,
        number=known.number,
        fields=known.words,
    )


def _differing(cipher: Cipher, row: Any, order: OrderDraft) -> Iterator[str]:
    """Fields that differ, as far as what is here still tells."""
    # What was taken before there were fingerprints does not tell the place it claimed.
    stored = row.fingerprint or fingerprint_of(
        cipher, service_code=row.code, description=row.description
    )
    said = order.fingerprint(cipher)
    yield from (name for name in stored if stored[name] != said[name])
    contact: Contact | None = row.Contact
    if contact is None or contact.erased_at is None:
        view, draft = read_contact(cipher, contact), order.contact or ContactDraft()
        here, there = (view.name, view.phone), (draft.name, draft.phone)
        if tuple(map(spaced, here)) != tuple(map(spaced, there)):
            yield "contact"
