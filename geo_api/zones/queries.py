"""Lookups of zones and duties; set-based statements are in zones.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from geo_api.areas.rules import GRID, Place
from geo_api.areas.service import find_edition_at
from geo_api.db.arrays import among
from geo_api.db.statements import read_statements
from geo_api.households.models import HouseholdPlace
from geo_api.zones.models import (
    Duty,
    Leave,
    Person,
    ResponsibilityZone,
    ZoneHousehold,
)
from geo_api.zones.rules import (
    DESKS,
    Absence,
    Answerer,
    AnswerPlace,
    DutyBook,
    DutyKind,
    PlaceKind,
    Substitute,
)

_SQL = read_statements(__package__, "zones.sql")


@dataclass(frozen=True)
class ZoneView:
    """A responsibility zone as other rooms know it."""

    id: int
    public_id: UUID
    code: str
    name: str
    kind: str


def holds(model: Any, day: date) -> ColumnElement[bool]:
    """Whether a row with valid_from and valid_to is in force on a day."""
    return and_(
        model.valid_from <= day, or_(model.valid_to.is_(None), model.valid_to > day)
    )


def lies_in_area_of_zone() -> ColumnElement[bool]:
    """Whether a household's place is in the area of the zone whose list it stands in.

    A zone never crosses the line of its area: a household that has moved away, or that
    a new line has cut off, is in the list no longer.
    """
    place = HouseholdPlace
    return ResponsibilityZone.area_id.in_(
        [place.group_id, place.village_id, place.town_id]
    )


def zones_at(
    session: Session,
    points: Sequence[tuple[float, float] | None],
    places: Sequence[Place],
    *,
    day: date,
) -> list[ZoneView | None]:
    """The zone of each point within its located areas, or None."""
    asked = [i for i, point in enumerate(points) if point is not None]
    found: list[ZoneView | None] = [None] * len(points)
    if not asked:
        return found
    rows = session.execute(
        _SQL["zones_at"],
        {
            "i": asked,
            "lon": [points[i][0] for i in asked],  # type: ignore[index]
            "lat": [points[i][1] for i in asked],  # type: ignore[index]
            "group_id": [places[i].group_id for i in asked],
            "village_id": [places[i].village_id for i in asked],
            "town_id": [places[i].town_id for i in asked],
            "day": day,
            "border_deg": GRID,
        },
    )
    for i, *zone in rows:
        found[i] = ZoneView(*zone)
    return found


def zone_neighbours(
    session: Session, lon: float, lat: float, *, zone_id: int, reach_m: float, day: date
) -> list[ZoneView]:
    """Other zones within ``reach_m`` metres of a point."""
    rows = session.execute(
        _SQL["zone_neighbours"],
        {
            "lon": lon,
            "lat": lat,
            "zone_id": zone_id,
            "reach_m": reach_m,
            # A degree of longitude is 60 km at the country's northern end.
            "reach_deg": reach_m / 60_000,
            "day": day,
        },
    )
    return [ZoneView(*row) for row in rows]


def zone_of_households(
    session: Session, household_ids: Collection[int], *, day: date
) -> dict[int, ZoneView]:
    """The zone in whose list each household stands on a day."""
    edition = find_edition_at(session, day)
    if edition is None:
        return {}
    rows = session.execute(
        select(
            ZoneHousehold.household_id,
            ResponsibilityZone.id,
            ResponsibilityZone.public_id,
            ResponsibilityZone.code,
            ResponsibilityZone.name,
            ResponsibilityZone.kind,
        )
        .join(ResponsibilityZone, ResponsibilityZone.id == ZoneHousehold.zone_id)
        .join(
            HouseholdPlace,
            (HouseholdPlace.household_id == ZoneHousehold.household_id)
            & (HouseholdPlace.edition_id == edition.id),
        )
        .where(
            lies_in_area_of_zone(),
            among(ZoneHousehold.household_id, household_ids),
            holds(ZoneHousehold, day),
            holds(ResponsibilityZone, day),
        )
        .order_by(ResponsibilityZone.code.desc())
    )
    return {row[0]: ZoneView(row[1], row[2], row[3], row[4], row[5]) for row in rows}


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


def areas_below(
    session: Session, area_ids: Collection[int], *, edition_id: int
) -> set[int]:
    """Areas with everything that lies in them."""
    return set(
        session.scalars(
            _SQL["areas_below"],
            {"edition_id": edition_id, "area_ids": sorted(area_ids)},
        )
    )
