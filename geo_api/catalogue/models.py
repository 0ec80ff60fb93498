"""Services that may be ordered and the calendar of working days."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Key, Model


class Service(Model):
    """One thing a resident may order: who answers first, and by when."""

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("num_nonnulls(due_hours, due_working_days) = 1", name="due"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    group_name: Mapped[str]
    kind: Mapped[str]  # consultation, help, complaint, report, suggestion
    description: Mapped[str]
    keywords: Mapped[list[str]] = mapped_column(ARRAY(String))
    # The duty asked first; the chain goes on upward from there.
    duty_kind: Mapped[str]
    due_hours: Mapped[int | None]
    due_working_days: Mapped[int | None]
    is_confidential: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CalendarDay(Model):
    """Whether people work on a day; make-up days included, so never Monday–Friday."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_workday: Mapped[bool]
    name: Mapped[str] = mapped_column(default="")
