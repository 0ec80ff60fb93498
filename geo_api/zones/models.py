"""Responsibility zones and the households in their lists."""

from __future__ import annotations

from datetime import date

from geoalchemy2 import Geometry, WKBElement
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
    """The households one person cares for; the polygon serves points without one."""

    __tablename__ = "responsibility_zone"
    __table_args__ = (
        Index(None, "geom", postgresql_using="gist"),
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
    geom: Mapped[WKBElement | None] = mapped_column(
        Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)
    )
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
