"""What a caller may see of zones, duties and people, and what of it lies where."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, false, or_, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.sql import ColumnElement

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.service import in_areas
from geo_api.db.arrays import among
from geo_api.households.models import HouseholdPlace
from geo_api.zones.models import Duty, Person, ResponsibilityZone


def zones_visible_to(
    actor: Actor, *, areas: Collection[int]
) -> Select[ResponsibilityZone]:
    """Zones in the caller's areas (``areas`` holds all that lies in them) and own."""
    wanted = select(ResponsibilityZone)
    if not actor.is_staff or actor.role is Role.AUDITOR:
        return wanted.where(false())
    if actor.role is Role.ADMIN:
        return wanted
    return wanted.where(
        or_(
            ResponsibilityZone.area_id.in_(areas),
            ResponsibilityZone.id.in_(actor.zone_ids),
        )
    )


def duties_visible_to(
    actor: Actor, *, areas: Collection[int], edition_id: int
) -> Select[Duty, Person]:
    """Duties in the caller's areas, with their people."""
    wanted = select(Duty, Person).join(Person, Person.id == Duty.person_id)
    if not actor.is_staff or actor.role is Role.AUDITOR:
        return wanted.where(false())
    if actor.role is Role.ADMIN:
        return wanted
    return wanted.where(
        or_(
            lies_within(areas, edition_id=edition_id),
            Duty.zone_id.in_(actor.zone_ids),
            Duty.household_id.in_(actor.household_ids),
            Duty.person_id == actor.person_id,
        )
    )


def people_visible_to(
    actor: Actor, *, areas: Collection[int], edition_id: int
) -> Select[Person]:
    """People with a duty in the caller's areas; the administrator sees all."""
    wanted = select(Person)
    if actor.role is Role.ADMIN:
        return wanted
    duties = duties_visible_to(actor, areas=areas, edition_id=edition_id)
    ids = duties.with_only_columns(Duty.person_id)
    return wanted.where(or_(Person.id.in_(ids), Person.id == actor.person_id))


def lies_within(areas: Collection[int], *, edition_id: int) -> ColumnElement[bool]:
    """Whether a duty's place is one of ``areas``, or a zone or a household in them."""
    zones = select(ResponsibilityZone.id).where(ResponsibilityZone.area_id.in_(areas))
    # From the few duties on a household to where it lies: asked for each duty, all the
    # households of the areas would be read first.
    place, own = HouseholdPlace, aliased(Duty)
    at_homes = (
        select(own.id)
        .join(place, place.household_id == own.household_id)
        .where(
            place.edition_id == edition_id,
            in_areas(
                areas,
                county=place.county_id,
                town=place.town_id,
                village=place.village_id,
                group=place.group_id,
            ),
        )
    )
    return or_(Duty.area_id.in_(areas), Duty.zone_id.in_(zones), Duty.id.in_(at_homes))


def lies_outside(areas: Collection[int], *, edition_id: int) -> ColumnElement[bool]:
    """Whether a duty's place is none of ``areas`` and lies in none of them."""
    # A duty has one place: of the other two it is unknown whether they lie within.
    return lies_within(areas, edition_id=edition_id).is_not(true())


def open_duties(person_ids: Collection[int], *, day: date) -> Select[Duty]:
    """Duties of people that hold on a day or will."""
    is_open = or_(Duty.valid_to.is_(None), Duty.valid_to > day)
    return select(Duty).where(among(Duty.person_id, person_ids), is_open)
