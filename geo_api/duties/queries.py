"""Duties of places and people, and which of them a caller sees."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, false, or_, select, true
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql import ColumnElement

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.queries import in_areas
from geo_api.db.arrays import among
from geo_api.db.statements import read_statements
from geo_api.duties.models import Duty
from geo_api.duties.rules import (
    DESKS,
    Answerer,
    AnswerPlace,
    DutyBook,
    DutyKind,
    PlaceKind,
)
from geo_api.duties.substitutes import read_substitutes
from geo_api.households.models import HouseholdPlace
from geo_api.people.models import Person
from geo_api.people.queries import list_absences
from geo_api.zones.models import ResponsibilityZone

_SQL = read_statements(__package__, "duties.sql")


def visible_to(
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


def holders_visible_to(
    actor: Actor, *, areas: Collection[int], edition_id: int
) -> Select[int]:
    """Internal ids of the people whose duties the caller may see."""
    duties = visible_to(actor, areas=areas, edition_id=edition_id)
    return duties.with_only_columns(Duty.person_id)


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


def read_duties(
    session: Session,
    places: Sequence[AnswerPlace],
    *,
    edition_id: int,
    since: date,
    until: date,
) -> DutyBook:
    """Duties and leaves of places on any day from ``since`` to ``until``."""
    ids: dict[str, set[int]] = {"area": set(), "zone": set(), "household": set()}
    for place in set(places):
        for kind, id_ in place.steps():
            ids[kind.value if kind.value in ids else "area"].add(id_)
    rows = session.execute(
        _SQL["duties_of_places"],
        {
            "edition_id": edition_id,
            "since": since,
            "until": until,
            "area_ids": sorted(ids["area"]),
            "zone_ids": sorted(ids["zone"]),
            "household_ids": sorted(ids["household"]),
        },
    )
    by_place: dict[tuple[str, int], list[Answerer]] = {}
    for row in rows:
        if row.area_id is not None:
            key, place_kind = ("area", row.area_id), row.area_type
        elif row.zone_id is not None:
            key, place_kind = ("zone", row.zone_id), PlaceKind.ZONE
        else:
            key, place_kind = ("household", row.household_id), PlaceKind.HOUSEHOLD
        if place_kind is None:
            continue  # an area that this edition no longer knows
        by_place.setdefault(key, []).append(
            Answerer(
                person_id=row.person_id,
                person_public_id=row.person_public_id,
                person_code=row.person_code,
                name=row.name,
                duty_id=row.duty_id,
                duty_public_id=row.duty_public_id,
                kind=DutyKind(row.kind),
                place_kind=PlaceKind(place_kind),
                place_code=row.place_code,
                place_name=row.place_name,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
        )
    absences = list_absences(session, since=since, until=until)
    named = {a.substitute_id for a in absences if a.substitute_id is not None}
    return DutyBook(by_place, absences, read_substitutes(session, named, absences))


def duty_scope(session: Session, account_id: int, day: date) -> Any:
    """One row: person_id, area_ids, zone_ids, household_ids of own duties."""
    desks = [kind.value for kind in DESKS]
    return session.execute(
        _SQL["duty_scope"], {"account_id": account_id, "day": day, "desks": desks}
    ).one()


def places_without_answerer(
    session: Session,
    *,
    edition_id: int,
    day: date,
    area_ids: Sequence[int] | None,
    without: Collection[int] = (),
) -> Sequence[Any]:
    """Rows (kind, place_kind, code, name, zone_id) of places where a duty is vacant.

    As if the duties ``without``, internal ids, were not held.
    """
    return session.execute(
        _SQL["places_without_answerer"],
        {
            "edition_id": edition_id,
            "day": day,
            "area_ids": list(area_ids) if area_ids is not None else None,
            "without": sorted(without),
        },
    ).all()
