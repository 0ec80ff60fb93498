"""Photos of requests: added by who may, seen by whoever sees the request."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.attachments.models import Attachment
from geo_api.attachments.pictures import Picture
from geo_api.attachments.queries import AttachmentView
from geo_api.db.model import new_public_id
from geo_api.errors import NotFound
from geo_api.requests.handle.held import act_on
from geo_api.requests.models import ServiceRequest
from geo_api.requests.outcomes import Act, Said
from geo_api.requests.queries import visible_to
from geo_api.requests.rules import Verb
from geo_api.settings import Settings


def attach(
    session: Session,
    actor: Actor,
    request: ServiceRequest,
    picture: Picture,
    *,
    now: datetime,
    settings: Settings,
) -> AttachmentView:
    """Add a photo to a locked request; the history names it, and does not hold it."""
    view = AttachmentView(
        request_id=request.id,
        public_id=new_public_id(),
        media_type=picture.media_type,
        size=len(picture.content),
        width=picture.width,
        height=picture.height,
        at=now,
    )
    said = Said(attachment_id=view.public_id, media_type=view.media_type)
    act = Act(Verb.ATTACH, actor, now, said)
    act_on(session, [(request, act)], settings=settings)
    session.execute(insert(Attachment).values(**vars(view), content=picture.content))
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
