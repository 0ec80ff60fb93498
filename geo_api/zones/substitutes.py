"""Who stands in while somebody is away: refused when entered, or passed over later."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geo_api.errors import InvalidInput
from geo_api.zones.drafts import LeaveDraft
from geo_api.zones.models import Duty
from geo_api.zones.queries import list_absences, read_substitutes
from geo_api.zones.rules import DutyKind, Hindrance, find_hindrance

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
