"""What may be ordered, by when it must be closed, and the calendar behind it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo_api.catalogue.models import CalendarDay
from geo_api.catalogue.queries import read_versions
from geo_api.catalogue.rules import Calendar, Due, Rule, Terms, Version, due_after
from geo_api.errors import NotFound

_FIRST_YEAR = 2024
# The longest deadline of working days, with the longest holidays within it.
DAYS_AHEAD = timedelta(days=120)


@dataclass(frozen=True)
class Catalogue:
    """What holds at each moment of a batch of orders, with the calendar."""

    # In the order in which they take effect.
    versions: Sequence[Version]
    calendar: Calendar

    def offered(self, code: str, at: datetime) -> Rule:
        """What is said of a service at a moment; NotFound says which ones there are."""
        rule = self._in_force(at).rules.get(code)
        if rule is None or not rule.is_offered:
            raise NotFound(
                "There is no service %(code)s",
                loc=("body", "service_code"),
                mend="Choose a code of GET /api/services",
                code=code[:40],
            )
        return rule

    def rule(self, service_id: int, at: datetime) -> Rule:
        """What is said of a service that was ordered, though it be offered no more."""
        return self._in_force(at).by_service[service_id]

    def _in_force(self, at: datetime) -> Version:
        n = bisect_right(self.versions, at, key=lambda v: v.effective_from)
        return self.versions[n - 1] if n else Version(0, at, {})

    def due_at(self, terms: Terms, ordered_at: datetime, tz: ZoneInfo) -> Due:
        """When a request of these terms must be closed."""
        return due_after(
            ordered_at,
            hours=terms.due_hours,
            working_days=terms.due_working_days,
            calendar=self.calendar,
            tz=tz,
        )


def read_catalogue(
    session: Session, *, since: datetime, until: datetime, tz: ZoneInfo
) -> Catalogue:
    """What holds from ``since`` on, with the calendar until well after ``until``."""
    first, end = since.astimezone(tz).date(), until.astimezone(tz).date()
    rows = session.execute(
        select(CalendarDay.day, CalendarDay.is_workday).where(
            CalendarDay.day.between(first, end + DAYS_AHEAD)
        )
    )
    return Catalogue(
        versions=read_versions(session, since),
        calendar=Calendar({row.day: row.is_workday for row in rows}),
    )


def load_calendar(session: Session) -> None:
    """Fill the calendar from the library for every year it knows; own rows stay.

    A year that the State Council has not announced yet is left out.
    """
    first, last = date(_FIRST_YEAR, 1, 1), date(_last_known_year(), 12, 31)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    present = session.scalar(
        select(func.count()).where(CalendarDay.day.between(first, last))
    )
    if present == len(days):
        return
    rows = []
    for day in days:
        is_holiday, name = chinese_calendar.get_holiday_detail(day)
        rows.append({"day": day, "is_workday": not is_holiday, "name": name or ""})
    session.execute(insert(CalendarDay).values(rows).on_conflict_do_nothing())


def _last_known_year() -> int:
    newest: date = max(chinese_calendar.holidays)
    return newest.year


def calendar_gaps(session: Session, *, since: date, until: date) -> list[date]:
    """Days of a period for which it is not known whether people work."""
    known = set(
        session.scalars(
            select(CalendarDay.day).where(CalendarDay.day.between(since, until))
        )
    )
    days = (since + timedelta(days=i) for i in range((until - since).days + 1))
    return [day for day in days if day not in known]
