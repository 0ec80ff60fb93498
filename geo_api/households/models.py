"""Households, where they lie in each edition, and contacts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Key, Model, Point, PublicId


class Contact(Model):
    """Name, phone and identity number of a person, encrypted; erased in one row."""

    __tablename__ = "contact"
    # The night looks at who is not erased, not at all who ever were here.
    __table_args__ = (Index(None, "id", postgresql_where=text("erased_at IS NULL")),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class Household(Model):
    """A household and its point, with the CRS in which the point was claimed."""

    __tablename__ = "household"
    __table_args__ = (
        Index(None, "geom", postgresql_using="gist"),
        Index(None, "contact_id"),
        Index(None, "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    # The ledger's own number, unique while the household lives there.
    code: Mapped[str] = mapped_column(unique=True)
    contact_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("contact.id"))
    address: Mapped[str]
    member_count: Mapped[int | None]
    geom: Mapped[Point]
    lon_claimed: Mapped[float]
    lat_claimed: Mapped[float]
    crs_claimed: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class HouseholdPlace(Model):
    """The areas of a household in one edition, derived from its point."""

    __tablename__ = "household_place"
    __table_args__ = (
        Index(None, "edition_id", "group_id"),
        Index(None, "edition_id", "village_id"),
        Index(None, "edition_id", "town_id"),
        Index(None, "edition_id", "county_id"),
        Index(None, "household_id"),
    )

    edition_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("edition.id"), primary_key=True
    )
    household_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("household.id"), primary_key=True
    )
    county_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("area.id"))
    town_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("area.id"))
    village_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("area.id"))
    group_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("area.id"))
