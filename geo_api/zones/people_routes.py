"""People, their duties and leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from geo_api.accounts.access import StaffActor, require_role
from geo_api.accounts.models import Account
from geo_api.accounts.rules import Actor, Role, mask_name
from geo_api.accounts.service import record_audit
from geo_api.areas.service import current_edition, get_area
from geo_api.errors import Conflict, InvalidInput, NotAllowed, NotFound
from geo_api.households.models import Contact
from geo_api.households.service import get_household, read_contact, store_contact
from geo_api.http.context import (
    Context,
    CurrentCipher,
    CurrentContext,
    CurrentSession,
    Now,
)
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.zones import keeping, queries, service
from geo_api.zones.models import Duty, Leave, Person, ResponsibilityZone
from geo_api.zones.rules import (
    PLACES_OF_DUTY,
    DutyKind,
    PlaceKind,
    can_give_duty,
    can_keep_people,
)
from geo_api.zones.schemas import (
    DutyIn,
    DutyOut,
    LeaveIn,
    LeaveOut,
    PersonChange,
    PersonIn,
    PersonOut,
)
from geo_api.zones.showing import show_duties, show_people

router = APIRouter(tags=["people"], responses=problem_responses(401, 403))

READERS = (
    Role.ADMIN,
    Role.COUNTY_LEADER,
    Role.TOWN_LEADER,
    Role.VILLAGE_CADRE,
    Role.HANDLER,
)


@dataclass(frozen=True)
class Scope:
    """The edition of today and all areas that the caller's reach holds."""

    edition_id: int
    day: date
    areas: frozenset[int]


def scope_of(session: Session, actor: Actor, context: Context, now: Now) -> Scope:
    """The caller's scope today."""
    day = now.astimezone(context.settings.place.tz).date()
    edition_id = current_edition(session, day=day).id
    areas = service.scope_areas(session, actor, edition_id=edition_id)
    return Scope(edition_id, day, frozenset(areas))


def audit(
    session: Session,
    actor: Actor,
    action: str,
    kind: str,
    subject_id: UUID,
    fields: Sequence[str],
    now: Now,
) -> None:
    """One row of the audit about a person, duty, leave or zone."""
    record_audit(
        session,
        actor,
        action=action,
        subject_kind=kind,
        subject_id=subject_id,
        fields=fields,
        now=now,
    )


def _person(session: Session, actor: Actor, scope: Scope, public_id: UUID) -> Person:
    person = session.scalar(
        service.people_visible_to(actor, areas=scope.areas).where(
            Person.public_id == public_id
        )
    )
    if person is None:
        raise NotFound("There is no such person", loc=("path", "id"))
    return person


def _check_keeper(actor: Actor) -> None:
    if not can_keep_people(actor.role):
        raise NotAllowed("Only the village, the town or the administrator keep people")


def _account_id(session: Session, username: str | None) -> int | None:
    if not username:
        return None
    found = session.scalar(
        select(Account.id).where(
            Account.username == username, Account.ended_at.is_(None)
        )
    )
    if found is None:
        raise InvalidInput(
            "There is no account %(username)s",
            loc=("body", "username"),
            mend="Add the account first",
            username=username,
        )
    return found


