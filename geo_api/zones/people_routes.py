"""People who may answer for a place."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.access import StaffActor
from geo_api.accounts.models import Account
from geo_api.accounts.rules import Role
from geo_api.errors import InvalidInput, NotAllowed
from geo_api.households.models import Contact
from geo_api.households.rules import ContactDraft
from geo_api.households.service import read_contact, store_contact, store_contacts
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.zones import keeping, queries, service
from geo_api.zones.drafts import PersonDraft
from geo_api.zones.models import Duty, Person
from geo_api.zones.schemas import PersonChange, PersonIn, PersonOut
from geo_api.zones.scope import audit, get_person_in_scope, require_keeper, scope_of
from geo_api.zones.showing import show_duties, show_people

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


@router.get(
    "/people",
    summary="People with a duty in scope, by ledger code, masked",
    responses=problem_responses(400),
)
def list_people(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[PersonOut]:
    """The administrator sees everybody."""
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
    require_keeper(actor)
    if body.username and actor.role is not Role.ADMIN:
        raise NotAllowed("Only the administrator ties people to accounts")
    contact_id = None
    if body.phone:
        contact_id = store_contact(session, cipher, phone=body.phone, now=now)
    draft = PersonDraft(
        body.code,
        body.name,
        body.is_party_member,
        _account_id(session, body.username),
        contact_id,
    )
    person = keeping.add_person(session, draft, now=now)
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
    scope = scope_of(session, actor, context, now)
    person = get_person_in_scope(session, scope, person_id)
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
    scope = scope_of(session, actor, context, now)
    person = get_person_in_scope(session, scope, person_id)
    require_keeper(actor)
    if body.name is not None:
        person.name = body.name
    if body.is_party_member is not None:
        person.is_party_member = body.is_party_member
    if body.username is not None:
        if actor.role is not Role.ADMIN:
            raise NotAllowed("Only the administrator ties people to accounts")
        person.account_id = _account_id(session, body.username)
    if body.phone is not None:
        contact = ContactDraft(phone=body.phone, id=person.contact_id)
        person.contact_id = store_contacts(session, cipher, [contact], now=now)[0]
    if body.is_ended:
        keeping.end_person(session, person, day=scope.day, now=now)
    changed = sorted(body.model_dump(exclude_unset=True))
    audit(session, actor, "person.change", "person", person.public_id, changed, now)
    session.flush()  # the reply is read from the rows as they will be
    return show_people(session, [person], day=scope.day)[0]
