"""People and duties within the caller's reach."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.duties.models import Duty
from geo_api.duties.queries import holders_visible_to, visible_to
from geo_api.errors import NotAllowed, NotFound
from geo_api.people.models import Person
from geo_api.people.queries import visible_to as people_visible_to
from geo_api.zones.rules import can_keep_people
from geo_api.zones.scope import Scope


def visible_people(scope: Scope) -> Select[Person]:
    """People that the caller may see."""
    holders = holders_visible_to(
        scope.actor, areas=scope.areas, edition_id=scope.edition_id
    )
    return people_visible_to(scope.actor, holders=holders)


def visible_duties(scope: Scope) -> Select[Duty, Person]:
    """Duties that the caller may see, with their people."""
    return visible_to(scope.actor, areas=scope.areas, edition_id=scope.edition_id)


def get_person_in_scope(
    session: Session,
    scope: Scope,
    public_id: UUID,
    *,
    loc: tuple[str, ...] = ("path", "id"),
) -> Person:
    """A person in the caller's scope; NotFound for every other."""
    visible = visible_people(scope)
    person = session.scalar(visible.where(Person.public_id == public_id))
    if person is None:
        raise NotFound("There is no such person", loc=loc)
    return person


def get_duty_in_scope(
    session: Session,
    scope: Scope,
    public_id: UUID,
    *,
    loc: tuple[str, ...] = ("path", "id"),
) -> Duty:
    """A duty in the caller's scope; NotFound for every other."""
    visible = visible_duties(scope).with_only_columns(Duty)
    duty = session.scalar(visible.where(Duty.public_id == public_id))
    if duty is None:
        raise NotFound("There is no such duty", loc=loc)
    return duty


def require_keeper(actor: Actor) -> None:
    """Raise NotAllowed unless the caller keeps people and their leave."""
    if not can_keep_people(actor.role):
        raise NotAllowed("Only the village, the town or the administrator keep people")
