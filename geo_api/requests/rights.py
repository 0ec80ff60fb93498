"""Who may do what to a request, and say what of it. Pure."""

from __future__ import annotations

from geo_api.accounts.rules import AREA_ROLES, LEADERS, Actor, CallerKind
from geo_api.areas.rules import Place
from geo_api.errors import DomainError, InvalidInput, NotAllowed
from geo_api.requests.rules import Case, Channel

# Of the others it matters who says so.
_SAID_BY_ANYBODY = frozenset({Channel.WEB, Channel.WECHAT})


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


def can_accept(actor: Actor, case: Case) -> DomainError | None:
    """The named handler, or anyone on the place's chain."""
    person = actor.person_id
    if person is None or person == case.about_person_id:
        return _refused("Only somebody on the chain of this place may accept")
    if person == case.state.handler_id or person in case.chain:
        return None
    return _refused("Only somebody on the chain of this place may accept")


def can_handle(actor: Actor, case: Case) -> DomainError | None:
    """Only the present handler reports progress and completes."""
    if actor.person_id is not None and actor.person_id == case.state.handler_id:
        return None
    return _refused("Only the present handler may do this", "Accept it first")


def can_decline(actor: Actor, case: Case) -> DomainError | None:
    """Only the named handler, and never a desk: behind it is nobody."""
    refused = can_handle(actor, case)
    if refused is None and case.handler_is_desk:
        return _refused(
            "A desk cannot decline", "Transfer it to somebody of the place's chain"
        )
    return refused


def can_transfer(actor: Actor, case: Case) -> DomainError | None:
    """The present handler, or the village or a leader in whose area it lies."""
    if actor.role in AREA_ROLES:
        return None
    return can_handle(actor, case)


def can_rate(actor: Actor, case: Case) -> DomainError | None:
    """The resident; or staff who called back, but never the one who handled it."""
    if case.is_handlers_link:
        return _refused(
            "This link was handed to who handles it: nobody rates their own work",
            "Find the order again by number and phone, or let somebody else call back",
        )
    if actor.kind is CallerKind.RESIDENT:
        return None
    is_own = actor.person_id is not None and actor.person_id == case.state.handler_id
    if actor.role in AREA_ROLES or _ordered_for_them(actor, case):
        return _refused("Nobody rates their own work") if is_own else None
    return _refused("Only the resident, or who called back for them, may rate")


def can_reopen(actor: Actor, case: Case) -> DomainError | None:
    """The resident, who ordered on their behalf, or a leader of the place."""
    if actor.kind is CallerKind.RESIDENT or actor.role in LEADERS:
        return None
    if _ordered_for_them(actor, case):
        return None
    return _refused("Only the resident, who ordered for them, or a leader may reopen")


def can_withdraw(actor: Actor, case: Case) -> DomainError | None:
    """The resident, or who ordered on their behalf."""
    if actor.kind is CallerKind.RESIDENT or _ordered_for_them(actor, case):
        return None
    return _refused("Only the resident, or who ordered for them, may withdraw")


def can_attach(actor: Actor, case: Case) -> DomainError | None:
    """The resident, who ordered on their behalf, or the present handler."""
    if actor.kind is CallerKind.RESIDENT or _ordered_for_them(actor, case):
        return None
    if actor.person_id is not None and actor.person_id == case.state.handler_id:
        return None
    return _refused(
        "Only the resident, who ordered for them, or the handler may add photos"
    )


def can_remind(actor: Actor, case: Case) -> DomainError | None:
    """A leader of the place, but not of work that is their own."""
    is_own = actor.person_id is not None and actor.person_id == case.state.handler_id
    if actor.role not in LEADERS:
        return _refused("Only a leader of the place may remind")
    return _refused("Nobody reminds themselves") if is_own else None


def _ordered_for_them(actor: Actor, case: Case) -> bool:
    return actor.account_id is not None and actor.account_id == case.entered_by


def channel_of(actor: Actor, said: Channel | None, *, usual: Channel) -> Channel:
    """The channel that the caller says; InvalidInput for one it cannot vouch for."""
    if said is None:
        return usual
    if said not in _SAID_BY_ANYBODY and not actor.has_identity:
        raise InvalidInput(
            "That it came this way is said by an account or a server key only",
            loc=("body", "channel"),
            mend="Leave it out, or write web or wechat",
        )
    return said
