"""What the caller's reach holds today, and the zones found within it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.dependencies import require_role
from geo_api.accounts.rules import Actor, Role
from geo_api.areas.queries import AreaView, areas_below
from geo_api.areas.service import current_edition, get_area, scope_areas
from geo_api.errors import NotAllowed, NotFound
from geo_api.http.context import (
    Context,
)
from geo_api.zones.models import ResponsibilityZone
from geo_api.zones.queries import visible_to as zones_visible_to
from geo_api.zones.rules import can_keep_people

_READERS = (
    Role.ADMIN,
    Role.COUNTY_LEADER,
    Role.TOWN_LEADER,
    Role.VILLAGE_CADRE,
    Role.HANDLER,
)


@dataclass(frozen=True)
class Scope:
    """The edition of today and all areas that the caller's reach holds."""

    actor: Actor
    edition_id: int
    day: date
    areas: frozenset[int]

    def covers(self, area_id: int) -> bool:
        """Whether an area is the caller's to keep; every one is the administrator's."""
        return self.actor.role is Role.ADMIN or area_id in self.areas

    def visible_zones(self) -> Select[ResponsibilityZone]:
        """Zones that the caller may see."""
        return zones_visible_to(self.actor, areas=self.areas)


def require_reader(actor: Actor) -> None:
    """Raise for who reads neither people nor zones at all."""
    require_role(actor, *_READERS)


def scope_of(session: Session, actor: Actor, context: Context, now: datetime) -> Scope:
    """The caller's scope today. NotAllowed for who reads no people at all."""
    return scope_on(session, actor, now.astimezone(context.settings.place.tz).date())


def scope_on(session: Session, actor: Actor, day: date) -> Scope:
    """The caller's scope on a day. NotAllowed for who reads no people at all."""
    require_reader(actor)
    edition_id = current_edition(session, day=day).id
    areas = scope_areas(session, actor, edition_id=edition_id)
    return Scope(actor, edition_id, day, frozenset(areas))


def get_area_in_scope(
    session: Session,
    scope: Scope,
    code: str,
    *,
    loc: tuple[str, ...] = ("body", "area_code"),
) -> AreaView:
    """An area of the caller's by code; NotFound for every other."""
    area = get_area(session, code, day=scope.day, loc=loc)
    if not scope.covers(area.id):
        raise NotFound("There is no such area", loc=loc)
    return area


def get_zone_in_scope(
    session: Session,
    scope: Scope,
    public_id: UUID,
    *,
    loc: tuple[str, ...] = ("path", "id"),
) -> ResponsibilityZone:
    """A zone in the caller's scope; NotFound for every other."""
    visible = scope.visible_zones()
    zone = session.scalar(visible.where(ResponsibilityZone.public_id == public_id))
    if zone is None:
        raise NotFound("There is no such zone", loc=loc)
    return zone


def areas_inside(session: Session, scope: Scope, code: str) -> set[int]:
    """An area that a list is asked for, with all that lies in it; NotFound if unknown.

    Whose it is does not matter: the list holds only what is the caller's.
    """
    area = get_area(session, code, day=scope.day, loc=("query", "area"))
    return areas_below(session, [area.id], edition_id=scope.edition_id)


def require_zone_keeper(actor: Actor) -> None:
    """Raise NotAllowed unless the caller keeps zones and their lists."""
    if not can_keep_people(actor.role):
        raise NotAllowed("Only the village, the town or the administrator keep zones")


def get_zone_to_keep(
    session: Session, scope: Scope, public_id: UUID
) -> ResponsibilityZone:
    """A zone that is the caller's to change; one's duty alone lets one only see it."""
    zone = get_zone_in_scope(session, scope, public_id)
    require_zone_keeper(scope.actor)
    if not scope.covers(zone.area_id):
        raise NotAllowed(
            "This zone lies outside your areas",
            mend="Leave it to the town or the county",
        )
    return zone


def audit(
    session: Session,
    actor: Actor,
    action: str,
    kind: str,
    subject_id: UUID | None,
    fields: Sequence[str],
    now: datetime,
) -> None:
    """One row of the audit about a person, duty, leave or zone, or a list of them."""
    record_audit(
        session,
        actor,
        action=action,
        subject_kind=kind,
        subject_id=subject_id,
        fields=fields,
        now=now,
    )


def require_overseer(actor: Actor) -> None:
    """Raise for who does not oversee a village, a town or the county."""
    require_role(
        actor, Role.ADMIN, Role.COUNTY_LEADER, Role.TOWN_LEADER, Role.VILLAGE_CADRE
    )
