"""Where a duty is vacant, or would be without somebody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.areas.service import current_edition
from geo_api.duties import queries
from geo_api.duties.models import Duty
from geo_api.duties.scope import get_duty_in_scope, get_person_in_scope
from geo_api.zones.scope import Scope


def vacancies(
    session: Session,
    *,
    edition_id: int,
    day: date,
    area_ids: Collection[int] | None,
    without: Collection[int] = (),
) -> Sequence[Any]:
    """Places where a duty is vacant on a day, or was if some duties were not held."""
    return queries.places_without_answerer(
        session,
        edition_id=edition_id,
        day=day,
        area_ids=sorted(area_ids) if area_ids is not None else None,
        without=without,
    )


def check_desks(session: Session, *, day: date) -> list[str]:
    """Names of towns and counties whose compulsory desk is vacant."""
    edition = current_edition(session, day=day)
    rows = queries.places_without_answerer(
        session, edition_id=edition.id, day=day, area_ids=None
    )
    return [row.name for row in rows if row.kind in ("town_desk", "county_desk")]


def duties_about_to_go(
    session: Session, scope: Scope, *, person_id: UUID | None, duty_id: UUID | None
) -> list[int] | None:
    """Internal ids of a person's duties and of one duty; None where neither is asked.

    Both must be in the caller's scope: NotFound for every other.
    """
    if person_id is None and duty_id is None:
        return None
    going: list[int] = []
    if person_id is not None:
        loc = ("query", "without")
        person = get_person_in_scope(session, scope, person_id, loc=loc)
        going += session.scalars(select(Duty.id).where(Duty.person_id == person.id))
    if duty_id is not None:
        loc = ("query", "without_duty")
        going.append(get_duty_in_scope(session, scope, duty_id, loc=loc).id)
    return going


def vacancies_without(
    session: Session,
    scope: Scope,
    duties: Collection[int],
    *,
    area_ids: Collection[int] | None,
) -> Sequence[Any]:
    """Places in areas that are answered for today, and were not without some duties."""

    def vacant(without: Collection[int]) -> Sequence[Any]:
        return vacancies(
            session,
            edition_id=scope.edition_id,
            day=scope.day,
            area_ids=area_ids,
            without=without,
        )

    already = {(row.kind, row.code) for row in vacant(())}
    return [row for row in vacant(duties) if (row.kind, row.code) not in already]
