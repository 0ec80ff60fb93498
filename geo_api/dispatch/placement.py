"""From what was claimed to areas and zone; one look at the map for a whole batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.areas.claims import find_point_problems, outside_problem
from geo_api.areas.datums import Crs, to_wgs84
from geo_api.areas.geography import number_of
from geo_api.areas.in_force import edition_in_force
from geo_api.areas.locate import locate_many
from geo_api.areas.queries import AreaView, find_by_codes
from geo_api.areas.rules import Place
from geo_api.areas.service import (
    bounds_when_asked,
    get_county,
    places_of_areas,
)
from geo_api.dispatch.contradictions import Resolved, note_contradictions
from geo_api.dispatch.rules import Basis, Location, ResolvedPlace
from geo_api.errors import InvalidInput, NotFound
from geo_api.households.models import Household
from geo_api.households.queries import places_of
from geo_api.settings import PlaceSettings
from geo_api.zones.locate import zone_neighbours, zones_at
from geo_api.zones.queries import zone_of_households
from geo_api.zones.rules import ZoneView

_LOC = ("body", "location")


def resolve_many(
    session: Session,
    locations: Sequence[Location],
    *,
    day: date,
    settings: PlaceSettings,
    look_across: bool = True,
) -> list[Resolved]:
    """The place of each location on a day, or the error that says how to mend it.

    A household beats a point beats an area code beats words; what was given beside it
    and says something else is noted. With ``look_across`` a
    point near a border is compared with the other side; a batch may leave that out.
    """
    # From here on nobody changes a shape until the decision is committed.
    number = number_of(session)
    edition_id = edition_in_force(session, day).id
    found: list[Resolved | None] = [None] * len(locations)
    _by_household(session, locations, found, edition_id=edition_id, day=day)
    _by_point(
        session,
        locations,
        found,
        edition_id=edition_id,
        day=day,
        settings=settings,
        look_across=look_across,
    )
    _by_area(session, locations, found, edition_id=edition_id, day=day)
    return note_contradictions(
        session,
        locations,
        [
            replace(r, geography_version=number) if isinstance(r, ResolvedPlace) else r
            for r in found
            if r is not None
        ],
        edition_id=edition_id,
        day=day,
    )


def _by_household(
    session: Session,
    locations: Sequence[Location],
    found: list[Resolved | None],
    *,
    edition_id: int,
    day: date,
) -> None:
    asked = {
        i: location.household_id
        for i, location in enumerate(locations)
        if location.household_id is not None
    }
    if not asked:
        return
    ids = sorted(set(asked.values()))
    places = places_of(session, ids, edition_id=edition_id)
    zones = zone_of_households(session, ids, edition_id=edition_id, day=day)
    points: dict[int, Any] = {
        row.id: row
        for row in session.execute(
            select(
                Household.id,
                Household.lon_claimed,
                Household.lat_claimed,
                Household.crs_claimed,
                Household.address,
                func.ST_X(Household.geom).label("lon"),
                func.ST_Y(Household.geom).label("lat"),
            ).where(Household.id.in_(ids), Household.ended_at.is_(None))
        )
    }
    for i, household_id in asked.items():
        row, place = points.get(household_id), places.get(household_id)
        if row is None or place is None:
            found[i] = NotFound(
                "There is no such household", loc=("body", "location", "household_id")
            )
            continue
        zone = zones.get(household_id)
        found[i] = ResolvedPlace(
            basis=Basis.HOUSEHOLD,
            place=Place(
                place.county_id, place.town_id, place.village_id, place.group_id
            ),
            edition_id=edition_id,
            zone_id=zone.id if zone else None,
            zone=zone,
            household_id=household_id,
            lon=row.lon,
            lat=row.lat,
            lon_claimed=row.lon_claimed,
            lat_claimed=row.lat_claimed,
            crs_claimed=row.crs_claimed,
            address=locations[i].address or row.address,
        )


def _by_point(
    session: Session,
    locations: Sequence[Location],
    found: list[Resolved | None],
    *,
    edition_id: int,
    day: date,
    settings: PlaceSettings,
    look_across: bool,
) -> None:
    asked: list[int] = []
    points: list[tuple[float, float]] = []
    bounds = bounds_when_asked(session, edition_id)
    for i, location in enumerate(locations):
        if found[i] is not None or (location.lon is None and location.lat is None):
            continue
        problems = find_point_problems(
            location.lon, location.lat, location.crs, _LOC, bounds=bounds
        )
        if problems:
            found[i] = InvalidInput(problems=problems)
            continue
        assert location.lon is not None  # noqa: S101  find_point_problems says so
        assert location.lat is not None  # noqa: S101
        assert location.crs is not None  # noqa: S101
        asked.append(i)
        points.append(to_wgs84(location.lon, location.lat, Crs(location.crs)))
    if not asked:
        return
    reach = [max(locations[i].accuracy_m or 0.0, settings.border_metres) for i in asked]
    located = locate_many(
        session,
        points,
        edition_id=edition_id,
        border_metres=reach if look_across else None,
    )
    inside = [n for n, spot in enumerate(located) if spot.place is not None]
    zones = zones_at(
        session,
        [points[n] for n in inside],
        [spot.place for n in inside if (spot := located[n]).place is not None],
        day=day,
    )
    zone_of = dict(zip(inside, zones, strict=True))
    near_zones = (
        _zones_across(session, points, zone_of, reach, day) if look_across else {}
    )
    for n, i in enumerate(asked):
        spot, (lon, lat) = located[n], points[n]
        if spot.place is None:
            outside = outside_problem(lon, lat, _LOC, bounds=bounds)
            found[i] = InvalidInput(problems=[outside])
            continue
        zone = zone_of[n]
        other_side = [area.code for area in spot.others] + near_zones.get(n, [])
        found[i] = ResolvedPlace(
            basis=Basis.POINT,
            place=spot.place,
            edition_id=edition_id,
            zone_id=zone.id if zone else None,
            zone=zone,
            lon=lon,
            lat=lat,
            lon_claimed=locations[i].lon,
            lat_claimed=locations[i].lat,
            crs_claimed=locations[i].crs,
            accuracy_m=locations[i].accuracy_m,
            address=locations[i].address,
            other_side=tuple(other_side),
        )


def _zones_across(
    session: Session,
    points: Sequence[tuple[float, float]],
    zone_of: Mapping[int, ZoneView | None],
    reach_m: Sequence[float],
    day: date,
) -> dict[int, list[str]]:
    """Codes of the zones on the other side, by a point's place in the list."""
    asked = {n: zone.id for n, zone in zone_of.items() if zone is not None}
    near = zone_neighbours(
        session,
        [points[n] for n in asked],
        list(asked.values()),
        [reach_m[n] for n in asked],
        day=day,
    )
    return {
        n: [zone.code for zone in zones] for n, zones in zip(asked, near, strict=True)
    }


