"""People, duties, leave and responsibility zones."""

from __future__ import annotations

from datetime import date, datetime

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

_PERIOD = "valid_to IS NULL OR valid_to > valid_from"


class Person(Model):
    """Somebody who may answer for a place, with or without an account."""

    __tablename__ = "person"
    __table_args__ = (Index(None, "account_id"), Index(None, "contact_id"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    # The ledger's own number, so that an import can be repeated.
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    is_party_member: Mapped[bool]
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("account.id"))
    contact_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("contact.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ResponsibilityZone(Model):
    """The households one person cares for; the polygon serves points without one."""

    __tablename__ = "responsibility_zone"
    __table_args__ = (
        Index(None, "geom", postgresql_using="gist"),
        Index(None, "area_id"),
        CheckConstraint(_PERIOD, name="period"),
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
        CheckConstraint(_PERIOD, name="period"),
    )

    zone_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("responsibility_zone.id"), primary_key=True
    )
    household_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("household.id"), primary_key=True
    )
    valid_from: Mapped[date] = mapped_column(Date, primary_key=True)
    valid_to: Mapped[date | None] = mapped_column(Date)


class Duty(Model):
    """A person answers for a zone, an area or one household, from a day on."""

    __tablename__ = "duty"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(zone_id, area_id, household_id) = 1", name="one_place"
        ),
        CheckConstraint(_PERIOD, name="period"),
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


class Leave(Model):
    """Days on which a person cannot answer; first and last day included."""

    __tablename__ = "leave"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="period"),
        Index(None, "person_id"),
        Index(None, "substitute_id"),
        Index(None, "last_day"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    substitute_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("person.id")
    )
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
