"""Duties."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Key, Model, PublicId
from geo_api.db.validity import PERIOD


class Duty(Model):
    """A person answers for a zone, an area or one household, from a day on."""

    __tablename__ = "duty"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(zone_id, area_id, household_id) = 1", name="one_place"
        ),
        CheckConstraint(PERIOD, name="period"),
        Index(None, "person_id"),
        Index(None, "zone_id"),
        Index(None, "area_id"),
        Index(None, "household_id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    kind: Mapped[str]
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    zone_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("responsibility_zone.id")
    )
    area_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("area.id"))
    household_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("household.id")
    )
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