def _by_area(
    session: Session,
    locations: Sequence[Location],
    found: list[Resolved | None],
    *,
    edition_id: int,
    day: date,
) -> None:
    """Fill in whatever is left: by an area, by words, or with what is missing.

    A file names the same few villages again and again: each is looked up once.
    """
    left = [i for i, resolved in enumerate(found) if resolved is None]
    if not left:
        return
    codes = {code for i in left if (code := locations[i].area_code) is not None}
    areas = find_by_codes(session, codes, edition_id=edition_id, day=day)
    ids = {area.id for area in areas.values()}
    places = places_of_areas(session, ids, edition_id=edition_id)
    county: AreaView | None = None
    for i in left:
        code, address = locations[i].area_code, locations[i].address
        basis, place = Basis.AREA, None
        if code in areas:
            place = places[areas[code].id]
        elif code is None and address:
            county = county or get_county(session, edition_id=edition_id)
            basis, place = Basis.ADDRESS, Place(county.id)
        found[i] = (
            ResolvedPlace(basis, place, edition_id, address=address)
            if place is not None
            else _nowhere(code)
        )


def _nowhere(code: str | None) -> InvalidInput:
    if code is not None:
        return InvalidInput(
            "There is no area %(code)s",
            loc=("body", "location", "area_code"),
            mend="Take a code from GET /api/areas; old codes are found, too",
            code=code[:40],
        )
    return InvalidInput(
        "It is not said where",
        loc=("body", "location"),
        mend="Send lon, lat and crs; or household_id; or area_code; or address",
    )
