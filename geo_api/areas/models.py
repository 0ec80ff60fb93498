"""Areas as identities, editions as snapshots of them, shapes shared among editions."""

from __future__ import annotations

from datetime import date, datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Key, Model, MultiPolygon, Point, PublicId


class Area(Model):
    """A place that stays the same through every change of name, code and line."""

    __tablename__ = "area"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    created_at: Mapped[datetime]


class AreaCode(Model):
    """A code that an area bears or bore in one system: written by what takes effect."""

    __tablename__ = "area_code"
    __table_args__ = (
        Index(None, "code"),
        Index(None, "area_id"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
    )

    id: Mapped[Key]
    area_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("area.id"))
    system: Mapped[str]
    code: Mapped[str]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    is_primary: Mapped[bool]


class AreaName(Model):
    """A name that an area bears or bore, so that old names are still found."""

    __tablename__ = "area_name"
    __table_args__ = (
        Index(None, "area_id"),
        Index(None, "name"),
        CheckConstraint("kind IN ('official', 'former', 'alias')", name="kind"),
    )

    id: Mapped[Key]
    area_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("area.id"))
    name: Mapped[str]
    kind: Mapped[str]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)


class BoundarySource(Model):
    """Where shapes came from, under which licence, as its declaration says."""

    __tablename__ = "boundary_source"

    id: Mapped[Key]
    name: Mapped[str]
    licence: Mapped[str]
    url: Mapped[str]
    is_invented: Mapped[bool]
    crs: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    imported_at: Mapped[datetime]


class Edition(Model):
    """A snapshot of every area, like a commit: a draft, planned for a day, in force."""

    __tablename__ = "edition"
    __table_args__ = (
        CheckConstraint(
            "activated_at IS NULL OR active_from IS NOT NULL", name="activated"
        ),
        Index(
            "uq_edition_active_from",
            "active_from",
            unique=True,
            postgresql_where=text("active_from IS NOT NULL AND superseded_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[str]
    reason: Mapped[str]
    source_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("boundary_source.id"))
    created_at: Mapped[datetime]
    # From which day it holds, or shall hold; a draft has none. Of two for one day the
    # later one supersedes the earlier.
    active_from: Mapped[date | None] = mapped_column(Date)
    # When it took effect: until then nobody reads it, whatever day it is.
    activated_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]


class Shape(Model):
    """A multipolygon on the 1e-7° grid, stored once however many editions use it."""

    __tablename__ = "shape"
    __table_args__ = (Index(None, "geom", postgresql_using="gist"),)

    id: Mapped[Key]
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    geom: Mapped[MultiPolygon]
    # Inside the shape, for labels and for a household whose point may not be shown.
    label_point: Mapped[Point]
    area_m2: Mapped[float]


class ShapePiece(Model):
    """A small part of a shape: finds candidates, is never the truth."""

    __tablename__ = "shape_piece"
    __table_args__ = (
        Index(None, "geom", postgresql_using="gist"),
        Index(None, "shape_id"),
    )

    id: Mapped[Key]
    shape_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("shape.id"))
    geom: Mapped[WKBElement] = mapped_column(
        Geometry("POLYGON", srid=4326, spatial_index=False)
    )


class EditionArea(Model):
    """An area as one edition knows it."""

    __tablename__ = "edition_area"
    __table_args__ = (
        Index(None, "edition_id", "code", unique=True),
        Index(None, "edition_id", "parent_id"),
        Index(None, "shape_id", "edition_id"),
        Index(None, "area_id"),
        ForeignKeyConstraint(
            ["edition_id", "parent_id"],
            ["edition_area.edition_id", "edition_area.area_id"],
            name="fk_edition_area_parent",
            deferrable=True,
            initially="DEFERRED",
        ),
    )

    edition_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("edition.id"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("area.id"), primary_key=True
    )
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    type: Mapped[str]
    # The primary code in this edition: it settles borders and the order of lists.
    code: Mapped[str]
    name: Mapped[str]
    shape_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("shape.id"))
    # Who gave the primary code.
    system: Mapped[str] = mapped_column(server_default="statistics")
    # Codes of the other systems, by system.
    other_codes: Mapped[dict[str, str]] = mapped_column(
        JSONB, server_default=text("'{}'")
    )


class GeographyVersion(Model):
    """The one number that moves whenever a shape, or what bears it, does."""

    __tablename__ = "geography_version"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
