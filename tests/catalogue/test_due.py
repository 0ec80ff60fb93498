"""Deadlines: hours run on, working days know holidays and make-up days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from geo_api.catalogue.change import Change
from geo_api.catalogue.models import CalendarDay, Service
from geo_api.catalogue.queries import list_services
from geo_api.catalogue.rules import Calendar, due_after
from geo_api.catalogue.service import calendar_gaps, load_calendar, read_catalogue
from geo_api.catalogue.versions import change_rules
from geo_api.catalogue.versions import seed_services as seed

TZ = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def catalogue(session: Session, now: datetime):
    seed(session, now=now)
    load_calendar(session)
    return _read(session, date(2025, 1, 1), date(2026, 9, 1))


def _read(session: Session, first: date, last: date):
    since, until = (datetime.combine(day, time(12), TZ) for day in (first, last))
    return read_catalogue(session, since=since, until=until, tz=TZ)


def _due(catalogue, ordered: str, code: str = "ZX-YIBAO"):
    at = datetime.fromisoformat(ordered).replace(tzinfo=TZ)
    due = catalogue.due_at(catalogue.offered(code, at).terms, at, TZ)
    return due.at.astimezone(TZ).isoformat()[:16], due.is_certain


@pytest.mark.parametrize(
    ("ordered", "due"),
    [
        # Three working days, told from the day after the order to that day's end.
        ("2026-03-02T10:00", "2026-03-06T00:00"),
        ("2026-03-02T23:59", "2026-03-06T00:00"),
        ("2026-03-06T10:00", "2026-03-12T00:00"),
        # 28 September 2025, a Sunday, is worked for the eight days of the holiday.
        ("2025-09-26T10:00", "2025-10-01T00:00"),
        # Over the holiday, and past 11 October, a Saturday that is worked.
        ("2025-09-29T10:00", "2025-10-11T00:00"),
        ("2025-10-09T10:00", "2025-10-14T00:00"),
    ],
)
def test_holidays_and_make_up_days_count(catalogue, ordered: str, due: str) -> None:
    assert _due(catalogue, ordered) == (due, True)


def test_hours_run_through_nights_and_holidays(catalogue) -> None:
    assert _due(catalogue, "2025-10-01T20:00", "AQ-YINHUAN") == (
        "2025-10-02T20:00",
        True,
    )


def test_an_unannounced_year_is_guessed_and_said() -> None:
    at = datetime(2031, 3, 7, 10, tzinfo=TZ)
    due = due_after(at, hours=None, working_days=1, calendar=Calendar({}), tz=TZ)
    assert due.at == datetime(2031, 3, 11, tzinfo=TZ)
    assert not due.is_certain


def test_a_deadline_beyond_the_announced_years_counts_monday_to_friday(
    catalogue, session
) -> None:
    """As at the end of each year, while the next one's holidays are not known yet."""
    newest = session.scalar(select(func.max(CalendarDay.day)))
    assert (newest.month, newest.day) == (12, 31)
    later = _read(session, newest, newest + timedelta(days=60))
    for ordered in (newest - timedelta(days=1), newest + timedelta(days=50)):
        at = datetime.combine(ordered, time(10), TZ)
        due = later.due_at(later.offered("ZX-YIBAO", at).terms, at, TZ)
        expected = [newest] if ordered < newest and later.calendar.days[newest] else []
        day = max(ordered, newest)
        while len(expected) < 3:
            day += timedelta(days=1)
            expected += [day] if day.weekday() < 5 else []
        assert due.at == datetime.combine(expected[-1] + timedelta(days=1), time(), TZ)
        assert not due.is_certain


def test_a_year_announced_later_is_filled_in(catalogue, session) -> None:
    session.execute(delete(CalendarDay).where(CalendarDay.day >= date(2026, 1, 1)))
    session.execute(
        insert(CalendarDay).values(day=date(2026, 3, 2), is_workday=False, name="县庆")
    )
    load_calendar(session)
    assert (
        calendar_gaps(session, since=date(2025, 1, 1), until=date(2026, 12, 31)) == []
    )
    assert session.get(CalendarDay, date(2026, 3, 2)).name == "县庆"


def test_the_days_not_announced_yet_are_named(catalogue, session) -> None:
    known = calendar_gaps(session, since=date(2026, 1, 1), until=date(2026, 12, 31))
    assert known == []
    gaps = calendar_gaps(session, since=date(2031, 1, 1), until=date(2031, 1, 2))
    assert gaps == [date(2031, 1, 1), date(2031, 1, 2)]


def test_loading_twice_keeps_what_a_county_has_changed(catalogue, session, now) -> None:
    service = session.scalars(select(Service).where(Service.code == "XQ-SHUI")).one()
    service.name = "供水与水质"
    change_rules(
        session,
        {"XQ-SHUI": Change(due_working_days=2)},
        effective_from=now,
        by=None,
        reason="供水提速",
        now=now,
    )
    seed(session, now=now)
    load_calendar(session)
    (again,) = (pair for pair in list_services(session, now) if pair[0] is service)
    assert (again[0].name, again[1].terms.due_working_days) == ("供水与水质", 2)


def test_what_may_be_ordered_is_public(client, world) -> None:
    services = client.get("/api/services").json()["items"]
    codes = [service["code"] for service in services]
    assert codes == sorted(codes)
    assert len(codes) == 19
    chains = {
        item["code"]: item["chain"]
        for item in client.get("/api/catalogue").json()["items"]
    }
    assert chains["XQ-SHUI"][0] == "household_care"
    assert chains["JB-JUBAO"] == ["town_desk", "county_desk"]
    assert set(chains) == set(codes)
