"""Keeps duties: who has left or holds one no more; no history is deleted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from geo_api.db.arrays import among
from geo_api.db.locks import lock_again
from geo_api.db.model import new_public_id
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.models import Duty
from geo_api.duties.queries import SQL
from geo_api.duties.rules import DESKS, DutyKind, is_held_throughout
from geo_api.errors import Conflict
from geo_api.people.models import Leave, Person
from geo_api.zones.models import ResponsibilityZone


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


@dataclass(frozen=True)
class Holder:
    """Somebody who holds something now, and may not leave before the commit."""

    public_id: UUID
    name: str


def find_holders(
    session: Session,
    person_ids: Collection[int],
    duty_ids: Collection[int | None],
    *,
    day: date,
) -> dict[int, Holder] | None:
    """These people; None if any of them or of the duties has ended since it was read.

    Whoever would end one waits until this transaction is over, and sees what it did.
    """
    duties = {id_ for id_ in duty_ids if id_ is not None}
    rows = session.execute(
        SQL["lock_holders"],
        {"person_ids": sorted(person_ids), "duty_ids": sorted(duties), "day": day},
    ).all()
    people = {r.id: Holder(r.public_id, r.name) for r in rows if r.kind == "person"}
    is_whole = len(people) == len(set(person_ids)) and len(rows) - len(people) == len(
        duties
    )
    return people if is_whole else None


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


def end_duties_of_gone_areas(
    session: Session, duty_ids: Collection[int], *, day: date
) -> None:
    """End duties on areas that are no more; a desk of theirs nobody needs."""
    mine = among(Duty.id, duty_ids)
    session.execute(delete(Duty).where(mine, Duty.valid_from > day))
    session.execute(
        update(Duty)
        .where(mine)
        .values(valid_to=func.greatest(day, Duty.valid_from + 1))
    )


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


def end_duties_of_zone(
    session: Session, zone: ResponsibilityZone, *, day: date
) -> set[int]:
    """End what is held for a zone; internal ids of those who held it."""
    duties = session.scalars(
        select(Duty).where(
            Duty.zone_id == zone.id, or_(Duty.valid_to.is_(None), Duty.valid_to > day)
        )
    ).all()
    holders = {duty.person_id for duty in duties}
    for duty in duties:
        end_duty(session, duty, day=day)
    return holders
