"""Who may do what to a request, given what the right depends on. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from geo_api.accounts.rules import AREA_ROLES, LEADERS, Actor, CallerKind
from geo_api.areas.rules import Place
from geo_api.errors import DomainError, NotAllowed


@dataclass(frozen=True)
class Facts:
    """What the right to act depends on."""

    handler_id: int
    about_person_id: int | None
    entered_by: int | None
    chain: frozenset[int] = frozenset()
    handler_is_desk: bool = False
    # Whether the tracking link shown was handed to the present handler.
    is_handlers_link: bool = False


def _refused(msg: str, mend: str | None = None) -> NotAllowed:
    return NotAllowed(msg, mend=mend)


def can_order_at(actor: Actor, place: Place) -> DomainError | None:
    """Anybody anywhere; another system in the areas of its key."""
    if actor.server_key_id is None or not actor.area_ids.isdisjoint(place.ids):
        return None
    return NotAllowed(
        "This place does not lie in the areas of this server key",
        loc=("body", "location"),
        mend="Send it by the system of that place, or ask the county's administrator "
        "for a key that holds there",
    )


def can_accept(actor: Actor, facts: Facts) -> DomainError | None:
    """The named handler, or anyone on the place's chain."""
    person = actor.person_id
    if person is None or person == facts.about_person_id:
        return _refused("Only somebody on the chain of this place may accept")
    if person == facts.handler_id or person in facts.chain:
        return None
    return _refused("Only somebody on the chain of this place may accept")


def can_handle(actor: Actor, facts: Facts) -> DomainError | None:
    """Only the present handler reports progress and completes."""
    if actor.person_id is not None and actor.person_id == facts.handler_id:
        return None
    return _refused("Only the present handler may do this", "Accept it first")


def can_decline(actor: Actor, facts: Facts) -> DomainError | None:
    """Only the named handler, and never a desk: behind it is nobody."""
    refused = can_handle(actor, facts)
    if refused is None and facts.handler_is_desk:
        return _refused(
            "A desk cannot decline", "Transfer it to somebody of the place's chain"
        )
    return refused


def can_transfer(actor: Actor, facts: Facts) -> DomainError | None:
    """The present handler, or the village or a leader in whose area it lies."""
    if actor.role in AREA_ROLES:
        return None
    return can_handle(actor, facts)


def can_rate(actor: Actor, facts: Facts) -> DomainError | None:
    """The resident; or staff who called back, but never the one who handled it."""
    if facts.is_handlers_link:
        return _refused(
            "This link was handed to who handles it: nobody rates their own work",
            "Find the order again by number and phone, or let somebody else call back",
        )
    if actor.kind is CallerKind.RESIDENT:
        return None
    is_own = actor.person_id is not None and actor.person_id == facts.handler_id
    if actor.role in AREA_ROLES or _ordered_for_them(actor, facts):
        return _refused("Nobody rates their own work") if is_own else None
    return _refused("Only the resident, or who called back for them, may rate")


def can_reopen(actor: Actor, facts: Facts) -> DomainError | None:
    """The resident, who ordered on their behalf, or a leader of the place."""
    if actor.kind is CallerKind.RESIDENT or actor.role in LEADERS:
        return None
    if _ordered_for_them(actor, facts):
        return None
    return _refused("Only the resident, who ordered for them, or a leader may reopen")


def can_withdraw(actor: Actor, facts: Facts) -> DomainError | None:
    """The resident, or who ordered on their behalf."""
    if actor.kind is CallerKind.RESIDENT or _ordered_for_them(actor, facts):
        return None
    return _refused("Only the resident, or who ordered for them, may withdraw")


def can_attach(actor: Actor, facts: Facts) -> DomainError | None:
    """The resident, who ordered on their behalf, or the present handler."""
    if actor.kind is CallerKind.RESIDENT or _ordered_for_them(actor, facts):
        return None
    if actor.person_id is not None and actor.person_id == facts.handler_id:
        return None
    return _refused(
        "Only the resident, who ordered for them, or the handler may add photos"
    )


def can_remind(actor: Actor, facts: Facts) -> DomainError | None:
    """A leader of the place, but not of work that is their own."""
    is_own = actor.person_id is not None and actor.person_id == facts.handler_id
    if actor.role not in LEADERS:
        return _refused("Only a leader of the place may remind")
    return _refused("Nobody reminds themselves") if is_own else None


def _ordered_for_them(actor: Actor, facts: Facts) -> bool:
    return actor.account_id is not None and actor.account_id == facts.entered_by
