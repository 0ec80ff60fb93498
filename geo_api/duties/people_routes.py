"""People who may answer for a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geo_api.accounts.dependencies import StaffActor, hooks_of
from geo_api.accounts.models import Account
from geo_api.accounts.names import is_listed_as, is_told_names, listed_name
from geo_api.accounts.rules import Actor, Role
from geo_api.db.locks import lock_again
from geo_api.duties.appointments import end_person, give_duty
from geo_api.duties.authority import require_whole
from geo_api.duties.models import Duty
from geo_api.duties.queries import lies_within
from geo_api.duties.replies import show_duties_today, show_people
from geo_api.duties.schemas import PersonChange, PersonIn, PersonOut
from geo_api.duties.scope import get_person_in_scope, require_keeper, visible_people
from geo_api.errors import InvalidInput, NotAllowed
from geo_api.households.contacts import (
    contact_state,
    read_contact,
    store_contact,
    store_contacts,
)
from geo_api.households.models import Contact
from geo_api.households.rules import ContactDraft
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.http.versions import ReadVersion, ShownVersion
from geo_api.people import ledger
from geo_api.people.drafts import PersonDraft
from geo_api.people.models import Person
from geo_api.zones.scope import Scope, areas_inside, audit, scope_of

router = APIRouter(tags=["people"], responses=problem_responses(401, 403))


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


def _check_may_tie(actor: Actor, username: str | None) -> None:
    if username is not None and actor.role is not Role.ADMIN:
        raise NotAllowed(
            "Only the administrator ties people to accounts", loc=("body", "username")
        )


@router.get(
    "/people",
    summary="People with a duty in scope, by ledger code",
    responses=problem_responses(400, 404),
)
def list_people(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    q: Annotated[
        str | None,
        Query(
            max_length=60,
            description="Part of the name as it is shown, or the beginning of a code.",
        ),
    ] = None,
    area: Annotated[
        str | None,
        Query(max_length=40, description="Code of an area where they have a duty."),
    ] = None,
    ended: Annotated[bool, Query(description="Who has ended, instead.")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[PersonOut]:
    """The administrator sees everybody, by whole names and audited; with today's
    duties that are in scope.
    """
    scope = scope_of(session, actor, context, now)
    filters = {"q": q, "area": area, "ended": ended}
    position = read_cursor(cursor, filters, (str,))
    wanted = visible_people(scope).where(
        Person.ended_at.is_not(None) if ended else Person.ended_at.is_(None)
    )
    if q:
        wanted = wanted.where(
            or_(
                is_listed_as(actor, Person.name, q),
                Person.code.startswith(q, autoescape=True),
            )
        )
    if area is not None:
        inside = areas_inside(session, scope, area)
        here = select(Duty.person_id).where(
            lies_within(inside, edition_id=scope.edition_id),
            or_(Duty.valid_to.is_(None), Duty.valid_to > scope.day),
        )
        wanted = wanted.where(Person.id.in_(here))
    if position:
        wanted = wanted.where(Person.code > position[0])
    rows = list(session.scalars(wanted.order_by(Person.code).limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    items = _with_duties(session, scope, rows)
    for item, row in zip(items, rows, strict=True):
        item.name = listed_name(actor, row.name)
    if is_told_names(actor):
        audit(session, actor, "person.list", "person", None, ["name"], now)
    return Page(
        items=items,
        next=make_cursor([rows[-1].code], filters) if more else None,
    )


def _with_duties(
    session: Session, scope: Scope, people: Sequence[Person], *, in_full: bool = False
) -> list[PersonOut]:
    """People with today's duties in scope, by kind and beginning."""
    shown = show_people(session, people, day=scope.day)
    those = Duty.person_id.in_([person.id for person in people])
    duties = show_duties_today(session, scope, those, in_full=in_full)
    by_person = {person.id: person for person in shown}
    for duty in duties:
        by_person[duty.person_id].duties.append(duty)
    return shown


@router.post(
    "/people",
    summary="Add a person",
    status_code=201,
    responses=problem_responses(404, 409, 422),
)
def post_person(
    body: PersonIn,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
) -> PersonOut:
    """Only the administrator sees who answers for nothing yet: send the duty, too."""
    require_keeper(actor)
    _check_may_tie(actor, body.username or None)
    scope = scope_of(session, actor, context, now)
    contact_id = None
    if body.phone:
        contact_id = store_contact(session, cipher, phone=body.phone, now=now)
    draft = PersonDraft(
        body.code or "",
        body.name,
        body.is_party_member,
        _account_id(session, body.username),
        contact_id,
    )
    add = ledger.add_person if body.code else ledger.add_next_person
    person = add(session, draft, now=now)
    audit(session, actor, "person.create", "person", person.public_id, (), now)
    if body.duty is not None:
        loc = ("body", "duty")
        give_duty(session, scope, person, body.duty, now=now, loc=loc)
    return _with_duties(session, scope, [person])[0]


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
    version: ShownVersion,
) -> PersonOut:
    """The whole name and, but for administrators, the phone of a duty holder."""
    scope = scope_of(session, actor, context, now)
    person = get_person_in_scope(session, scope, person_id)
    version.show(_state_of(session, person))
    shown = _with_duties(session, scope, [person], in_full=True)[0]
    shown.name = person.name
    fields = ["name"]
    if person.account_id is not None and actor.role is Role.ADMIN:
        shown.username = session.get_one(Account, person.account_id).username
    if person.contact_id is not None and actor.role is not Role.ADMIN:
        contact = session.get(Contact, person.contact_id)
        shown.phone = read_contact(cipher, contact).phone
        fields.append("phone")
    audit(session, actor, "person.read", "person", person.public_id, fields, now)
    return shown


@router.patch(
    "/people/{person_id}",
    summary="Change or end a person",
    responses=problem_responses(404, 409, 412, 422),
)
def patch_person(
    person_id: UUID,
    body: PersonChange,
    request: Request,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
    version: ReadVersion,
) -> PersonOut:
    """Ending a person ends their duties and hands on their open requests.

    A compulsory desk must be given on first.
    """
    scope = scope_of(session, actor, context, now)
    person = get_person_in_scope(session, scope, person_id)
    require_keeper(actor)
    lock_again(session, person)
    require_whole(session, scope, person)
    version.check(_state_of(session, person))
    if body.name is not None:
        person.name = body.name
    if body.is_party_member is not None:
        person.is_party_member = body.is_party_member
    if body.username is not None:
        _check_may_tie(actor, body.username)
        person.account_id = _account_id(session, body.username)
    if body.phone is not None:
        contact = ContactDraft(phone=body.phone, id=person.contact_id)
        person.contact_id = store_contacts(session, cipher, [contact], now=now)[0]
    if body.is_ended:
        end_person(session, scope, person, now=now)
        hooks_of(request).hand_on(
            session, actor, [person.id], now=now, settings=context.settings
        )
    elif body.is_ended is False:
        person.ended_at = None
    changed = sorted(body.model_dump(exclude_unset=True))
    audit(session, actor, "person.change", "person", person.public_id, changed, now)
    session.flush()  # the reply is read from the rows as they will be
    version.show(_state_of(session, person))
    return show_people(session, [person], day=scope.day)[0]


def _state_of(session: Session, person: Person) -> tuple[object, ...]:
    """All that a change of the person may change."""
    return (
        person.name,
        person.is_party_member,
        person.account_id,
        person.ended_at,
        contact_state(session, person.contact_id),
    )
