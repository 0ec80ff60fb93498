"""What somebody who has left still held: it goes on to whom dispatch names now.

Set-based: one look for all requests, one decider for their places, and the same few
statements for one request as for hundreds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit, record_audits
from geo_api.accounts.rules import Actor
from geo_api.db.arrays import among
from geo_api.duties.ledger import end_person
from geo_api.duties.models import Duty
from geo_api.people.models import Person
from geo_api.requests.handle.held import act_on
from geo_api.requests.models import ServiceRequest
from geo_api.requests.outcomes import Act, Said
from geo_api.requests.rules import HandOnReason, Status, Verb
from geo_api.settings import Settings


def end_people_of(
    session: Session,
    actor: Actor,
    account_id: int,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    """End who signs in with an account, with their duties, and hand on their work.

    Raises Conflict while one of them is the last holder of a compulsory desk.
    """
    day = now.astimezone(settings.place.tz).date()
    people = session.scalars(
        select(Person)
        .where(Person.account_id == account_id, Person.ended_at.is_(None))
        .order_by(Person.id)
    ).all()
    for person in people:
        end_person(session, person, day=day, now=now)
        record_audit(
            session,
            actor,
            action="person.change",
            subject_kind="person",
            subject_id=person.public_id,
            fields=["is_ended"],
            now=now,
        )
    ids = [person.id for person in people]
    hand_on(session, actor, ids, now=now, settings=settings)


def hand_on(
    session: Session,
    actor: Actor,
    person_ids: Collection[int] | None,
    *,
    now: datetime,
    settings: Settings,
    limit: int | None = None,
) -> int:
    """Hand on open requests whose holder has ended, or the duty that made them one.

    Of these people and of whoever stood in for them; of everybody if None. How many.
    """
    session.flush()
    day = now.astimezone(settings.place.tz).date()
    held = _lock_held(session, person_ids, day=day, limit=limit)
    if held:
        acts = [(request, _act(actor, holder, now)) for request, holder in held]
        act_and_record(session, actor, acts, now=now, settings=settings)
    return len(held)


def act_and_record(
    session: Session,
    actor: Actor,
    acts: Sequence[tuple[ServiceRequest, Act]],
    *,
    now: datetime,
    settings: Settings,
) -> None:
    """Hand locked requests on, as each act says to whom, with a row in the audit."""
    act_on(session, acts, settings=settings)
    record_audits(
        session,
        actor,
        action="request.hand_on",
        subject_kind="request",
        subject_ids=[request.public_id for request, _ in acts],
        now=now,
    )


def _act(actor: Actor, holder: Person, now: datetime) -> Act:
    reason = HandOnReason.DUTY_ENDED
    if holder.ended_at is not None:
        reason = HandOnReason.PERSON_ENDED
    said = Said(reason=reason.value, person_id=holder.public_id)
    return Act(Verb.HAND_ON, actor, now, said)


# A request, and who may not hold it any more.
_Held = tuple[ServiceRequest, Person]


def _lock_held(
    session: Session,
    person_ids: Collection[int] | None,
    *,
    day: date,
    limit: int | None,
) -> list[_Held]:
    wanted = (
        select(ServiceRequest, Person)
        .join(Person, Person.id == ServiceRequest.handler_id)
        .outerjoin(Duty, Duty.id == ServiceRequest.handler_duty_id)
        .where(
            ServiceRequest.status == Status.OPEN.value,
            or_(Person.ended_at.is_not(None), Duty.valid_to <= day),
        )
        # In one order by all: two of them wait for each other, and none for ever.
        .order_by(ServiceRequest.id)
        .limit(limit)
        .with_for_update(of=ServiceRequest)
        .execution_options(populate_existing=True)
    )
    if person_ids is not None:
        duties = session.scalars(
            select(Duty.id).where(among(Duty.person_id, person_ids))
        ).all()
        # Others hold by a duty of theirs, too: who stood in for them.
        wanted = wanted.where(
            or_(
                among(ServiceRequest.handler_id, person_ids),
                among(ServiceRequest.handler_duty_id, duties),
            )
        )
    return [(request, holder) for request, holder in session.execute(wanted)]
