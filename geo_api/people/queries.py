"""People by what is asked of them, and who of them a caller sees."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, Role
from geo_api.people.models import Leave, Person
from geo_api.people.rules import Absence


def visible_to(actor: Actor, *, holders: Select[int]) -> Select[Person]:
    """The holders of duties that the caller sees; the administrator sees all.

    ``holders`` are internal ids of people.
    """
    wanted = select(Person)
    if actor.role is Role.ADMIN:
        return wanted
    return wanted.where(or_(Person.id.in_(holders), Person.id == actor.person_id))


def people_by_id(session: Session, ids: Collection[int]) -> dict[int, Person]:
    """People by internal id."""
    rows = session.scalars(select(Person).where(Person.id.in_(ids)))
    return {person.id: person for person in rows}


def list_absences(session: Session, *, since: date, until: date) -> list[Absence]:
    """Leaves that hold one of the days from ``since`` to ``until``."""
    rows = session.execute(
        select(Leave.person_id, Leave.first_day, Leave.last_day, Leave.substitute_id)
        .where(
            Leave.cancelled_at.is_(None),
            Leave.first_day <= until,
            Leave.last_day >= since,
        )
        .order_by(Leave.first_day, Leave.id)
    )
    return [Absence(*row) for row in rows]
