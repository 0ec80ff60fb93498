"""Photos as they are kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
)
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Key, Model, PublicId


class Attachment(Model):
    """A photo of a request; never changed, and gone when its person asks for it."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name="media_type"),
        CheckConstraint(
            "octet_length(content) = size AND size BETWEEN 1 AND 1000000", name="size"
        ),
        CheckConstraint(
            "width BETWEEN 1 AND 2048 AND height BETWEEN 1 AND 2048", name="pixels"
        ),
        Index(None, "request_id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    request_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("service_request.id")
    )
    at: Mapped[datetime]
    media_type: Mapped[str]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)
