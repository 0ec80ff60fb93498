"""Where a duty is vacant, or would be; which households stand in no zone's list."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import exists

from geo_api.accounts.access import StaffActor, require_role
from geo_api.accounts.rules import Actor, Role
from geo_api.areas.service import in_areas
from geo_api.households.models import Household, HouseholdPlace
from geo_api.households.schemas import HouseholdOut
from geo_api.households.service import visible_to as households_visible_to
from geo_api.households.showing import show_households
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.zones import queries, service
from geo_api.zones.giving import duties_about_to_go, vacancies_without
from geo_api.zones.models import ResponsibilityZone, ZoneHousehold
from geo_api.zones.rules import DutyKind
from geo_api.zones.schemas import CoverageOut, PlaceRef, Vacancy
from geo_api.zones.scope import areas_inside, scope_of

router = APIRouter()


def _check_reader(actor: Actor) -> None:
    require_role(
        actor, Role.ADMIN, Role.COUNTY_LEADER, Role.TOWN_LEADER, Role.VILLAGE_CADRE
    )


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
    _check_reader(actor)
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
        rows = service.vacancies(
            session, edition_id=scope.edition_id, day=day, area_ids=areas
        )
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


@router.get(
    "/coverage/households",
    summary="Households in scope that stand in no zone's list, masked",
    responses=problem_responses(400, 401, 403, 404),
)
def list_unlisted_households(
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
    area: Annotated[str | None, Query(max_length=40, description="Area code.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[HouseholdOut]:
    """By ledger code; one whose zone lies elsewhere since it moved stands in none."""
    _check_reader(actor)
    scope = scope_of(session, actor, context, now)
    filters = {"area": area}
    position = read_cursor(cursor, filters, (str,))
    listed = (
        exists()
        .where(
            ZoneHousehold.household_id == Household.id,
            ZoneHousehold.zone_id == ResponsibilityZone.id,
            queries.lies_in_area_of_zone(),
            queries.holds(ZoneHousehold, scope.day),
            queries.holds(ResponsibilityZone, scope.day),
        )
        .correlate(Household, HouseholdPlace)
    )
    wanted = households_visible_to(actor, edition_id=scope.edition_id).where(~listed)
    if area is not None:
        place = HouseholdPlace
        wanted = wanted.where(
            in_areas(
                areas_inside(session, scope, area),
                town=place.town_id,
                village=place.village_id,
                group=place.group_id,
            )
        )
    if position:
        wanted = wanted.where(Household.code > position[0])
    rows = list(session.scalars(wanted.order_by(Household.code).limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    return Page(
        items=show_households(session, cipher, rows, edition_id=scope.edition_id),
        next=make_cursor([rows[-1].code], filters) if more else None,
    )
