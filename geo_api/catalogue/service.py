"""What may be ordered, by when it must be closed, and the calendar behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo_api.catalogue.models import CalendarDay, Service
from geo_api.catalogue.rules import Calendar, Due, Terms, due_after
from geo_api.catalogue.seed import SERVICES
from geo_api.duties.rules import CHAIN, DutyKind
from geo_api.errors import NotFound

_FIRST_YEAR = 2024


@dataclass(frozen=True)
class Catalogue:
    """Services in force by code, with the calendar, for a batch of orders."""

    services: dict[str, Service]
    calendar: Calendar

    def get(self, code: str) -> Service:
        """A service by its code; NotFound says which ones there are."""
        service = self.services.get(code)
        if service is None:
            raise NotFound(
                "There is no service %(code)s",
                loc=("body", "service_code"),
                mend="Choose a code of GET /api/services",
                code=code[:40],
            )
        return service

    def due_at(self, service: Service, ordered_at: datetime, tz: ZoneInfo) -> Due:
        """When a request for ``service`` must be closed."""
        return due_after(
            ordered_at,
            hours=service.due_hours,
            working_days=service.due_working_days,
            calendar=self.calendar,
            tz=tz,
        )


def terms_of(service: Service) -> Terms:
    """What the catalogue says of a service now, frozen."""
    return Terms(
        service_code=service.code,
        chain=CHAIN,
        first=DutyKind(service.duty_kind),
        is_confidential=service.is_confidential,
        due_hours=service.due_hours,
        due_working_days=service.due_working_days,
    )


def list_services(session: Session) -> Sequence[Service]:
    """Services in force, by code."""
    return session.scalars(
        select(Service).where(Service.ended_at.is_(None)).order_by(Service.code)
    ).all()


def read_catalogue(session: Session, *, since: date, until: date) -> Catalogue:
    """The catalogue with the calendar from ``since`` until well after ``until``."""
    # The longest deadline of working days, with the longest holidays within it.
    end = until + timedelta(days=120)
    rows = session.execute(
        select(CalendarDay.day, CalendarDay.is_workday).where(
            CalendarDay.day.between(since, end)
        )
    )
    return Catalogue(
        services={service.code: service for service in list_services(session)},
        calendar=Calendar({row.day: row.is_workday for row in rows}),
    )


def seed_services(session: Session, *, now: datetime) -> None:
    """Give a county without a catalogue the starting one; existing codes stay."""
    present = set(session.scalars(select(Service.code)))
    missing = [seed for seed in SERVICES if seed.code not in present]
    if not missing:
        return
    rows = [
        {
            "code": seed.code,
            "name": seed.name,
            "group_name": seed.group,
            "kind": seed.kind.value,
            "description": seed.description,
            "keywords": list(seed.keywords),
            "duty_kind": seed.duty.value,
            "due_hours": seed.hours,
            "due_working_days": seed.working_days,
            "is_confidential": seed.is_confidential,
            "created_at": now,
        }
        for seed in missing
    ]
    session.execute(insert(Service).values(rows).on_conflict_do_nothing())


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
