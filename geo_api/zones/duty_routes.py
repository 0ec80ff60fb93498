"""Duties: who answers for which area, zone or household, and from when on."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.access import StaffActor
from geo_api.errors import InvalidInput, NotAllowed, NotFound
from geo_api.households.service import get_household
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.zones import keeping, queries, service
from geo_api.zones.drafts import DutyDraft
from geo_api.zones.models import Duty, Person
from geo_api.zones.rules import PLACES_OF_DUTY, DutyKind, PlaceKind, can_give_duty
from geo_api.zones.schemas import DutyIn, DutyOut
from geo_api.zones.scope import (
    Scope,
    audit,
    get_area_in_scope,
    get_zone_in_scope,
    scope_of,
)
from geo_api.zones.showing import show_duties

router = APIRouter(tags=["people"], responses=problem_responses(401, 403))


@router.get(
    "/duties", summary="Duties in scope, masked", responses=problem_responses(400)
)
def list_duties(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    kind: DutyKind | None = None,
    on: Annotated[date | None, Query(description="Default today.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[DutyOut]:
    """Duties in force on a day, by kind and person."""
    scope = scope_of(session, actor, context, now)
    filters = {"kind": kind, "on": on}
    position = read_cursor(cursor, filters, (UUID,))
    wanted = service.duties_visible_to(actor, areas=scope.areas).where(
        queries.holds(Duty, on or scope.day)
    )
    if kind is not None:
        wanted = wanted.where(Duty.kind == kind.value)
    if position:
        wanted = wanted.where(Duty.public_id > position[0])
    rows = session.execute(wanted.order_by(Duty.public_id).limit(limit + 1)).all()
    more, rows = len(rows) > limit, rows[:limit]
    return Page(
        items=show_duties(
            session, [(r[0], r[1]) for r in rows], edition_id=scope.edition_id
        ),
        next=make_cursor([str(rows[-1][0].public_id)], filters) if more else None,
    )


@router.post(
    "/duties",
    summary="Give somebody a duty",
    status_code=201,
    responses=problem_responses(404, 409, 422),
)
def post_duty(
    body: DutyIn,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> DutyOut:
    """For one area, zone or household in the caller's areas."""
    if not can_give_duty(actor.role, body.kind):
        raise NotAllowed("This role may not give this duty")
    scope = scope_of(session, actor, context, now)
    person = session.scalar(
        select(Person).where(
            Person.public_id == body.person_id, Person.ended_at.is_(None)
        )
    )
    if person is None:
        raise InvalidInput(
            "There is no such person",
            loc=("body", "person_id"),
            mend="Add the person first",
        )
    place_kind, ids = _duty_place(session, scope, body)
    if place_kind not in PLACES_OF_DUTY[body.kind]:
        raise InvalidInput(
            "This duty is not held for a %(kind)s",
            loc=("body", "kind"),
            mend="Choose a place of another kind",
            kind=place_kind.value,
        )
    draft = DutyDraft(person.id, body.kind, body.valid_from, body.valid_to, **ids)
    duty = keeping.add_duty(session, draft)
    audit(session, actor, "duty.create", "duty", duty.public_id, (), now)
    return show_duties(session, [(duty, person)], edition_id=scope.edition_id)[0]


def _duty_place(
    session: Session, scope: Scope, body: DutyIn
) -> tuple[PlaceKind, dict[str, int]]:
    if body.area_code is not None:
        area = get_area_in_scope(session, scope, body.area_code)
        return PlaceKind(area.type.value), {"area_id": area.id}
    if body.zone_id is not None:
        zone = get_zone_in_scope(session, scope, body.zone_id, loc=("body", "zone_id"))
        return PlaceKind.ZONE, {"zone_id": zone.id}
    assert body.household_id is not None  # noqa: S101  the schema says exactly one
    household = get_household(
        session, scope.actor, body.household_id, edition_id=scope.edition_id
    )
    return PlaceKind.HOUSEHOLD, {"household_id": household.id}


@router.delete(
    "/duties/{duty_id}",
    summary="End a duty today",
    status_code=204,
    responses=problem_responses(404, 409),
)
def delete_duty(
    duty_id: UUID,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> Response:
    """The last holder of a compulsory desk cannot be ended."""
    scope = scope_of(session, actor, context, now)
    row = session.execute(
        service.duties_visible_to(actor, areas=scope.areas).where(
            Duty.public_id == duty_id
        )
    ).first()
    if row is None:
        raise NotFound("There is no such duty", loc=("path", "id"))
    duty = row[0]
    if not can_give_duty(actor.role, DutyKind(duty.kind)):
        raise NotAllowed("This role may not end this duty")
    audit(session, actor, "duty.end", "duty", duty.public_id, (), now)
    keeping.end_duty(session, duty, day=scope.day)
    return Response(status_code=204)
