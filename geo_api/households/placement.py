"""Where households lie: claimed points become WGS 84, points become areas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.areas.claims import find_point_problems, outside_problem
from geo_api.areas.datums import Crs, to_wgs84, to_wgs84_arrays
from geo_api.areas.locate import locate_many
from geo_api.areas.rules import Place
from geo_api.areas.service import bounds_when_asked
from geo_api.errors import InvalidInput, Problem
from geo_api.households.models import Household
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


def place_households(session: Session, *, edition_id: int) -> int:
    """Tie every household to its areas in an edition; the number of households."""
    rows = session.execute(
        select(
            Household.id,
            func.ST_X(Household.geom).label("lon"),
            func.ST_Y(Household.geom).label("lat"),
        )
        .where(Household.ended_at.is_(None))
        .order_by(Household.id)
    ).all()
    points = [(row.lon, row.lat) for row in rows]
    places = find_places(session, points, edition_id=edition_id)
    tie(session, [row.id for row in rows], places, edition_id=edition_id)
    return len(rows)


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
