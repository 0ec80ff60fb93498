"""Keeps people, duties and leave: every change ends rows, none deletes history."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.db.arrays import among
from geo_api.db.locking import lock_again
from geo_api.db.model import new_public_id
from geo_api.errors import Conflict, InvalidInput
from geo_api.zones.drafts import DutyDraft, LeaveDraft, PersonDraft
from geo_api.zones.models import Duty, Leave, Person
from geo_api.zones.rules import DESKS, DutyKind, is_held_throughout


def add_people_many(
    session: Session, drafts: Sequence[PersonDraft], *, now: datetime
) -> dict[str, int]:
    """Add people or, by ledger code, rename them; internal ids by code."""
    if not drafts:
        return {}
    statement = upsert(Person)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Person.code],
            set_={
                "name": statement.excluded.name,
                "is_party_member": statement.excluded.is_party_member,
                # A ledger that says nothing of these does not take them away.
                "account_id": func.coalesce(
                    statement.excluded.account_id, Person.account_id
                ),
                "contact_id": func.coalesce(
                    statement.excluded.contact_id, Person.contact_id
                ),
                "ended_at": None,
            },
        ),
        [_person_row(draft, now) for draft in drafts],
    )
    codes = [draft.code for draft in drafts]
    rows = session.execute(
        select(Person.code, Person.id).where(among(Person.code, codes))
    )
    return {code: id_ for code, id_ in rows}  # noqa: C416  rows are not pairs to mypy


def _person_row(draft: PersonDraft, now: datetime) -> dict[str, Any]:
    return {
        "public_id": new_public_id(),
        "code": draft.code,
        "name": draft.name,
        "is_party_member": draft.is_party_member,
        "account_id": draft.account_id,
        "contact_id": draft.contact_id,
        "created_at": now,
    }


def add_next_person(session: Session, draft: PersonDraft, *, now: datetime) -> Person:
    """Add one person under the next free ledger code, whatever the draft's."""
    used = session.scalars(select(Person.code).where(Person.code.startswith("P"))).all()
    taken = [int(code[1:]) for code in used if re.fullmatch(r"P[0-9]{1,9}", code)]
    number = max(taken, default=0) + 1
    while True:
        try:
            return add_person(session, replace(draft, code=f"P{number:04d}"), now=now)
        except Conflict:  # who is added at the same time has taken it
            number += 1


def add_person(session: Session, draft: PersonDraft, *, now: datetime) -> Person:
    """Add one person; Conflict where the ledger code is taken, by whomever."""
    inserted = session.scalar(
        upsert(Person)
        .values(**_person_row(draft, now))
        .on_conflict_do_nothing(index_elements=[Person.code])
        .returning(Person.id)
    )
    if inserted is None:
        raise Conflict(
            "The ledger code %(code)s is taken",
            loc=("body", "code"),
            mend="Use another code, or change the person who has it",
            code=draft.code,
        )
    return session.get_one(Person, inserted)


def end_person(session: Session, person: Person, *, day: date, now: datetime) -> None:
    """End a person with all duties, those to come included, and with leaves to come."""
    lock_again(session, person)
    if person.ended_at is not None:
        return
    for duty in session.scalars(
        select(Duty).where(
            Duty.person_id == person.id,
            or_(Duty.valid_to.is_(None), Duty.valid_to > day),
        )
    ).all():
        end_duty(session, duty, day=day)
    session.execute(
        update(Leave)
        .where(
            Leave.person_id == person.id,
            Leave.cancelled_at.is_(None),
            Leave.first_day > day,
        )
        .values(cancelled_at=now)
    )
    person.ended_at = now


def add_duty(session: Session, draft: DutyDraft) -> Duty:
    """Give one duty; Conflict where the person holds it on any of these days."""
    # Locked, so that a second click finds what the first one has written.
    person = lock_again(session, session.get_one(Person, draft.person_id))
    if person.ended_at is not None:
        raise Conflict("This person has left", mend="Bring the person back first")
    if any(is_same_duty(duty, draft) for duty in duties_of(session, [draft.person_id])):
        raise Conflict(
            "This person holds this duty already",
            mend="End it first, or choose days on which it is not held",
        )
    return session.get_one(Duty, add_duties_many(session, [draft])[0])


def duties_of(session: Session, person_ids: Collection[int]) -> list[Duty]:
    """Every duty that people hold, held or will hold."""
    mine = among(Duty.person_id, person_ids)
    return list(session.scalars(select(Duty).where(mine).order_by(Duty.id)))


