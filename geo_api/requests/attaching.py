"""Photos of requests: kept in the database, seen by whoever sees the request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.db.cipher import Cipher
from geo_api.db.counters import peek, spend
from geo_api.db.model import new_public_id
from geo_api.errors import Conflict, NotFound, RateLimited
from geo_api.requests import rights
from geo_api.requests.acting import Acting
from geo_api.requests.models import Attachment, ServiceRequest
from geo_api.requests.pictures import MAX_BYTES, Picture
from geo_api.requests.queries import visible_to
from geo_api.requests.rules import Act, Verb

NO_MORE_PHOTOS = "The order stands; no more photos are taken from here for now"

_MOST = 9
_KIND = "photo"
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class AttachmentView:
    """All of an attachment but its content."""

    request_id: int
    public_id: UUID
    media_type: str
    size: int
    width: int
    height: int
    at: datetime


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


def _check_room(acting: Acting) -> None:
    acting.check(Verb.ATTACH, rights.can_attach)
    count = acting.session.scalar(
        select(func.count()).where(Attachment.request_id == acting.request.id)
    )
    if (count or 0) >= _MOST:
        raise Conflict(
            "A request holds %(limit)s photos and no more",
            mend="Say the rest in words",
            limit=_MOST,
        )


def attach(acting: Acting, picture: Picture) -> AttachmentView:
    """Add a photo; the history names it, and does not hold it."""
    _check_room(acting)
    view = AttachmentView(
        request_id=acting.request.id,
        public_id=new_public_id(),
        media_type=picture.media_type,
        size=len(picture.content),
        width=picture.width,
        height=picture.height,
        at=acting.now,
    )
    acting.session.execute(
        insert(Attachment).values(**vars(view), content=picture.content)
    )
    payload = {"attachment_id": str(view.public_id), "media_type": view.media_type}
    acting.write(Act(Verb.ATTACH, acting.now, payload=payload))
    return view


def attachments_of(
    session: Session, request_ids: Collection[int]
) -> dict[int, Sequence[AttachmentView]]:
    """Attachments by request, oldest first; the contents stay in the database."""
    rows = session.execute(
        select(
            Attachment.request_id,
            Attachment.public_id,
            Attachment.media_type,
            Attachment.size,
            Attachment.width,
            Attachment.height,
            Attachment.at,
        )
        .where(Attachment.request_id.in_(request_ids))
        .order_by(Attachment.at, Attachment.public_id)
    )
    found: dict[int, list[AttachmentView]] = {}
    for row in rows:
        view = AttachmentView(*row)
        found.setdefault(view.request_id, []).append(view)
    return dict(found)


def get_attachment(session: Session, actor: Actor, public_id: UUID) -> Attachment:
    """An attachment of a request in the caller's scope; NotFound for every other."""
    in_scope = visible_to(actor).with_only_columns(ServiceRequest.id)
    found = session.scalar(
        select(Attachment).where(
            Attachment.public_id == public_id, Attachment.request_id.in_(in_scope)
        )
    )
    if found is None:
        raise NotFound("There is no such attachment", loc=("path", "id"))
    return found
