"""Whose people are: an act on somebody touches every place that they answer for.

So it needs all their duties, those to come included, to lie in the caller's areas.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Role
from geo_api.duties.models import Duty
from geo_api.duties.queries import lies_outside, open_duties
from geo_api.duties.rules import DutyKind, can_give_duty
from geo_api.errors import NotAllowed
from geo_api.people.models import Person
from geo_api.zones.scope import Scope


def require_whole(session: Session, scope: Scope, person: Person) -> None:
    """Raise NotAllowed unless all open duties of a person are in the caller's areas."""
    if _others_duties(session, scope, [person.id]):
        raise NotAllowed(
            "This person also answers for places outside your areas",
            mend="Leave it to the town or the county",
        )


def require_may_end(session: Session, scope: Scope, person: Person) -> None:
    """Raise NotAllowed unless all open duties of a person are the caller's to end."""
    if scope.actor.role is Role.ADMIN:
        return
    duties = session.scalars(open_duties([person.id], day=scope.day))
    may = all(can_give_duty(scope.actor.role, DutyKind(duty.kind)) for duty in duties)
    if not may or _others_duties(session, scope, [person.id]):
        raise NotAllowed(
            "This person has duties that are not yours to end",
            loc=("body", "is_ended"),
            mend="End those that are; leave the person to the town or the county",
        )


def require_may_end_duty(session: Session, scope: Scope, duty: Duty) -> None:
    """Raise NotAllowed unless a duty is of a kind and a place of the caller's."""
    if not can_give_duty(scope.actor.role, DutyKind(duty.kind)):
        raise NotAllowed("This role may not end this duty")
    others = _others_duties(session, scope, [duty.person_id])
    if duty.id in {row.id for row in others}:
        raise NotAllowed(
            "This duty is held for a place outside your areas",
            mend="Leave it to the town or the county",
        )


def _others_duties(
    session: Session, scope: Scope, person_ids: Collection[int]
) -> Collection[Duty]:
    if scope.actor.role is Role.ADMIN:
        return ()
    return session.scalars(
        open_duties(person_ids, day=scope.day).where(
            lies_outside(scope.areas, edition_id=scope.edition_id)
        )
    ).all()
