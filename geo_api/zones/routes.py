"""Locate a point; read and keep responsibility zones; who is missing where."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from geo_api.accounts.access import CurrentActor, StaffActor, require_role
from geo_api.accounts.rules import Actor, Role, mask_name
from geo_api.areas.claims import find_point_problems
from geo_api.areas.rules import AreaType, Crs, to_wgs84
from geo_api.areas.service import (
    areas_by_id,
    current_edition,
    get_area,
    locate_many,
)
from geo_api.errors import InvalidInput, NotAllowed, NotFound
from geo_api.households.models import Household
from geo_api.households.schemas import HouseholdOut
from geo_api.households.service import visible_to as households_visible_to
from geo_api.households.showing import show_households
from geo_api.http.context import (
    CurrentCipher,
    CurrentContext,
    CurrentSession,
    Now,
)
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.zones import people_routes, queries, service, zoning
from geo_api.zones.models import Duty, ResponsibilityZone, ZoneHousehold
from geo_api.zones.people_routes import READERS, Scope, audit, scope_of
from geo_api.zones.rules import AnswerPlace, DutyKind, can_keep_people
from geo_api.zones.schemas import (
    AreaRef,
    CoverageOut,
    LocatedDuty,
    LocatedOut,
    LocatedZone,
    PlaceRef,
    Vacancy,
    ZoneChange,
    ZoneHouseholdsIn,
    ZoneIn,
    ZoneOut,
)
from geo_api.zones.showing import show_duties, show_zones

router = APIRouter(prefix="/api", tags=["zones"])
router.include_router(people_routes.router)


@router.get(
    "/locate",
    summary="The areas of a point; for staff in scope also zone and duties",
    responses=problem_responses(401, 422, 503),
)
def get_locate(
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    lon: Annotated[float, Query(description="Degrees east.")],
    lat: Annotated[float, Query(description="Degrees north.")],
    crs: Annotated[
        str, Query(max_length=40, description="wgs84 | cgcs2000 | gcj02 | bd09")
    ] = "wgs84",
) -> LocatedOut:
    """A point on a border belongs to the smallest code; `other_side` names the rest."""
    problems = find_point_problems(lon, lat, crs, ("query", "lon"))
    if problems:
        raise InvalidInput(problems=problems)
    x, y = to_wgs84(lon, lat, Crs(crs))
    settings = context.settings.place
    day = now.astimezone(settings.tz).date()
    edition_id = current_edition(session, day=day).id
    spot = locate_many(
        session,
        [(x, y)],
        edition_id=edition_id,
        border_metres=[settings.border_metres],
        measure=True,
    )[0]
    if spot.place is None:
        raise InvalidInput(
            "The point lies outside the county",
            loc=("query", "lon"),
            mend="Check the coordinates and the coordinate system they are given in",
        )
    areas = areas_by_id(session, spot.place.ids, edition_id=edition_id)
    reply = LocatedOut(
        point={"lon": x, "lat": y},
        areas=[
            AreaRef(code=a.code, name=a.name, type=a.type.value)
            for a in (areas[id_] for id_ in spot.place.ids)
        ],
        ambiguous=spot.is_ambiguous,
        other_side=[
            AreaRef(code=a.code, name=a.name, type=a.type.value) for a in spot.others
        ],
        border_distance_m=round(spot.border_distance_m, 2)
        if spot.border_distance_m is not None
        else None,
    )
    if not actor.is_staff or actor.role is Role.AUDITOR:
        return reply
    zone = service.zones_at(session, [(x, y)], [spot.place], day=day)[0]
    in_scope = bool(
        actor.role is Role.ADMIN
        or actor.area_ids & set(spot.place.ids)
        or (zone and zone.id in actor.zone_ids)
    )
    if not in_scope:
        return reply
    place = AnswerPlace(
        spot.place.county_id,
        spot.place.town_id,
        spot.place.village_id,
        spot.place.group_id,
        zone.id if zone else None,
    )
    book = service.read_duties(
        session, [place], edition_id=edition_id, since=day, until=day
    )
    duties = [
        (
            a,
            LocatedDuty(
                kind=a.kind,
                person_id=a.person_public_id,
                name=mask_name(a.name),
                is_on_leave=book.absence(a.person_id, day) is not None,
            ),
        )
        for a in book.answerers(place, day)
    ]
    reply.zones = []
    if zone is not None:
        own = [d for a, d in duties if a.place_kind.value == "zone"]
        reply.zones = [
            LocatedZone(id=zone.public_id, code=zone.code, name=zone.name, duties=own)
        ]
    reply.duties = [d for a, d in duties if a.place_kind.value != "zone"]
    return reply


@router.get(
    "/coverage",
    summary="Places where a duty is vacant on a day",
    responses=problem_responses(401, 403, 422),
)
def get_coverage(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    on: Annotated[date | None, Query(description="Default today.")] = None,
) -> CoverageOut:
    """In scope, by duty and code."""
    require_role(
        actor, Role.ADMIN, Role.COUNTY_LEADER, Role.TOWN_LEADER, Role.VILLAGE_CADRE
    )
    scope = scope_of(session, actor, context, now)
    day = on or scope.day
    areas = None if actor.role is Role.ADMIN else scope.areas
    rows = service.vacancies(
        session, edition_id=scope.edition_id, day=day, area_ids=areas
    )
    return CoverageOut(
        on=day,
        items=[
            Vacancy(
                duty=DutyKind(row.kind),
                place=PlaceRef(kind=row.place_kind, code=row.code, name=row.name),
            )
            for row in rows
        ],
    )


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
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    filters = {"area": area}
    position = read_cursor(cursor, filters, (str,))
    wanted = service.zones_visible_to(actor, areas=scope.areas).where(
        queries.holds(ResponsibilityZone, scope.day)
    )
    if area is not None:
        found = get_area(session, area, day=scope.day)
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


def _zone(
    session: Session, actor: Actor, scope: Scope, public_id: UUID
) -> ResponsibilityZone:
    zone = session.scalar(
        service.zones_visible_to(actor, areas=scope.areas).where(
            ResponsibilityZone.public_id == public_id
        )
    )
    if zone is None:
        raise NotFound("There is no such zone", loc=("path", "id"))
    return zone


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
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    zone = _zone(session, actor, scope, zone_id)
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
    area = get_area(session, body.area_code, day=scope.day)
    if actor.role is not Role.ADMIN and area.id not in scope.areas:
        raise NotFound("There is no such area", loc=("body", "area_code"))
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
    responses=problem_responses(401, 403, 404, 422),
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
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    zone = _zone(session, actor, scope, zone_id)
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
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    zone = _zone(session, actor, scope, zone_id)
    rows = session.scalars(
        households_visible_to(actor, edition_id=scope.edition_id)
        .join(ZoneHousehold, ZoneHousehold.household_id == Household.id)
        .where(
            ZoneHousehold.zone_id == zone.id, queries.holds(ZoneHousehold, scope.day)
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
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    zone = _zone(session, actor, scope, zone_id)
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
    zoning.replace_members(
        session,
        zone,
        [household.id for household in found],
        edition_id=scope.edition_id,
        day=scope.day,
    )
    audit(session, actor, "zone.households", "zone", zone.public_id, (), now)
    return Response(status_code=204)