def is_same_duty(duty: Duty | DutyDraft, draft: DutyDraft) -> bool:
    """Whether a duty is what the draft claims, on at least one of its days."""
    return (
        duty.person_id == draft.person_id
        and duty.kind == draft.kind
        and duty.zone_id == draft.zone_id
        and duty.area_id == draft.area_id
        and duty.household_id == draft.household_id
        and (draft.valid_to is None or duty.valid_from < draft.valid_to)
        and (duty.valid_to is None or draft.valid_from < duty.valid_to)
    )


def add_duties_many(session: Session, drafts: Sequence[DutyDraft]) -> list[int]:
    """Add duties; internal ids in the order of the drafts."""
    if not drafts:
        return []
    rows: list[dict[str, Any]] = [
        {
            "public_id": new_public_id(),
            "kind": draft.kind.value,
            "person_id": draft.person_id,
            "zone_id": draft.zone_id,
            "area_id": draft.area_id,
            "household_id": draft.household_id,
            "valid_from": draft.valid_from,
            "valid_to": draft.valid_to,
        }
        for draft in drafts
    ]
    return list(
        session.scalars(
            insert(Duty).returning(Duty.id, sort_by_parameter_order=True), rows
        )
    )


def check_leave(draft: LeaveDraft) -> None:
    """Raise InvalidInput for a leave that makes no sense."""
    if draft.last_day < draft.first_day:
        raise InvalidInput(
            "The leave ends before it begins",
            loc=("body", "last_day"),
            mend="The last day is included; it may equal the first",
        )
    if draft.substitute_id == draft.person_id:
        raise InvalidInput(
            "Nobody can stand in for themselves",
            loc=("body", "substitute_id"),
            mend="Name somebody else or leave it out",
        )


def add_leaves_many(
    session: Session, drafts: Sequence[LeaveDraft], *, now: datetime
) -> list[int]:
    """Add leaves; internal ids in the order of the drafts."""
    if not drafts:
        return []
    return list(
        session.scalars(
            insert(Leave).returning(Leave.id, sort_by_parameter_order=True),
            [
                {
                    "public_id": new_public_id(),
                    "person_id": draft.person_id,
                    "first_day": draft.first_day,
                    "last_day": draft.last_day,
                    "substitute_id": draft.substitute_id,
                    "created_at": now,
                }
                for draft in drafts
            ],
        )
    )


def is_still_held(
    session: Session,
    person_ids: Collection[int],
    duty_ids: Collection[int | None],
    *,
    day: date,
) -> bool:
    """Whether none of these people and duties has ended since they were read.

    Whoever would end one waits until this transaction is over, and sees what it did.
    """
    people = session.scalars(
        select(Person.id)
        .where(among(Person.id, person_ids), Person.ended_at.is_(None))
        .order_by(Person.id)
        .with_for_update(read=True)
    ).all()
    named = {id_ for id_ in duty_ids if id_ is not None}
    duties = session.scalars(
        select(Duty.id)
        .where(among(Duty.id, named), or_(Duty.valid_to.is_(None), Duty.valid_to > day))
        .order_by(Duty.id)
        .with_for_update(read=True)
    ).all()
    return len(people) == len(set(person_ids)) and len(duties) == len(named)


def end_duty(session: Session, duty: Duty, *, day: date) -> None:
    """End a duty on ``day``. A compulsory desk must be held without it (Conflict)."""
    # A period holds a day at least: a duty that began today ends tomorrow. One that
    # has not begun was in force on no day: it is no history.
    is_to_come = duty.valid_from > day
    end = duty.valid_from if is_to_come else max(day, duty.valid_from + timedelta(1))
    if DutyKind(duty.kind) in DESKS:
        _refuse_vacant_desk(session, duty, end)
    else:
        lock_again(session, duty)
    if duty.valid_to is not None and duty.valid_to <= day:
        raise Conflict("This duty has ended already")
    if is_to_come:
        session.delete(duty)
        session.flush()
    elif duty.valid_to is None or end < duty.valid_to:
        duty.valid_to = end


def _refuse_vacant_desk(session: Session, duty: Duty, end: date) -> None:
    # Locked, so that two administrators cannot each end "the other" one.
    desk = (Duty.kind == duty.kind) & (Duty.area_id == duty.area_id)
    session.execute(
        select(Duty.id).where(desk).order_by(Duty.id).with_for_update(key_share=True)
    ).all()
    lock_again(session, duty)
    if duty.valid_to is not None and duty.valid_to <= end:
        return  # it takes nobody's day away
    others = session.execute(
        select(Duty.valid_from, Duty.valid_to)
        .join(Person, Person.id == Duty.person_id)
        .where(desk, Duty.id != duty.id, Person.ended_at.is_(None))
    )
    periods = [(row.valid_from, row.valid_to) for row in others]
    if not is_held_throughout(periods, since=end, until=duty.valid_to):
        raise Conflict(
            "This is the last holder of a compulsory desk",
            mend="Give the desk to somebody else first",
        )
