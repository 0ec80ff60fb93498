"""Responsibility zones and the households in their lists."""

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


class ResponsibilityZone(Model):
    """The households one person cares for; a shape serves points without one."""

    __tablename__ = "responsibility_zone"
    __table_args__ = (
        Index(None, "area_id"),
        CheckConstraint(PERIOD, name="period"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    # The group, village or town that the zone belongs to; never across its line.
    area_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("area.id"))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class ZoneShape(Model):
    """The shape of a zone from one day until another; shared, as those of areas are."""

    __tablename__ = "zone_shape"
    __table_args__ = (
        Index(None, "zone_id", "valid_from", unique=True),
        Index(None, "shape_id"),
        CheckConstraint(PERIOD, name="period"),
    )

    id: Mapped[Key]
    zone_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("responsibility_zone.id")
    )
    shape_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("shape.id"))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class ZoneHousehold(Model):
    """A household in a zone from one day until another."""

    __tablename__ = "zone_household"
    __table_args__ = (
        Index(None, "household_id"),
        CheckConstraint(PERIOD, name="period"),
    )

    zone_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("responsibility_zone.id"), primary_key=True
    )
    household_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("household.id"), primary_key=True
    )
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    valid_to: Mapped[date | None] = mapped_column(Date)
