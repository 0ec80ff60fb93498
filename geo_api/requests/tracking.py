"""A request found again by its number and the last digits of a phone.

Four digits can be guessed: every try counts, of the network it comes from and for the
number it asks for, and no answer says which of the two was wrong.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.accounts.service import issue_tracking_token, record_audit
from geo_api.db.cipher import Cipher
from geo_api.db.counters import spend
from geo_api.errors import NotAllowed, NotFound, RateLimited
from geo_api.households.models import Contact
from geo_api.requests.models import ServiceRequest
from geo_api.settings import SignInSettings

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class NotTracked(NotFound):
    """Number and digits do not belong together; the try is counted."""

    keeps_work = True


def track(
    session: Session,
    actor: Actor,
    *,
    caller: str,
    number: str,
    phone_tail: str,
    cipher: Cipher,
    settings: SignInSettings,
    now: datetime,
) -> str:
    """The secret of a new tracking link; the old ones stay good.

    ``caller`` is whose tries these are. Raises NotTracked, whatever is wrong. Staff
    know numbers and digits by their work: with a link they would speak as the resident.
    """
    if actor.has_identity:
        raise NotAllowed(
            "Whoever is signed in finds the request in a list, and not as its resident",
            mend="Look for the number in GET /api/requests?q=",
        )
    for kind, subject, window, most in (
        ("track.number", number, _DAY, settings.track_tries_number),
        ("track.caller", caller, _HOUR, settings.track_tries_caller),
    ):
        _count(session, cipher, kind, subject, window=window, most=most, now=now)
    found = session.execute(
        select(ServiceRequest.public_id, Contact.phone)
        .outerjoin(Contact, Contact.id == ServiceRequest.contact_id)
        .where(ServiceRequest.number == number)
    ).one_or_none()
    phone = found.phone if found is not None else None
    # Deciphered in any case, so that time tells nothing either.
    known = cipher.decrypt(phone or cipher.encrypt(""))
    is_right = hmac.compare_digest(known[-4:].encode(), phone_tail.encode())
    if found is None or not is_right:
        raise NotTracked(
            "There is no request with this number and these digits",
            mend="Check both, or ring the village",
        )
    record_audit(
        session,
        actor,
        action="request.track",
        subject_kind="request",
        subject_id=found.public_id,
        now=now,
    )
    return issue_tracking_token(
        session,
        found.public_id,
        now=now,
        days=settings.tracking_days,
        is_found=True,
    )


def _count(
    session: Session,
    cipher: Cipher,
    kind: str,
    subject: str,
    *,
    window: timedelta,
    most: int,
    now: datetime,
) -> None:
    """Count one try; RateLimited above ``most`` in the present window."""
    spent = spend(session, cipher, kind, subject, window=window, now=now)
    if spent.total > most:
        raise RateLimited(
            "Tried too often; try again in %(retry_after)s s, or use the link",
            retry_after=spent.retry_after,
        )
