"""Responsibility zones and their lists of households."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from geo_api.accounts.access import StaffActor
from geo_api.accounts.rules import Actor
from geo_api.areas.rules import AreaType
from geo_api.areas.service import areas_by_id, get_area
from geo_api.errors import InvalidInput, NotAllowed
from geo_api.households.models import Household
from geo_api.households.schemas import HouseholdOut
from geo_api.households.service import visible_to as households_visible_to
from geo_api.households.showing import show_households
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.zones import queries, service, zoning
from geo_api.zones.membership import replace_members
from geo_api.zones.models import Duty, ResponsibilityZone, ZoneHousehold
from geo_api.zones.rules import can_keep_people
from geo_api.zones.schemas import ZoneChange, ZoneHouseholdsIn, ZoneIn, ZoneOut
from geo_api.zones.scope import (
    Scope,
    audit,
    get_area_in_scope,
    get_zone_in_scope,
    scope_of,
)
from geo_api.zones.showing import show_duties, show_zones

router = APIRouter()


@router.get(
    "/zones",
    summary="Responsibility zones in scope, by code",
    responses=problem_responses(400, 401, 403, 404),
)
def list_zones(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    area: Annotated[str | None, Query(max_length=40, description="Area code.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ZoneOut]:
    """Zones in force today."""
    scope = scope_of(session, actor, context, now)
    filters = {"area": area}
    position = read_cursor(cursor, filters, (str,))
    wanted = service.zones_visible_to(actor, areas=scope.areas).where(
        queries.holds(ResponsibilityZone, scope.day)
    )
    if area is not None:
        found = get_area(session, area, day=scope.day, loc=("query", "area"))
        inside = service.areas_below(session, [found.id], edition_id=scope.edition_id)
        wanted = wanted.where(ResponsibilityZone.area_id.in_(inside))
    if position:
        wanted = wanted.where(ResponsibilityZone.code > position[0])
    rows = list(
        session.scalars(wanted.order_by(ResponsibilityZone.code).limit(limit + 1))
    )
    more, rows = len(rows) > limit, rows[:limit]
    return Page(
        items=show_zones(session, rows, edition_id=scope.edition_id, day=scope.day),
        next=make_cursor([rows[-1].code], filters) if more else None,
    )


def _shown(session: Session, scope: Scope, zone: ResponsibilityZone) -> ZoneOut:
    session.flush()  # the reply is read from the rows as they will be
    return show_zones(session, [zone], edition_id=scope.edition_id, day=scope.day)[0]


def _check_keeper(actor: Actor) -> None:
    if not can_keep_people(actor.role):
        raise NotAllowed("Only the village, the town or the administrator keep zones")


@router.get(
    "/zones/{zone_id}",
    summary="One zone with who answers for it",
    responses=problem_responses(401, 403, 404),
)
def get_zone(
    zone_id: UUID,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> ZoneOut:
    """With whole names of duty holders, which is audited."""
    scope = scope_of(session, actor, context, now)
    zone = get_zone_in_scope(session, scope, zone_id)
    shown = _shown(session, scope, zone)
    rows = session.execute(
        service.duties_visible_to(actor, areas=scope.areas).where(
            Duty.zone_id == zone.id,
            queries.holds(Duty, scope.day),
        )
    ).all()
    shown.duties = show_duties(
        session,
        [(row[0], row[1]) for row in rows],
        edition_id=scope.edition_id,
        in_full=True,
    )
    audit(session, actor, "zone.read", "zone", zone.public_id, ("person.name",), now)
    return shown


@router.post(
    "/zones",
    summary="Add a zone",
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 422),
)
def post_zone(
    body: ZoneIn,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> ZoneOut:
    """In one of the caller's areas, and not across its line."""
    _check_keeper(actor)
    scope = scope_of(session, actor, context, now)
    area = get_area_in_scope(session, scope, body.area_code)
    if area.type is AreaType.COUNTY:
        raise InvalidInput(
            "A zone belongs to a group, a village or a town",
            loc=("body", "area_code"),
            mend="Choose a narrower area",
        )
    zone = zoning.add_zone(
        session,
        body.code,
        name=body.name,
        kind=body.kind,
        area=area,
        edition_id=scope.edition_id,
        geometry=body.geometry,
        valid_from=body.valid_from,
    )
    audit(session, actor, "zone.create", "zone", zone.public_id, (), now)
    return _shown(session, scope, zone)


@router.patch(
    "/zones/{zone_id}",
    summary="Rename, redraw or end a zone",
    responses=problem_responses(401, 403, 404, 409, 422),
)
def patch_zone(
    zone_id: UUID,
    body: ZoneChange,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> ZoneOut:
    """Absent fields stay."""
    scope = scope_of(session, actor, context, now)
    zone = get_zone_in_scope(session, scope, zone_id)
    _check_keeper(actor)
    if body.name is not None:
        zone.name = body.name
    if body.geometry is not None:
        area = areas_by_id(session, [zone.area_id], edition_id=scope.edition_id)
        zoning.redraw_zone(
            session,
            zone,
            area=area[zone.area_id],
            edition_id=scope.edition_id,
            geometry=body.geometry,
        )
    if body.ends_on is not None:
        if body.ends_on < scope.day:
            raise InvalidInput(
                "What was in force on past days stays so",
                loc=("body", "ends_on"),
                mend="Send today or a later day",
            )
        zoning.end_zone(session, zone, day=body.ends_on)
    changed = sorted(body.model_dump(exclude_unset=True))
    audit(session, actor, "zone.change", "zone", zone.public_id, changed, now)
    return _shown(session, scope, zone)


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
) -> Page[HouseholdOut]:
    """Households in force today, by ledger code."""
    scope = scope_of(session, actor, context, now)
    zone = get_zone_in_scope(session, scope, zone_id)
    rows = session.scalars(
        households_visible_to(actor, edition_id=scope.edition_id)
        .join(ZoneHousehold, ZoneHousehold.household_id == Household.id)
        .join(ResponsibilityZone, ResponsibilityZone.id == ZoneHousehold.zone_id)
        .where(
            queries.lies_in_area_of_zone(),
            ZoneHousehold.zone_id == zone.id,
            queries.holds(ZoneHousehold, scope.day),
        )
        .order_by(Household.code)
    ).all()
    return Page(
        items=show_households(session, cipher, rows, edition_id=scope.edition_id)
    )


@router.put(
    "/zones/{zone_id}/households",
    summary="Set a zone's households",
    status_code=204,
    responses=problem_responses(401, 403, 404, 422),
)
def put_zone_households(
    zone_id: UUID,
    body: ZoneHouseholdsIn,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> Response:
    """All in the zone's own area; a household leaves the zone that it was in."""
    scope = scope_of(session, actor, context, now)
    zone = get_zone_in_scope(session, scope, zone_id)
    _check_keeper(actor)
    wanted = set(body.household_ids)
    found = session.scalars(
        households_visible_to(actor, edition_id=scope.edition_id).where(
            Household.public_id.in_(wanted)
        )
    ).all()
    if len(found) < len(wanted):
        raise InvalidInput(
            "%(count)s of the households are unknown or not yours",
            loc=("body", "household_ids"),
            mend="Take the ids from GET /api/households",
            count=len(wanted) - len(found),
        )
    replace_members(
        session,
        zone,
        [household.id for household in found],
        edition_id=scope.edition_id,
        day=scope.day,
    )
    audit(session, actor, "zone.households", "zone", zone.public_id, (), now)
    return Response(status_code=204)
