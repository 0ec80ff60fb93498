"""Which households stand in a zone's list: shown, set as a whole, moved in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from geo_api.accounts.access import StaffActor
from geo_api.db.locking import lock_again
from geo_api.errors import InvalidInput
from geo_api.households.models import Household
from geo_api.households.schemas import HouseholdOut
from geo_api.households.service import visible_to as households_visible_to
from geo_api.households.showing import show_households
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.paging import Page
from geo_api.http.problems import problem_responses
from geo_api.http.versions import ReadVersion, ShownVersion
from geo_api.zones import queries
from geo_api.zones.membership import add_members, replace_members
from geo_api.zones.models import ResponsibilityZone, ZoneHousehold
from geo_api.zones.schemas import ZoneHouseholdsIn
from geo_api.zones.scope import (
    Scope,
    audit,
    get_zone_in_scope,
    get_zone_to_keep,
    scope_of,
)

router = APIRouter()


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
            queries.holds(ZoneHousehold, scope.day),
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
