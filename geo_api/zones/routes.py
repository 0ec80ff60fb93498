"""Households in a zone's list: shown, set, moved in; and those in no list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import exists
from sqlalchemy.orm import Session

from geo_api.accounts.dependencies import StaffActor
from geo_api.areas.queries import in_areas
from geo_api.db import validity
from geo_api.db.locks import lock_again
from geo_api.db.validity import holds
from geo_api.errors import InvalidInput
from geo_api.households.models import Household, HouseholdPlace
from geo_api.households.queries import visible_to as households_visible_to
from geo_api.households.replies import show_households
from geo_api.households.schemas import HouseholdOut
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.http.versions import ReadVersion, ShownVersion
from geo_api.zones import queries
from geo_api.zones.membership import add_members, replace_members
from geo_api.zones.models import ResponsibilityZone, ZoneHousehold
from geo_api.zones.queries import lies_in_area_of_zone
from geo_api.zones.schemas import ZoneHouseholdsIn
from geo_api.zones.scope import (
    Scope,
    areas_inside,
    audit,
    get_zone_in_scope,
    get_zone_to_keep,
    require_overseer,
    scope_of,
)

router = APIRouter(prefix="/api", tags=["zones"])


@router.get(
    "/zones/{zone_id}/households",
    summary="A zone's households, masked",
    responses=problem_responses(401, 403, 404),
)
def get_zone_households(
    zone_id: UUID,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
    version: ShownVersion,
) -> Page[HouseholdOut]:
    """Households in force today, by ledger code."""
    scope = scope_of(session, actor, context, now)
    zone = get_zone_in_scope(session, scope, zone_id)
    rows = _members(session, scope, zone)
    version.show(_state_of(rows))
    return Page(
        items=show_households(session, cipher, rows, edition_id=scope.edition_id)
    )


def _members(
    session: Session, scope: Scope, zone: ResponsibilityZone
) -> Sequence[Household]:
    return session.scalars(
        households_visible_to(scope.actor, edition_id=scope.edition_id)
        .join(ZoneHousehold, ZoneHousehold.household_id == Household.id)
        .join(ResponsibilityZone, ResponsibilityZone.id == ZoneHousehold.zone_id)
        .where(
            queries.lies_in_area_of_zone(),
            ZoneHousehold.zone_id == zone.id,
            validity.holds(ZoneHousehold, scope.day),
        )
        .order_by(Household.code)
    ).all()


def _state_of(members: Sequence[Household]) -> list[int]:
    """All that a change of the list may change."""
    return [household.id for household in members]


@router.put(
    "/zones/{zone_id}/households",
    summary="Set a zone's households",
    status_code=204,
    responses=problem_responses(401, 403, 404, 412, 422),
)
def put_zone_households(
    zone_id: UUID,
    body: ZoneHouseholdsIn,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    version: ReadVersion,
) -> Response:
    """All in the zone's own area; a household leaves the zone that it was in."""
    scope = scope_of(session, actor, context, now)
    zone = lock_again(session, get_zone_to_keep(session, scope, zone_id))
    version.check(_state_of(_members(session, scope, zone)))
    return _change(session, scope, zone, body, now, by=replace_members)


@router.post(
    "/zones/{zone_id}/households",
    summary="Move households into a zone",
    status_code=204,
    responses=problem_responses(401, 403, 404, 422),
)
def post_zone_households(
    zone_id: UUID,
    body: ZoneHouseholdsIn,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> Response:
    """They leave the zone that they were in; who is in the list already stays."""
    scope = scope_of(session, actor, context, now)
    zone = lock_again(session, get_zone_to_keep(session, scope, zone_id))
    return _change(session, scope, zone, body, now, by=add_members)


def _change(
    session: Session,
    scope: Scope,
    zone: ResponsibilityZone,
    body: ZoneHouseholdsIn,
    now: datetime,
    *,
    by: Callable[..., None],
) -> Response:
    """Change the zone's list by ``add_members`` or ``replace_members``; audited."""
    found = _found(session, scope, body)
    by(session, zone, found, edition_id=scope.edition_id, day=scope.day)
    audit(session, scope.actor, "zone.households", "zone", zone.public_id, (), now)
    return Response(status_code=204)


def _found(session: Session, scope: Scope, body: ZoneHouseholdsIn) -> list[int]:
    """Internal ids of the households; all of them must be the caller's to see."""
    wanted = set(body.household_ids)
    found = session.scalars(
        households_visible_to(scope.actor, edition_id=scope.edition_id)
        .with_only_columns(Household.id)
        .where(Household.public_id.in_(wanted))
    ).all()
    if len(found) < len(wanted):
        raise InvalidInput(
            "%(count)s of the households are unknown or not yours",
            loc=("body", "household_ids"),
            mend="Take the ids from GET /api/households",
            count=len(wanted) - len(found),
        )
    return list(found)


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
    require_overseer(actor)
    scope = scope_of(session, actor, context, now)
    filters = {"area": area}
    position = read_cursor(cursor, filters, (str,))
    listed = (
        exists()
        .where(
            ZoneHousehold.household_id == Household.id,
            ZoneHousehold.zone_id == ResponsibilityZone.id,
            lies_in_area_of_zone(),
            holds(ZoneHousehold, scope.day),
            holds(ResponsibilityZone, scope.day),
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
