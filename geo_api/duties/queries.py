"""Duties of places and people, and which of them a caller sees."""

from __future__ import annotations

from collections import defaultdict
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
    Substitute,
)
from geo_api.households.models import HouseholdPlace
from geo_api.people.models import Person
from geo_api.people.rules import Absence
from geo_api.zones.models import ResponsibilityZone

SQL = read_statements(__package__, "duties.sql")


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
        SQL["duty_book"],
        {
            "edition_id": edition_id,
            "since": since,
            "until": until,
            "area_ids": sorted(ids["area"]),
            "zone_ids": sorted(ids["zone"]),
            "household_ids": sorted(ids["household"]),
            "desks": [kind.value for kind in DESKS],
        },
    ).all()
    absences, substitutes = _read_leaves([r for r in rows if r.leave_id is not None])
    duties = [row for row in rows if row.leave_id is None]
    return DutyBook(_read_answerers(duties), absences, substitutes)


def _read_answerers(rows: Sequence[Any]) -> dict[tuple[str, int], list[Answerer]]:
    by_place: dict[tuple[str, int], list[Answerer]] = {}
    for row in sorted(rows, key=lambda r: (r.person_code, r.valid_from, r.kind)):
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
    return by_place


def _read_leaves(
    rows: Sequence[Any],
) -> tuple[list[Absence], dict[int, Substitute]]:
    """Leaves in order, and who is to stand in with what of them is their own."""
    leaves = {
        row.leave_id: Absence(
            row.person_id, row.valid_from, row.valid_to, row.substitute_id
        )
        for row in sorted(rows, key=lambda row: (row.valid_from, row.leave_id))
    }
    absences: dict[int, list[Absence]] = defaultdict(list)
    for absence in leaves.values():
        absences[absence.person_id].append(absence)
    named: dict[int, bool] = {}
    desks: dict[int, set[tuple[date, date | None]]] = defaultdict(set)
    for row in rows:
        if row.substitute_id is not None:
            named[row.substitute_id] = row.has_left
        if row.desk_from is not None:
            desks[row.substitute_id].add((row.desk_from, row.desk_to))
    return list(leaves.values()), {
        id_: Substitute(has_left, absences.get(id_, ()), tuple(desks.get(id_, ())))
        for id_, has_left in named.items()
    }


def duty_scope(session: Session, account_id: int, day: date) -> Any:
    """One row: person_id, area_ids, zone_ids, household_ids of own duties."""
    desks = [kind.value for kind in DESKS]
    return session.execute(
        SQL["duty_scope"], {"account_id": account_id, "day": day, "desks": desks}
    ).one()


def described_scope(
    session: Session, area_ids: Collection[int], *, person_id: int | None, day: date
) -> dict[str, list[Any]]:
    """Rows (kind, code, name, public_id, id) by what they are.

    The edition in force, the areas, own duties with their places, the person.
    """
    told: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(
        SQL["described_scope"],
        {"area_ids": sorted(area_ids), "person_id": person_id, "day": day},
    ):
        told[row.what].append(row)
    return told


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
        SQL["places_without_answerer"],
        {
            "edition_id": edition_id,
            "day": day,
            "area_ids": list(area_ids) if area_ids is not None else None,
            "without": sorted(without),
        },
    ).all()
