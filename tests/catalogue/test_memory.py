"""The catalogue that a process keeps: never that of before a change."""

from __future__ import annotations

from datetime import date

from make_statements import statements
from sqlalchemy import update

from geo_api.catalogue.change import Change
from geo_api.catalogue.memory import catalogue_of
from geo_api.catalogue.models import CalendarDay
from geo_api.catalogue.versions import change_rules


def test_a_change_of_rules_or_calendar_is_known_to_the_next_order(
    fresh_database, fresh_world, now, settings
) -> None:
    sessions, tz = fresh_database.sessions, settings.place.tz
    sessions.is_lasting = True
    tuesday = date(2026, 3, 3)

    def known() -> tuple[int, int | None, bool]:
        with sessions.transaction() as session:
            with statements(session) as said:
                found = catalogue_of(session, since=now, until=now, tz=tz)
            rule = found.offered("XQ-SHUI", now)
            terms, is_workday = rule.terms, found.calendar.days[tuesday]
            return len(said), terms.due_working_days or terms.due_hours, is_workday

    first = known()
    # Kept: what is asked is whether it has changed.
    assert known() == (2, *first[1:])
    with sessions.transaction() as session:
        change_rules(
            session,
            {"XQ-SHUI": Change(due_hours=7)},
            effective_from=now,
            by=None,
            reason="停水七小时内办结",
            now=now,
        )
    assert known()[1:] == (7, True)
    with sessions.transaction() as session:
        session.execute(
            update(CalendarDay).where(CalendarDay.day == tuesday), {"is_workday": False}
        )
    assert known()[1:] == (7, False)
    assert known()[0] == 2
