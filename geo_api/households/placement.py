"""Where households lie: claimed points become WGS 84, points become areas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from geo_api.areas.claims import find_point_problems, outside_problem
from geo_api.areas.datums import Crs, to_wgs84, to_wgs84_arrays
from geo_api.areas.locate import locate_many
from geo_api.areas.models import Edition
from geo_api.areas.plans import is_planned
from geo_api.areas.rules import Place
from geo_api.areas.service import bounds_when_asked
from geo_api.errors import InvalidInput, Problem
from geo_api.households.models import Household, HouseholdPlace
from geo_api.households.queries import SQL
from geo_api.households.rules import HouseholdDraft

# Households of one statement: enough to be fast, few enough to end in time.
_BATCH = 5_000


def convert(drafts: Sequence[HouseholdDraft]) -> list[tuple[float, float]]:
    """The claimed points of checked drafts in WGS 84; each CRS in one go."""
    lon = np.array([draft.lon for draft in drafts], np.float64)
    lat = np.array([draft.lat for draft in drafts], np.float64)
    crs = np.array([draft.crs for draft in drafts])
    for name in Crs:
        claimed = crs == name.value
        lon[claimed], lat[claimed] = to_wgs84_arrays(lon[claimed], lat[claimed], name)
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def find_places(
    session: Session, points: Sequence[tuple[float, float]], *, edition_id: int
) -> list[Place]:
    """The areas of points. InvalidInput names every row that lies outside."""
    bounds = bounds_when_asked(session, edition_id)
    places: list[Place] = []
    problems: list[Problem] = []
    for start in range(0, len(points), _BATCH):
        batch = points[start : start + _BATCH]
        located = locate_many(session, batch, edition_id=edition_id)
        for i, spot in enumerate(located, start=start):
            if spot.place is not None:
                places.append(spot.place)
            else:
                loc = ("rows", i, "lon")
                problems.append(outside_problem(*points[i], loc, bounds=bounds))
    if problems:
        raise InvalidInput(problems=problems)
    return places


def tie(
    session: Session,
    household_ids: Sequence[int],
    places: Sequence[Place],
    *,
    edition_id: int,
) -> None:
    """Write down the areas of households in an edition."""
    for start in range(0, len(household_ids), _BATCH):
        batch = places[start : start + _BATCH]
        session.execute(
            SQL["tie"],
            {
                "edition_id": edition_id,
                "household_ids": list(household_ids[start : start + _BATCH]),
                "county_ids": [place.county_id for place in batch],
                "town_ids": [place.town_id for place in batch],
                "village_ids": [place.village_id for place in batch],
                "group_ids": [place.group_id for place in batch],
            },
        )


def tie_in_planned(
    session: Session,
    household_ids: Sequence[int],
    points: Sequence[tuple[float, float]],
) -> None:
    """Write down the areas of households in the editions that wait for their day.

    Who lies outside of one has no place in it: its effect tells so before.
    """
    for edition_id in session.scalars(select(Edition.id).where(is_planned())).all():
        _tie_within(session, household_ids, points, edition_id=edition_id)


def place_households(session: Session, *, edition_id: int) -> int:
    """Tie every household to its areas in an edition; the number of households.

    InvalidInput names every one that lies outside.
    """
    ids, points = _read(session)
    places = find_places(session, points, edition_id=edition_id)
    tie(session, ids, places, edition_id=edition_id)
    return len(ids)


def place_latecomers(session: Session, *, edition_id: int, since: datetime) -> int:
    """Tie who came or moved since then, or has no place yet; how many lie outside."""
    has_place = exists().where(
        HouseholdPlace.edition_id == edition_id,
        HouseholdPlace.household_id == Household.id,
    )
    ids, points = _read(session, or_(~has_place, Household.updated_at >= since))
    return len(ids) - _tie_within(session, ids, points, edition_id=edition_id)


def _read(
    session: Session, *conditions: ColumnElement[bool]
) -> tuple[list[int], list[tuple[float, float]]]:
    """Ids and points of households that have not ended."""
    rows = session.execute(
        select(
            Household.id,
            func.ST_X(Household.geom).label("lon"),
            func.ST_Y(Household.geom).label("lat"),
        )
        .where(Household.ended_at.is_(None), *conditions)
        .order_by(Household.id)
    ).all()
    return [row.id for row in rows], [(row.lon, row.lat) for row in rows]


def _tie_within(
    session: Session,
    household_ids: Sequence[int],
    points: Sequence[tuple[float, float]],
    *,
    edition_id: int,
) -> int:
    """Tie those that lie in an edition's areas; how many do."""
    inside: list[int] = []
    places: list[Place] = []
    for start in range(0, len(points), _BATCH):
        batch = slice(start, start + _BATCH)
        spots = locate_many(
            session, points[batch], edition_id=edition_id, decides=False
        )
        for household_id, spot in zip(household_ids[batch], spots, strict=True):
            if spot.place is not None:
                inside.append(household_id)
                places.append(spot.place)
    tie(session, inside, places, edition_id=edition_id)
    return len(inside)


def move_household(
    session: Session,
    household: Household,
    *,
    lon: float,
    lat: float,
    crs: str,
    edition_id: int,
    now: datetime,
) -> None:
    """Give a household another point and tie it to the areas there."""
    loc = ("body", "location")
    bounds = bounds_when_asked(session, edition_id)
    problems = find_point_problems(lon, lat, crs, loc, bounds=bounds)
    if problems:
        raise InvalidInput(problems=problems)
    x, y = to_wgs84(lon, lat, Crs(crs))
    place = locate_many(session, [(x, y)], edition_id=edition_id)[0].place
    if place is None:
        raise InvalidInput(problems=[outside_problem(x, y, loc, bounds=bounds)])
    household.geom = f"SRID=4326;POINT({x!r} {y!r})"  # type: ignore[assignment]
    household.lon_claimed, household.lat_claimed = lon, lat
    household.crs_claimed, household.updated_at = crs, now
    session.flush()  # the point must be there before its place
    tie(session, [household.id], [place], edition_id=edition_id)
    tie_in_planned(session, [household.id], [(x, y)])
