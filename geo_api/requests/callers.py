"""What callers may ask about requests at all, and whose a retry is."""

from __future__ import annotations

from geo_api.accounts.rules import Actor, CallerKind, Permission, Role
from geo_api.errors import InvalidInput, NotAllowed, NotSignedIn
from geo_api.http.idempotency import Caller


def known_caller(actor: Actor) -> None:
    """Raise unless the caller could see any request at all, and all of it."""
    if actor.kind is CallerKind.ANONYMOUS:
        raise NotSignedIn("Please sign in", mend="POST /api/token or /api/session")
    if actor.kind in (CallerKind.PORTAL, CallerKind.SERVER):
        raise NotAllowed("This is for those who handle requests")
    if actor.role is Role.AUDITOR:
        raise NotAllowed("This is for those who handle requests")


def listing_caller(actor: Actor) -> None:
    """Raise unless the caller could be listed any request; server keys may be, too."""
    if actor.kind is not CallerKind.SERVER:
        known_caller(actor)
    elif Permission.READ not in actor.permissions:
        raise NotAllowed(
            "This server key does not read requests",
            mend="Ask the county's administrator for a key that may read",
        )


def check_orderer(actor: Actor, external_id: str | None) -> None:
    """Raise unless the caller may order, and under a number of another system."""
    if actor.kind is CallerKind.RESIDENT:
        raise NotAllowed(
            "A tracking link opens one request and orders no other",
            mend="Order without it",
        )
    if actor.kind is CallerKind.SERVER and Permission.ORDER not in actor.permissions:
        raise NotAllowed(
            "This server key does not order",
            mend="Ask the county's administrator for a key that may order",
        )
    if external_id is not None and not actor.has_identity:
        raise InvalidInput(
            "A number of another system needs an account or a server key",
            loc=("body", "external_id"),
            mend="Leave it out, or ask the county's administrator for a server key",
        )


def caller_of(actor: Actor) -> Caller:
    """Whose idempotency keys these are.

    Whoever has no identity is told apart by the network: what one of them was answered
    must not be replayed to another. A tracking link is its request's.
    """
    who = actor.account_public_id or actor.server_key_id or actor.request_public_id
    if who is not None:
        return Caller(f"{actor.kind.value}:{who}")
    return Caller(f"network:{actor.origin.hex()}", is_named=False)
