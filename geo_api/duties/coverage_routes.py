"""Where a duty is vacant, or would be."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from geo_api.accounts.dependencies import StaffActor
from geo_api.accounts.rules import Role
from geo_api.duties.coverage import duties_about_to_go, vacancies, vacancies_without
from geo_api.duties.rules import DutyKind
from geo_api.duties.schemas import CoverageOut, PlaceRef, Vacancy
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.problems import problem_responses
from geo_api.zones.scope import areas_inside, require_overseer, scope_of

router = APIRouter()


@router.get(
    "/coverage",
    summary="Places where a duty is vacant on a day, or would be without somebody",
    responses=problem_responses(401, 403, 404, 422),
)
def get_coverage(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    on: Annotated[date | None, Query(description="Default today.")] = None,
    area: Annotated[str | None, Query(max_length=40, description="Area code.")] = None,
    without: Annotated[
        UUID | None,
        Query(description="Only what would be vacant today without this person."),
    ] = None,
    without_duty: Annotated[
        UUID | None,
        Query(description="Only what would be vacant today without this duty."),
    ] = None,
) -> CoverageOut:
    """In scope, by duty and code."""
    require_overseer(actor)
    scope = scope_of(session, actor, context, now)
    areas = None if actor.role is Role.ADMIN else set(scope.areas)
    if area is not None:
        inside = areas_inside(session, scope, area)
        areas = inside if areas is None else inside & areas
    going = duties_about_to_go(session, scope, person_id=without, duty_id=without_duty)
    if going is not None:
        day = scope.day
        rows = vacancies_without(session, scope, going, area_ids=areas)
    else:
        day = on or scope.day
        rows = vacancies(session, edition_id=scope.edition_id, day=day, area_ids=areas)
    return CoverageOut(
        on=day,
        items=[
            Vacancy(
                duty=DutyKind(row.kind),
                place=PlaceRef(
                    kind=row.place_kind, code=row.code, name=row.name, id=row.zone_id
                ),
            )
            for row in rows
        ],
    )
