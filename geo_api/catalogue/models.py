"""Services, the versions of their rules, and the calendar of working days."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Key, Model


class Service(Model):
    """One thing a resident may order, and what it is called; its rules are versions."""

    __tablename__ = "service"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    group_name: Mapped[str]
    kind: Mapped[str]  # consultation, help, complaint, report, suggestion
    description: Mapped[str]
    keywords: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[datetime]


class CatalogueVersion(Model):
    """The rules of all services from a moment on; a later row of that moment wins."""

    __tablename__ = "catalogue_version"
    __table_args__ = (Index(None, "effective_from", "id"),)

    # What decisions name; a gap means nothing.
    id: Mapped[Key]
    effective_from: Mapped[datetime]
    made_at: Mapped[datetime]
    # None: the software itself.
    made_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("account.id"))
    reason: Mapped[str]


class CatalogueRule(Model):
    """What a version says of one service; each version says it of all of them."""

    __tablename__ = "catalogue_rule"
    __table_args__ = (
        CheckConstraint("num_nonnulls(due_hours, due_working_days) = 1", name="due"),
        CheckConstraint("first_duty = ANY (chain)", name="first"),
    )

    version_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("catalogue_version.id"), primary_key=True
    )
    service_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("service.id"), primary_key=True
    )
    # Whom it may reach, in the order of asking, and who of them is asked first.
    chain: Mapped[list[str]] = mapped_column(ARRAY(String))
    first_duty: Mapped[str]
    due_hours: Mapped[int | None]
    due_working_days: Mapped[int | None]
    is_confidential: Mapped[bool]
    is_offered: Mapped[bool]


class CalendarDay(Model):
    """Whether people work on a day; make-up days included, so never Monday–Friday."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_workday: Mapped[bool]
    name: Mapped[str] = mapped_column(default="")
