"""What callers may ask about requests at all, and whose a retry is."""

from __future__ import annotations

from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.errors import NotAllowed, NotSignedIn
from geo_api.http.idempotency import Caller


def known_caller(actor: Actor) -> None:
    """Raise unless the caller could see any request at all."""
    if actor.kind is CallerKind.ANONYMOUS:
        raise NotSignedIn("Please sign in", mend="POST /api/token or /api/session")
    if actor.kind is CallerKind.PORTAL or actor.role is Role.AUDITOR:
        raise NotAllowed("This is for those who handle requests")


def caller_of(actor: Actor) -> Caller:
    """Whose idempotency keys, and whose tries, these are.

    Callers without an account are told apart by their network, as they are counted:
    what one of them was answered must not be replayed to another.
    """
    who = (
        actor.account_public_id
        or actor.request_public_id
        or actor.portal_key_id
        or actor.origin.hex()
    )
    is_named = actor.kind is not CallerKind.ANONYMOUS
    return Caller(f"{actor.kind.value}:{who}", is_named=is_named)
