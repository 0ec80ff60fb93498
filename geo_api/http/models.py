"""Replies kept for a day, so that a retry gets the same answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Model


class IdempotentReply(Model):
    """The reply given to a caller's key; the body is encrypted, it may hold a link.

    The row is found by a digest of caller and key: what a caller chose as a key may
    say more than it should.
    """

    __tablename__ = "idempotent_reply"
    __table_args__ = (Index(None, "created_at"),)

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
