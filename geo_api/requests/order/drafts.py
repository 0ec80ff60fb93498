"""Orders under way: claimed → resolved → decided, one or a whole year of them.

A request under way is a ``Draft``: its fixed half, its present state and the events and
decisions so far. The demo's year is carried through its stages in memory by the same
rules, then stored by the same function as a single order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.catalogue.memory import catalogue_of
from geo_api.catalogue.rules import Rule
from geo_api.catalogue.service import Catalogue
from geo_api.db.cipher import Cipher
from geo_api.db.model import new_public_id
from geo_api.dispatch.rules import Location
from geo_api.dispatch.service import Ask, Decision, decide_many
from geo_api.errors import or_raise
from geo_api.households.contacts import contact_row
from geo_api.requests.order.fingerprints import fingerprint_of
from geo_api.requests.order.storage import Draft
from geo_api.requests.rules import Channel, RequestState, Stage, Verb
from geo_api.requests.whereabouts import listed_points, position_columns
from geo_api.settings import Settings


@dataclass(frozen=True)
class ContactDraft:
    """Who ordered, as far as they said."""

    name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class OrderDraft:
    """An order as it is made."""

    actor: Actor
    service_code: str
    description: str
    location: Location
    at: datetime
    channel: Channel = Channel.WEB
    contact: ContactDraft | None = None
    about_person_id: int | None = None
    is_confidential: bool = False
    external_id: str | None = None
    # When it came in here, where it was ordered elsewhere before: who answers for the
    # place now is asked, and who follows changes sees it.
    taken_at: datetime | None = None
    # It was answered elsewhere, too: its dispatch is written at the time of the order.
    is_history: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Channel and number of another system: what makes it the same order again."""
        return self.channel.value, self.external_id or ""

    def fingerprint(self, cipher: Cipher) -> dict[str, str]:
        """Digests of what it says, but for the contact."""
        return fingerprint_of(
            cipher,
            service_code=self.service_code,
            description=self.description,
            location=self.location,
        )

    @property
    def decided_at(self) -> datetime:
        """The moment for which a handler is looked for."""
        return self.taken_at or self.at


def is_confidential(draft: OrderDraft, rule: Rule) -> bool:
    """Reports always, what is about a duty holder, and whatever asks for it.

    The service does not matter then: who complains about somebody does not look for
    the right word in a list first.
    """
    return (
        draft.is_confidential
        or rule.terms.is_confidential
        or draft.about_person_id is not None
    )


def make_drafts(
    session: Session,
    orders: Sequence[OrderDraft],
    *,
    cipher: Cipher,
    settings: Settings,
    look_across: bool = True,
    town_decides: bool = False,
) -> tuple[list[Draft], Catalogue]:
    """Decide orders; raises the first order's error.

    The catalogue knows the same days and can tell later deadlines.
    """
    first, last = min(o.at for o in orders), max(o.decided_at for o in orders)
    catalogue = catalogue_of(session, since=first, until=last, tz=settings.place.tz)
    rules = [catalogue.offered(o.service_code, o.decided_at) for o in orders]
    asks = [
        Ask(
            order.location,
            rule,
            is_confidential=is_confidential(order, rule),
            about_person_id=order.about_person_id,
            town_decides=town_decides,
            at=order.decided_at,
        )
        for order, rule in zip(orders, rules, strict=True)
    ]
    decided = decide_many(
        session, asks, last, settings=settings.place, look_across=look_across
    )
    decisions = [or_raise(decision) for decision in decided]
    listed = listed_points(session, [decision.place for decision in decisions])
    drafts = [
        _draft(order, rule, decision, at, catalogue, cipher, settings)
        for order, rule, decision, at in zip(
            orders, rules, decisions, listed, strict=True
        )
    ]
    return drafts, catalogue


def _draft(
    order: OrderDraft,
    rule: Rule,
    decision: Decision,
    listed: tuple[float, float] | None,
    catalogue: Catalogue,
    cipher: Cipher,
    settings: Settings,
) -> Draft:
    place, actor = decision.place, order.actor
    dispatched_at = order.at if order.is_history else order.decided_at
    due = catalogue.due_at(rule.terms, order.at, settings.place.tz)
    fixed = {
        "description": order.description,
        "channel": order.channel.value,
        "external_id": order.external_id,
        "fingerprint": order.fingerprint(cipher) if order.external_id else None,
        "server_key_id": actor.server_key_id,
        "household_id": place.household_id,
        "address": place.address,
        **position_columns(place, listed),
        "lon_claimed": place.lon_claimed,
        "lat_claimed": place.lat_claimed,
        "crs_claimed": place.crs_claimed,
        "accuracy_m": place.accuracy_m,
        "edition_id": place.edition_id,
        "county_id": place.place.county_id,
        "town_id": place.place.town_id,
        "village_id": place.place.village_id,
        "group_id": place.place.group_id,
        "zone_id": place.zone_id,
    }
    contact = order.contact
    draft = Draft(
        public_id=new_public_id(),
        fixed=fixed,
        state=RequestState(
            stage=Stage.DISPATCHED,
            handler_id=decision.handler_id,
            handler_duty_id=decision.duty_id,
            ordered_at=order.at,
            due_at=due.at,
            dispatched_at=dispatched_at,
            updated_at=dispatched_at,
        ),
        taken_at=order.decided_at,
        service_id=rule.service_id,
        place=place,
        decision=decision,
        is_confidential=decision.inputs.question.is_confidential,
        about_person_id=order.about_person_id,
        entered_by=actor.account_id,
        contact=contact_row(
            cipher, name=contact.name, phone=contact.phone, now=order.at
        )
        if contact is not None and (contact.name or contact.phone)
        else None,
    )
    draft.add_event(
        Verb.ORDER,
        order.at,
        actor,
        {
            "service_code": order.service_code,
            "channel": order.channel.value,
            "basis": place.basis.value,
            "due_is_certain": due.is_certain,
            **({"is_history": True} if order.is_history else {}),
        },
    )
    draft.add_dispatch(dispatched_at, decision)
    return draft
