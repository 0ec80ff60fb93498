"""Photos of requests: added by who may, seen by whoever sees the request."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.attachments.models import Attachment
from geo_api.attachments.pictures import Picture
from geo_api.attachments.queries import AttachmentView
from geo_api.db.model import new_public_id
from geo_api.errors import Conflict, NotFound
from geo_api.requests.handle.case import Acting
from geo_api.requests.models import ServiceRequest
from geo_api.requests.queries import visible_to
from geo_api.requests.rights import can_attach
from geo_api.requests.rules import Act, Verb

_MOST = 9


def _check_room(acting: Acting) -> None:
    acting.check(Verb.ATTACH, can_attach)
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
