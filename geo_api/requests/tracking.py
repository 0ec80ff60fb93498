"""A request found again by its number and the last digits of a phone.

Four digits can be guessed: every try counts, of the network it comes from and for the
number it asks for, and no answer says which of the two was wrong.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.accounts.service import issue_tracking_token, record_audit
from geo_api.db.cipher import Cipher
from geo_api.errors import NotAllowed, NotFound, RateLimited
from geo_api.households.models import Contact
from geo_api.requests.models import ServiceRequest, TrackCount
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
    if actor.is_staff:
        raise NotAllowed(
            "Whoever is signed in finds the request in a list, and not as its resident",
            mend="Look for the number in GET /api/requests?q=",
        )
    of_number = cipher.digest(f"track-number:{number}")
    _count(session, of_number, _DAY, settings.track_tries_number, now)
    of_caller = cipher.digest(f"track-caller:{caller}")
    _count(session, of_caller, _HOUR, settings.track_tries_caller, now)
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
    session: Session, subject: bytes, window: timedelta, most: int, now: datetime
) -> None:
    """Count one try; RateLimited above ``most`` in the present window."""
    length = int(window.total_seconds())
    past = int(now.timestamp()) % length
    statement = insert(TrackCount).values(
        subject=subject,
        since=now.replace(microsecond=0) - timedelta(seconds=past),
        count=1,
    )
    # The row is locked until the try has ended: many at once are counted, too.
    count = session.scalar(
        statement.on_conflict_do_update(
            index_elements=[TrackCount.subject, TrackCount.since],
            set_={"count": TrackCount.count + 1},
        ).returning(TrackCount.count)
    )
    if (count or 0) > most:
        raise RateLimited(
            "Tried too often; try again in %(retry_after)s s, or use the link",
            retry_after=length - past,
        )


def forget_tries(session: Session, *, now: datetime, limit: int) -> int:
    """Remove counts that no limit looks at any more; how many."""
    identity = tuple_(TrackCount.subject, TrackCount.since)
    over = (
        select(TrackCount.subject, TrackCount.since)
        .where(TrackCount.since < now - 2 * _DAY)
        .order_by(TrackCount.since)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("over")
    )
    removed = session.scalars(
        delete(TrackCount)
        .where(identity.in_(select(over)))
        .returning(TrackCount.since)
        .execution_options(synchronize_session=False)
    )
    return len(removed.all())
