"""Counts that guard something."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Model


class Counter(Model):
    """How much of something was spent in the window that ends then.

    The subject is a keyed digest: it counts, and tells nobody's name or network.
    """

    __tablename__ = "counter"
    __table_args__ = (Index(None, "ends_at"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger)
    ends_at: Mapped[datetime]
