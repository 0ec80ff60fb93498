"""Kinds of services, what a version says of each, and the arithmetic of deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from geo_api.duties.rules import DutyKind


class ServiceKind(StrEnum):
    """The five kinds of the 12345 hotlines."""

    CONSULTATION = "consultation"  # 咨询
    HELP = "help"  # 求助
    COMPLAINT = "complaint"  # 投诉
    REPORT = "report"  # 举报
    SUGGESTION = "suggestion"  # 建议


@dataclass(frozen=True)
class Terms:
    """What the catalogue said of a service at a moment, as it matters to a decision."""

    service_code: str
    # Whom it may reach, in the order of asking, and who of them is asked first.
    chain: tuple[DutyKind, ...]
    first: DutyKind
    is_confidential: bool
    due_hours: int | None
    due_working_days: int | None

    @property
    def asked(self) -> tuple[DutyKind, ...]:
        """Who is asked, one after the other, beginning with the first."""
        return self.chain[self.chain.index(self.first) :]


@dataclass(frozen=True)
class Rule:
    """What a version of the catalogue says of one service."""

    version: int
    service_id: int
    terms: Terms
    # What was ordered while it was offered goes on by its terms.
    is_offered: bool = True


@dataclass(frozen=True)
class Version:
    """The rules of all services from a moment on."""

    number: int
    effective_from: datetime
    # By the service's code.
    rules: Mapping[str, Rule]

    @cached_property
    def by_service(self) -> Mapping[int, Rule]:
        """The same by the service's id."""
        return {rule.service_id: rule for rule in self.rules.values()}


@dataclass(frozen=True)
class Calendar:
    """Working days of the years that are loaded, make-up days included."""

    days: Mapping[date, bool]

    def covers(self, day: date) -> bool:
        """Whether it is known if people work on a day."""
        return day in self.days

    def is_workday(self, day: date) -> bool:
        """Whether people work; beyond what is loaded, Monday to Friday."""
        known = self.days.get(day)
        return day.weekday() < 5 if known is None else known


@dataclass(frozen=True)
class Due:
    """A deadline; ``is_certain`` is false where the calendar was not loaded."""

    at: datetime
    is_certain: bool


def due_after(
    ordered_at: datetime,
    *,
    hours: int | None,
    working_days: int | None,
    calendar: Calendar,
    tz: ZoneInfo,
) -> Due:
    """When a request must be closed.

    Hours run through nights and holidays. Working days are counted from the day after
    the order and end with that day, in the county's time zone.
    """
    if hours is not None:
        return Due(ordered_at + timedelta(hours=hours), is_certain=True)
    day = ordered_at.astimezone(tz).date()
    left, is_certain = working_days or 0, True
    while left > 0:
        day += timedelta(days=1)
        is_certain = is_certain and calendar.covers(day)
        left -= calendar.is_workday(day)
    end = datetime.combine(day + timedelta(days=1), time(tzinfo=tz))
    return Due(end, is_certain)
