"""Photos of requests, all but their content."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.attachments.models import Attachment


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
