"""Requests, their append-only history and the decisions behind each handler."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.areas.rules import Place
from geo_api.db.model import Key, Model, PublicId


class ServiceRequest(Model):
    """What somebody ordered, where, who handles it and how far it is."""

    __tablename__ = "service_request"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'closed')", name="status"),
        CheckConstraint("(geom IS NULL) = (crs_claimed IS NULL)", name="point_crs"),
        CheckConstraint("(listed_point IS NULL) = (geom IS NULL)", name="listed"),
        UniqueConstraint("channel", "external_id"),
        # The orders of lists, to the last place of their cursors.
        Index(None, "ordered_at", "public_id"),
        Index(None, "due_at", "public_id"),
        Index(None, "due_at", postgresql_where=text("status = 'open'")),
        Index(None, "updated_at"),
        Index(None, "closed_at", postgresql_where=text("status = 'closed'")),
        Index(None, "cell", "ordered_at"),
        Index(None, "listed_cell", "ordered_at"),
        Index(None, "listed_point", postgresql_using="gist"),
        # Scope is one OR over these: without any one of them it reads the whole table.
        Index(None, "county_id"),
        Index(None, "town_id", "ordered_at"),
        Index(None, "village_id", "ordered_at"),
        Index(None, "group_id", "ordered_at"),
        Index(None, "zone_id"),
        Index(None, "household_id"),
        Index(None, "handler_id", "stage"),
        Index(None, "handler_duty_id", postgresql_where=text("status = 'open'")),
        Index(None, "service_id", "ordered_at"),
        Index(None, "contact_id"),
        Index(None, "entered_by", postgresql_where=text("entered_by IS NOT NULL")),
        Index(
            None,
            "server_key_id",
            "ordered_at",
            postgresql_where=text("server_key_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    number: Mapped[str] = mapped_column(unique=True)
    service_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("service.id"))
    description: Mapped[str]
    channel: Mapped[str]
    external_id: Mapped[str | None]
    entered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("account.id"))
    # The other system that ordered it, where one did by its key.
    server_key_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("server_key.id")
    )
    # Keyed digests of what an order with a number of another system said, by field:
    # what comes under the number again is compared with them.
    fingerprint: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    contact_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("contact.id"))
    about_person_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("person.id")
    )
    is_confidential: Mapped[bool]

    # Where: what was claimed, what it is in EPSG:4326, and what it lies in: while it is
    # open in the edition in force, afterwards in that of its last day.
    household_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("household.id")
    )
    address: Mapped[str | None]
    geom: Mapped[WKBElement | None] = mapped_column(
        Geometry("POINT", srid=4326, spatial_index=False)
    )
    lon_claimed: Mapped[float | None]
    lat_claimed: Mapped[float | None]
    crs_claimed: Mapped[str | None]
    accuracy_m: Mapped[float | None]
    # Morton number of the web-Mercator cell at level 22: a tile is one range of it.
    cell: Mapped[int | None] = mapped_column(BigInteger)
    # Where lists place it: there, or, of a household, where its narrowest area has its
    # label. Whoever may not know the door is told, and finds it by, these alone.
    listed_point: Mapped[WKBElement | None] = mapped_column(
        Geometry("POINT", srid=4326, spatial_index=False)
    )
    listed_cell: Mapped[int | None] = mapped_column(BigInteger)
    edition_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("edition.id"))
    county_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("area.id"))
    town_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("area.id"))
    village_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("area.id"))
    group_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("area.id"))
    zone_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("responsibility_zone.id")
    )

    # Who and how far.
    status: Mapped[str]
    stage: Mapped[str]
    handler_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    handler_duty_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("duty.id")
    )
    decline_count: Mapped[int] = mapped_column(SmallInteger, default=0)
    reopen_count: Mapped[int] = mapped_column(SmallInteger, default=0)
    rating: Mapped[str | None]
    ordered_at: Mapped[datetime]
    due_at: Mapped[datetime]
    dispatched_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    rated_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    @property
    def place(self) -> Place:
        """The areas that it lies in today."""
        return Place(self.county_id, self.town_id, self.village_id, self.group_id)


class RequestEvent(Model):
    """One thing that happened to a request; never changed, never removed."""

    __tablename__ = "request_event"
    __table_args__ = (UniqueConstraint("request_id", "sequence"), Index(None, "at"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    request_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("service_request.id")
    )
    # Place in this request's history, taken under the lock of the request's row; ids
    # carry no order.
    sequence: Mapped[int]
    verb: Mapped[str]
    at: Mapped[datetime]
    caller_kind: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("account.id"))
    person_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    schema_version: Mapped[int] = mapped_column(SmallInteger, default=1)


class DispatchDecision(Model):
    """Who was named, and the inputs that it follows from."""

    __tablename__ = "dispatch_decision"
    __table_args__ = (
        UniqueConstraint("request_id", "sequence"),
        CheckConstraint("num_nonnulls(inputs, explanation) = 1", name="said_once"),
        CheckConstraint("(inputs IS NULL) = (verdicts IS NULL)", name="outcome"),
    )

    id: Mapped[Key]
    request_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("service_request.id")
    )
    # The sequence of the event that it belongs to.
    sequence: Mapped[int]
    at: Mapped[datetime]
    edition_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("edition.id"))
    handler_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    duty_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("duty.id"))
    # dispatch.inputs.Inputs, and of each candidate what came of it. What is shown is
    # made of both when it is read.
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    verdicts: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    # Of decisions from before inputs were kept: what was shown then.
    explanation: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    schema_version: Mapped[int] = mapped_column(SmallInteger, default=1)
