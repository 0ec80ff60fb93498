"""Responsibility zones and their lists of households."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import or_
from sqlalchemy.orm import Session

from geo_api.accounts.dependencies import StaffActor, hooks_of
from geo_api.areas.queries import areas_by_id
from geo_api.areas.rules import AreaType
from geo_api.db import validity
from geo_api.db.locks import lock_again
from geo_api.duties.ledger import end_duties_of_zone
from geo_api.duties.models import Duty
from geo_api.duties.replies import show_duties_today, show_zones
from geo_api.duties.schemas import ZoneOut
from geo_api.errors import InvalidInput
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.http.versions import ReadVersion, ShownVersion
from geo_api.zones import ledger
from geo_api.zones.models import ResponsibilityZone
from geo_api.zones.queries import shapes_of
from geo_api.zones.schemas import ZoneChange, ZoneIn
from geo_api.zones.scope import (
    Scope,
    areas_inside,
    audit,
    get_area_in_scope,
    get_zone_in_scope,
    get_zone_to_keep,
    require_zone_keeper,
    scope_of,
)

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
    q: Annotated[
        str | None, Query(max_length=60, description="Part of the name, or of a code.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ZoneOut]:
    """Zones in force today, with who answers for each, masked."""
    scope = scope_of(session, actor, context, now)
    filters = {"area": area, "q": q}
    position = read_cursor(cursor, filters, (str,))
    wanted = scope.visible_zones().where(validity.holds(ResponsibilityZone, scope.day))
    if area is not None:
        inside = areas_inside(session, scope, area)
        wanted = wanted.where(ResponsibilityZone.area_id.in_(inside))
    if q:
        wanted = wanted.where(
            or_(
                ResponsibilityZone.name.contains(q, autoescape=True),
                ResponsibilityZone.code.startswith(q, autoescape=True),
            )
        )
    if position:
        wanted = wanted.where(ResponsibilityZone.code > position[0])
    rows = list(
        session.scalars(wanted.order_by(ResponsibilityZone.code).limit(limit + 1))
    )
    more, rows = len(rows) > limit, rows[:limit]
    return Page(
        items=_with_duties(session, scope, rows),
        next=make_cursor([rows[-1].code], filters) if more else None,
    )


def _with_duties(
    session: Session,
    scope: Scope,
    zones: Sequence[ResponsibilityZone],
    *,
    in_full: bool = False,
) -> list[ZoneOut]:
    shown = show_zones(session, zones, edition_id=scope.edition_id, day=scope.day)
    those = Duty.zone_id.in_([zone.id for zone in zones])
    duties = show_duties_today(session, scope, those, in_full=in_full)
    by_zone = {zone.id: zone for zone in shown}
    for duty in duties:
        if duty.place is not None and duty.place.id is not None:
            by_zone[duty.place.id].duties.append(duty)
    return shown


def _shown(session: Session, scope: Scope, zone: ResponsibilityZone) -> ZoneOut:
    session.flush()  # the reply is read from the rows as they will be
    return show_zones(session, [zone], edition_id=scope.edition_id, day=scope.day)[0]


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
    version: ShownVersion,
) -> ZoneOut:
    """With whole names of duty holders, which is audited."""
    scope = scope_of(session, actor, context, now)
    zone = get_zone_in_scope(session, scope, zone_id)
    version.show(_state_of(session, zone, scope))
    shown = _with_duties(session, scope, [zone], in_full=True)[0]
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
    require_zone_keeper(actor)
    scope = scope_of(session, actor, context, now)
    area = get_area_in_scope(session, scope, body.area_code)
    if area.type is AreaType.COUNTY:
        raise InvalidInput(
            "A zone belongs to a group, a village or a town",
            loc=("body", "area_code"),
            mend="Choose a narrower area",
        )
    zone = ledger.add_zone(
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
    responses=problem_responses(401, 403, 404, 409, 412, 422),
)
def patch_zone(
    zone_id: UUID,
    body: ZoneChange,
    request: Request,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    version: ReadVersion,
) -> ZoneOut:
    """Absent fields stay."""
    scope = scope_of(session, actor, context, now)
    zone = lock_again(session, get_zone_to_keep(session, scope, zone_id))
    version.check(_state_of(session, zone, scope))
    if body.name is not None:
        ledger.rename_zone(session, zone, body.name)
    if body.geometry is not None:
        area = areas_by_id(session, [zone.area_id], edition_id=scope.edition_id)
        ledger.redraw_zone(
            session,
            zone,
            area=area[zone.area_id],
            edition_id=scope.edition_id,
            geometry=body.geometry,
            day=scope.day,
        )
    if body.ends_on is not None:
        if body.ends_on < scope.day:
            raise InvalidInput(
                "What was in force on past days stays so",
                loc=("body", "ends_on"),
                mend="Send today or a later day",
            )
        ledger.end_zone(session, zone, day=body.ends_on)
        holders = end_duties_of_zone(session, zone, day=body.ends_on)
        hooks_of(request).hand_on(
            session, actor, holders, now=now, settings=context.settings
        )
    changed = sorted(body.model_dump(exclude_unset=True))
    audit(session, actor, "zone.change", "zone", zone.public_id, changed, now)
    shown = _shown(session, scope, zone)
    version.show(_state_of(session, zone, scope))
    return shown


def _state_of(
    session: Session, zone: ResponsibilityZone, scope: Scope
) -> tuple[object, ...]:
    """All that a change of the zone may change."""
    shape = shapes_of(session, [zone], scope.day).get(zone.id)
    return zone.name, shape and shape.hash.hex(), zone.valid_to
