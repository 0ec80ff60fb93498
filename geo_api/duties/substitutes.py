"""Who stands in while somebody is away: refused when entered, or passed over later."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geo_api.db.arrays import among
from geo_api.duties.models import Duty
from geo_api.duties.rules import (
    DESKS,
    DutyKind,
    Hindrance,
    Substitute,
    find_hindrance,
)
from geo_api.errors import InvalidInput
from geo_api.people.drafts import LeaveDraft
from geo_api.people.models import Person
from geo_api.people.queries import list_absences
from geo_api.people.rules import Absence

_REFUSALS: dict[Hindrance, tuple[str, str]] = {
    Hindrance.LEFT: (
        "Who is to stand in has left",
        "Name somebody else, or nobody: then the next of the chain is asked",
    ),
    Hindrance.AWAY: (
        "Who is to stand in is away on one of these days",
        "Name somebody who is there on all of them, or enter two leaves",
    ),
    Hindrance.NO_DESK: (
        "Only who holds a desk on all these days stands in at a desk",
        "Give them the desk for these days first, or name nobody: "
        "then the next of the chain is asked",
    ),
}


def check_substitute(session: Session, draft: LeaveDraft) -> None:
    """Raise InvalidInput unless who is to stand in can answer for whoever is away.

    Dispatch asks the same again on each day: much may happen until then.
    """
    if draft.substitute_id is None:
        return
    days = {"first_day": draft.first_day, "last_day": draft.last_day}
    absences = list_absences(session, since=draft.first_day, until=draft.last_day)
    kinds = session.scalars(
        select(Duty.kind).where(
            Duty.person_id == draft.person_id,
            Duty.valid_from <= draft.last_day,
            or_(Duty.valid_to.is_(None), Duty.valid_to > draft.first_day),
        )
    )
    named = read_substitutes(session, [draft.substitute_id], absences)
    hindrance = find_hindrance(
        named[draft.substitute_id], {DutyKind(kind) for kind in kinds}, **days
    )
    if hindrance is not None:
        msg, mend = _REFUSALS[hindrance]
        raise InvalidInput(msg, loc=("body", "substitute_id"), mend=mend)


def read_substitutes(
    session: Session, ids: Collection[int], absences: Sequence[Absence]
) -> dict[int, Substitute]:
    """People who are to stand in, with what of ``absences`` is their own."""
    if not ids:
        return {}
    desk = (Duty.person_id == Person.id) & Duty.kind.in_([kind.value for kind in DESKS])
    rows = session.execute(
        select(Person.id, Person.ended_at, Duty.valid_from, Duty.valid_to)
        .outerjoin(Duty, desk)
        .where(among(Person.id, ids))
    )
    left: dict[int, bool] = {}
    desks: dict[int, list[tuple[date, date | None]]] = {}
    for id_, ended_at, valid_from, valid_to in rows:
        left[id_] = ended_at is not None
        if valid_from is not None:
            desks.setdefault(id_, []).append((valid_from, valid_to))
    return {
        id_: Substitute(
            has_left,
            [absence for absence in absences if absence.person_id == id_],
            desks.get(id_, ()),
        )
        for id_, has_left in left.items()
    }
