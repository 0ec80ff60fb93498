"""What was published of a period; written once, never changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Key, Model


class Publication(Model):
    """A month or a quarter whose figures are out, with the boundaries they are for."""

    __tablename__ = "publication"
    __table_args__ = (
        UniqueConstraint("kind", "first_day"),
        CheckConstraint("kind IN ('month', 'quarter')", name="kind"),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    first_day: Mapped[date]
    edition_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("edition.id"))
    # Fewer requests than these were not told.
    floor: Mapped[int]
    published_at: Mapped[datetime]


class PublishedRate(Model):
    """A village's requests of a period as a band; without one, they are not told.

    A month is told of all services together (``group_name`` is empty), a quarter of
    each group of services.
    """

    __tablename__ = "published_rate"
    __table_args__ = (
        CheckConstraint(
            "num_nulls(at_least, below) IN (0, 2) AND at_least < below", name="band"
        ),
        CheckConstraint("households > 0", name="households"),
    )

    publication_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("publication.id"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("area.id"), primary_key=True
    )
    group_name: Mapped[str] = mapped_column(primary_key=True)
    at_least: Mapped[int | None]
    below: Mapped[int | None]
    # Rounded to tens.
    households: Mapped[int]
