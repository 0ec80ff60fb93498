"""A photo as it is shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from geo_api.attachments.queries import AttachmentView


class AttachmentOut(BaseModel):
    """A photo of a request, and where to read it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a0000-0000-7000-8000-000000000002",
                "url": "/api/attachments/019a0000-0000-7000-8000-000000000002",
                "media_type": "image/jpeg",
                "bytes": 204800,
                "width": 2048,
                "height": 1536,
                "at": "2026-11-24T09:15:00+08:00",
            }
        }
    )

    id: UUID
    url: str
    media_type: str
    bytes: int
    width: int
    height: int
    at: datetime


def show_attachment(view: AttachmentView) -> AttachmentOut:
    """A photo with its address."""
    return AttachmentOut(
        id=view.public_id,
        url=f"/api/attachments/{view.public_id}",
        media_type=view.media_type,
        bytes=view.size,
        width=view.width,
        height=view.height,
        at=view.at,
    )
