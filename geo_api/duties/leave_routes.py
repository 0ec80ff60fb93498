"""Leave: who is away, and who stands in."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from geo_api.accounts.dependencies import StaffActor
from geo_api.accounts.rules import mask_name
from geo_api.db.locks import lock_again
from geo_api.duties.authority import require_whole
from geo_api.duties.schemas import LeaveIn, LeaveOut
from geo_api.duties.scope import get_person_in_scope, require_keeper, visible_people
from geo_api.duties.substitutes import check_substitute
from geo_api.errors import InvalidInput, NotFound
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.paging import Page
from geo_api.http.problems import problem_responses
from geo_api.people import leave as people_leave
from geo_api.people.drafts import LeaveDraft
from geo_api.people.models import Leave, Person
from geo_api.zones.scope import Scope, audit, scope_of

router = APIRouter(tags=["people"], responses=problem_responses(401, 403))


@router.get("/leave", summary="Leave in scope that is not over, masked")
def list_leave(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    person_id: UUID | None = None,
) -> Page[LeaveOut]:
    """By first day; the first thousand."""
    scope = scope_of(session, actor, context, now)
    people = visible_people(scope).with_only_columns(Person.id)
    substitute = aliased(Person)
    wanted = (
        select(Leave, Person, substitute)
        .join(Person, Person.id == Leave.person_id)
        .outerjoin(substitute, substitute.id == Leave.substitute_id)
        .where(Leave.person_id.in_(people), Leave.last_day >= scope.day)
        .order_by(Leave.first_day, Person.code)
        .limit(1000)
    )
    if person_id is not None:
        wanted = wanted.where(Person.public_id == person_id)
    rows = session.execute(wanted)
    return Page(items=[_shown_leave(*row) for row in rows])


def _require_may_send(session: Session, scope: Scope, person: Person) -> None:
    """Raise unless it is one's own leave, or that of somebody wholly the caller's."""
    if person.id != scope.actor.person_id:
        require_keeper(scope.actor)
        require_whole(session, scope, person)


def _shown_leave(leave: Leave, person: Person, substitute: Person | None) -> LeaveOut:
    if substitute is not None and substitute.ended_at is not None:
        substitute = None  # who has left stands in for nobody
    return LeaveOut(
        id=leave.public_id,
        person_id=person.public_id,
        person_name=mask_name(person.name),
        first_day=leave.first_day,
        last_day=leave.last_day,
        substitute_id=substitute.public_id if substitute else None,
        substitute_name=mask_name(substitute.name) if substitute else None,
        is_cancelled=leave.cancelled_at is not None,
    )


@router.post(
    "/leave",
    summary="Somebody is away; one's own, or of people one keeps",
    status_code=201,
    responses=problem_responses(404, 422),
)
def post_leave(
    body: LeaveIn,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> LeaveOut:
    """While away the substitute is asked, or the next of the chain."""
    scope = scope_of(session, actor, context, now)
    person = get_person_in_scope(
        session, scope, body.person_id, loc=("body", "person_id")
    )
    _require_may_send(session, scope, person)
    if person.ended_at is not None:
        raise InvalidInput(
            "This person has left",
            loc=("body", "person_id"),
            mend="Who has left needs no leave",
        )
    substitute = None
    if body.substitute_id is not None:
        substitute = get_person_in_scope(
            session, scope, body.substitute_id, loc=("body", "substitute_id")
        )
    draft = LeaveDraft(
        person.id,
        body.first_day,
        body.last_day,
        substitute.id if substitute else None,
    )
    people_leave.check_leave(draft)
    check_substitute(session, draft)
    id_ = people_leave.add_leaves_many(session, [draft], now=now)[0]
    leave = session.get_one(Leave, id_)
    audit(session, actor, "leave.create", "leave", leave.public_id, (), now)
    return _shown_leave(leave, person, substitute)


@router.delete(
    "/leave/{leave_id}",
    summary="Cancel a leave",
    status_code=204,
    responses=problem_responses(404),
)
def delete_leave(
    leave_id: UUID,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> Response:
    """One's own, or of people one keeps."""
    scope = scope_of(session, actor, context, now)
    people = visible_people(scope).with_only_columns(Person.id)
    leave = session.scalar(
        select(Leave).where(Leave.public_id == leave_id, Leave.person_id.in_(people))
    )
    if leave is None:
        raise NotFound("There is no such leave", loc=("path", "id"))
    _require_may_send(session, scope, session.get_one(Person, leave.person_id))
    if lock_again(session, leave).cancelled_at is None:
        leave.cancelled_at = now
        audit(session, actor, "leave.cancel", "leave", leave.public_id, (), now)
    return Response(status_code=204)