@router.get("/people", summary="People with a duty in scope, by ledger code, masked")
def list_people(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[PersonOut]:
    """The administrator sees everybody."""
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    position = read_cursor(cursor, {}, (str,))
    wanted = service.people_visible_to(actor, areas=scope.areas).where(
        Person.ended_at.is_(None)
    )
    if position:
        wanted = wanted.where(Person.code > position[0])
    rows = list(session.scalars(wanted.order_by(Person.code).limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    return Page(
        items=show_people(session, rows, day=scope.day),
        next=make_cursor([rows[-1].code], {}) if more else None,
    )


@router.post(
    "/people",
    summary="Add a person",
    status_code=201,
    responses=problem_responses(409, 422),
)
def post_person(
    body: PersonIn,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
) -> PersonOut:
    """They answer for nothing until they are given a duty."""
    _check_keeper(actor)
    if session.scalar(select(Person.id).where(Person.code == body.code)) is not None:
        raise Conflict(
            "The ledger code %(code)s is taken",
            loc=("body", "code"),
            mend="Use another code, or change the person who has it",
            code=body.code,
        )
    if body.username and actor.role is not Role.ADMIN:
        raise NotAllowed("Only the administrator ties people to accounts")
    contact_id = None
    if body.phone:
        contact_id = store_contact(session, cipher, phone=body.phone, now=now)
    draft = keeping.PersonDraft(
        body.code,
        body.name,
        body.is_party_member,
        _account_id(session, body.username),
        contact_id,
    )
    ids = keeping.add_people_many(session, [draft], now=now)
    person = session.get_one(Person, ids[body.code])
    audit(session, actor, "person.create", "person", person.public_id, (), now)
    day = now.astimezone(context.settings.place.tz).date()
    return show_people(session, [person], day=day)[0]


@router.get(
    "/people/{person_id}",
    summary="One person with duties and phone; audited",
    responses=problem_responses(404),
)
def get_person(
    person_id: UUID,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
) -> PersonOut:
    """The whole name and, but for administrators, the phone of a duty holder."""
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    person = _person(session, actor, scope, person_id)
    shown = show_people(session, [person], day=scope.day)[0]
    shown.name = person.name
    fields = ["name"]
    if person.contact_id is not None and actor.role is not Role.ADMIN:
        contact = session.get(Contact, person.contact_id)
        shown.phone = read_contact(cipher, contact).phone
        fields.append("phone")
    rows = session.execute(
        service.duties_visible_to(actor, areas=scope.areas)
        .where(Duty.person_id == person.id, queries.holds(Duty, scope.day))
        .order_by(Duty.kind, Duty.valid_from)
    ).all()
    shown.duties = show_duties(
        session, [(r[0], r[1]) for r in rows], edition_id=scope.edition_id, in_full=True
    )
    audit(session, actor, "person.read", "person", person.public_id, fields, now)
    return shown


@router.patch(
    "/people/{person_id}",
    summary="Change or end a person",
    responses=problem_responses(404, 409, 422),
)
def patch_person(
    person_id: UUID,
    body: PersonChange,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
) -> PersonOut:
    """Ending a person ends their duties; a compulsory desk must be given on first."""
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    person = _person(session, actor, scope, person_id)
    _check_keeper(actor)
    if body.name is not None:
        person.name = body.name
    if body.is_party_member is not None:
        person.is_party_member = body.is_party_member
    if body.username is not None:
        if actor.role is not Role.ADMIN:
            raise NotAllowed("Only the administrator ties people to accounts")
        person.account_id = _account_id(session, body.username)
    if body.phone is not None:
        person.contact_id = store_contact(session, cipher, phone=body.phone, now=now)
    if body.is_ended and person.ended_at is None:
        for duty in session.scalars(
            select(Duty).where(
                Duty.person_id == person.id, queries.holds(Duty, scope.day)
            )
        ):
            keeping.end_duty(session, duty, day=scope.day)
        person.ended_at = now
    changed = sorted(body.model_dump(exclude_unset=True))
    audit(session, actor, "person.change", "person", person.public_id, changed, now)
    session.flush()  # the reply is read from the rows as they will be
    return show_people(session, [person], day=scope.day)[0]


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
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    filters = {"kind": kind, "on": on}
    position = read_cursor(cursor, filters, (str,))
    wanted = service.duties_visible_to(actor, areas=scope.areas).where(
        queries.holds(Duty, on or scope.day)
    )
    if kind is not None:
        wanted = wanted.where(Duty.kind == kind.value)
    if position:
        wanted = wanted.where(Duty.public_id > UUID(position[0]))
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
    responses=problem_responses(404, 422),
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
    place_kind, ids = _duty_place(session, actor, scope, body)
    if place_kind not in PLACES_OF_DUTY[body.kind]:
        raise InvalidInput(
            "This duty is not held for a %(kind)s",
            loc=("body", "kind"),
            mend="Choose a place of another kind",
            kind=place_kind.value,
        )
    draft = keeping.DutyDraft(
        person.id, body.kind, body.valid_from, body.valid_to, **ids
    )
    duty = session.get_one(Duty, keeping.add_duties_many(session, [draft])[0])
    audit(session, actor, "duty.create", "duty", duty.public_id, (), now)
    return show_duties(session, [(duty, person)], edition_id=scope.edition_id)[0]


def _duty_place(
    session: Session, actor: Actor, scope: Scope, body: DutyIn
) -> tuple[PlaceKind, dict[str, int]]:
    is_admin = actor.role is Role.ADMIN
    if body.area_code is not None:
        area = get_area(session, body.area_code, day=scope.day)
        if not is_admin and area.id not in scope.areas:
            raise NotFound("There is no such area", loc=("body", "area_code"))
        return PlaceKind(area.type.value), {"area_id": area.id}
    if body.zone_id is not None:
        zone = session.scalar(
            service.zones_visible_to(actor, areas=scope.areas).where(
                ResponsibilityZone.public_id == body.zone_id
            )
        )
        if zone is None:
            raise NotFound("There is no such zone", loc=("body", "zone_id"))
        return PlaceKind.ZONE, {"zone_id": zone.id}
    assert body.household_id is not None  # noqa: S101  the schema says exactly one
    household = get_household(
        session, actor, body.household_id, edition_id=scope.edition_id
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
    require_role(actor, *READERS)
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
    keeping.end_duty(session, duty, day=scope.day)
    audit(session, actor, "duty.end", "duty", duty.public_id, (), now)
    return Response(status_code=204)


@router.get("/leave", summary="Leave in scope that is not over, masked")
def list_leave(
    actor: StaffActor, session: CurrentSession, context: CurrentContext, now: Now
) -> Page[LeaveOut]:
    """By first day; the first thousand."""
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    people = service.people_visible_to(actor, areas=scope.areas).with_only_columns(
        Person.id
    )
    substitute = aliased(Person)
    rows = session.execute(
        select(Leave, Person, substitute)
        .join(Person, Person.id == Leave.person_id)
        .outerjoin(substitute, substitute.id == Leave.substitute_id)
        .where(Leave.person_id.in_(people), Leave.last_day >= scope.day)
        .order_by(Leave.first_day, Person.code)
        .limit(1000)
    )
    return Page(items=[_shown_leave(*row) for row in rows])


def _shown_leave(leave: Leave, person: Person, substitute: Person | None) -> LeaveOut:
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
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    person = _person(session, actor, scope, body.person_id)
    if person.id != actor.person_id:
        _check_keeper(actor)
    substitute = None
    if body.substitute_id is not None:
        substitute = _person(session, actor, scope, body.substitute_id)
    draft = keeping.LeaveDraft(
        person.id,
        body.first_day,
        body.last_day,
        substitute.id if substitute else None,
    )
    id_ = keeping.add_leaves_many(session, [draft], now=now)[0]
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
    require_role(actor, *READERS)
    scope = scope_of(session, actor, context, now)
    people = service.people_visible_to(actor, areas=scope.areas).with_only_columns(
        Person.id
    )
    leave = session.scalar(
        select(Leave).where(Leave.public_id == leave_id, Leave.person_id.in_(people))
    )
    if leave is None:
        raise NotFound("There is no such leave", loc=("path", "id"))
    if leave.person_id != actor.person_id:
        _check_keeper(actor)
    if leave.cancelled_at is None:
        leave.cancelled_at = now
        audit(session, actor, "leave.cancel", "leave", leave.public_id, (), now)
    return Response(status_code=204)
