"""Duties: who answers for which area, zone or household, and from when on."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from geo_api.accounts.dependencies import StaffActor, hooks_of
from geo_api.db import validity
from geo_api.duties import ledger
from geo_api.duties.appointments import give_duty
from geo_api.duties.authority import require_may_end_duty
from geo_api.duties.models import Duty
from geo_api.duties.queries import lies_within
from geo_api.duties.replies import show_duties
from geo_api.duties.rules import (
    PLACES_OF_DUTY,
    DutyKind,
    PlaceKind,
    can_give_duty,
)
from geo_api.duties.schemas import DutyIn, DutyKindOut, DutyOut
from geo_api.duties.scope import get_duty_in_scope, visible_duties
from geo_api.errors import InvalidInput
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.people.models import Person
from geo_api.zones.models import ResponsibilityZone
from geo_api.zones.scope import areas_inside, audit, require_reader, scope_of

router = APIRouter(tags=["people"], responses=problem_responses(401, 403))


@router.get(
    "/duty-kinds", summary="Kinds of duty, their places, and which the caller may give"
)
def list_duty_kinds(actor: StaffActor) -> Page[DutyKindOut]:
    """From what is nearest to a household to what is farthest."""
    require_reader(actor)
    return Page(
        items=[
            DutyKindOut(
                kind=kind,
                places=[place for place in PlaceKind if place in places],
                may_give=can_give_duty(actor.role, kind),
            )
            for kind, places in PLACES_OF_DUTY.items()
        ]
    )


@router.get(
    "/duties", summary="Duties in scope, masked", responses=problem_responses(400, 404)
)
def list_duties(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    kind: DutyKind | None = None,
    on: Annotated[date | None, Query(description="Default today.")] = None,
    area: Annotated[str | None, Query(max_length=40, description="Area code.")] = None,
    person_id: UUID | None = None,
    zone_id: UUID | None = None,
    history: Annotated[
        bool, Query(description="Those of every day, ended and to come, instead.")
    ] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[DutyOut]:
    """Duties in force on a day, in the order in which they were given."""
    scope = scope_of(session, actor, context, now)
    filters = {
        "kind": kind,
        "on": on,
        "area": area,
        "person": person_id,
        "zone": zone_id,
        "history": history,
    }
    position = read_cursor(cursor, filters, (UUID,))
    wanted = visible_duties(scope)
    if not history:
        wanted = wanted.where(validity.holds(Duty, on or scope.day))
    if area is not None:
        inside = areas_inside(session, scope, area)
        wanted = wanted.where(lies_within(inside, edition_id=scope.edition_id))
    if person_id is not None:
        wanted = wanted.where(Person.public_id == person_id)
    if zone_id is not None:
        zone = ResponsibilityZone
        wanted = wanted.join(zone, zone.id == Duty.zone_id).where(
            zone.public_id == zone_id
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
    duty = give_duty(session, scope, person, body, now=now)
    return show_duties(session, [(duty, person)], edition_id=scope.edition_id)[0]


@router.delete(
    "/duties/{duty_id}",
    summary="End a duty today",
    status_code=204,
    responses=problem_responses(404, 409),
)
def delete_duty(
    duty_id: UUID,
    request: Request,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> Response:
    """What was held by it is handed on; a desk's last holder cannot be ended."""
    scope = scope_of(session, actor, context, now)
    duty = get_duty_in_scope(session, scope, duty_id)
    require_may_end_duty(session, scope, duty)
    audit(session, actor, "duty.end", "duty", duty.public_id, (), now)
    person_id = duty.person_id
    ledger.end_duty(session, duty, day=scope.day)
    hooks_of(request).hand_on(
        session, actor, [person_id], now=now, settings=context.settings
    )
    return Response(status_code=204)
