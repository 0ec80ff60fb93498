"""How many photos a network without an account may send."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.attachments.pictures import MAX_BYTES
from geo_api.db.cipher import Cipher
from geo_api.db.counters import peek, spend
from geo_api.errors import RateLimited

NO_MORE_PHOTOS = "The order stands; no more photos are taken from here for now"

_KIND = "photo"

_HOUR = timedelta(hours=1)


def count_photo(
    session: Session,
    cipher: Cipher,
    actor: Actor,
    *,
    size: int,
    most: int,
    now: datetime,
) -> None:
    """Count the bytes that a network without an account sends in an hour.

    What is refused is not counted: a smaller photo may still be taken.
    """
    if actor.is_staff:
        return
    spent = spend(
        session, cipher, _KIND, actor.origin.hex(), amount=size, window=_HOUR, now=now
    )
    if spent.total > most:
        raise RateLimited(
            NO_MORE_PHOTOS,
            mend="Send the photo again later, or say it in words",
            retry_after=spent.retry_after,
        )


def are_photos_spent(
    session: Session, cipher: Cipher, actor: Actor, *, most: int, now: datetime
) -> bool:
    """Whether the network of a caller has no room left for a photo as it is kept."""
    if actor.is_staff:
        return False
    subject = actor.origin.hex()
    spent = peek(session, cipher, _KIND, subject, window=_HOUR, now=now)
    return spent.total + MAX_BYTES > most
