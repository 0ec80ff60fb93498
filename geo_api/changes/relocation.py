"""Where open requests lie in another edition than that of their day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.areas.locate import locate_many
from geo_api.areas.models import EditionArea
from geo_api.areas.rules import Place
from geo_api.areas.service import get_county, places_of_areas
from geo_api.changes.rules import area_left_of
from geo_api.db.arrays import among
from geo_api.households.queries import places_of
from geo_api.requests.handle.relocation import NewPlace
from geo_api.requests.models import ServiceRequest
from geo_api.zones.locate import zones_at
from geo_api.zones.models import ResponsibilityZone
from geo_api.zones.queries import zone_of_households


def find_new_places(
    session: Session,
    requests: Sequence[ServiceRequest],
    *,
    edition_id: int,
    heirs: Mapping[int, int],
    day: date,
) -> dict[int, NewPlace]:
    """The new place of each request, by the same that it was found by at first.

    A household beats a point beats an area. Whatever lies nowhere any more lies in the
    narrowest of its areas that there still is, or in the county: nothing is dropped.
    It stays in its zone, if that is in its areas: zones are drawn anew without moving
    what is open, and other boundaries do not catch up on it.
    """
    found = _by_household(session, requests, edition_id=edition_id, day=day)
    left = [r for r in requests if r.id not in found]
    found |= _by_point(session, left, edition_id=edition_id, day=day)
    left = [r for r in left if r.id not in found]
    found |= _by_area(session, left, edition_id=edition_id, heirs=heirs)
    zones = {r.zone_id for r in requests if r.zone_id is not None}
    rows = session.execute(
        select(ResponsibilityZone.id, ResponsibilityZone.area_id).where(
            among(ResponsibilityZone.id, zones)
        )
    )
    areas: dict[int | None, int] = dict(rows.all())
    return {
        r.id: replace(new, zone_id=r.zone_id)
        if new.place == r.place or areas.get(r.zone_id) in new.place.ids
        else new
        for r in requests
        for new in (found[r.id],)
    }


def _by_household(
    session: Session, requests: Sequence[ServiceRequest], *, edition_id: int, day: date
) -> dict[int, NewPlace]:
    asked = {r.id: r.household_id for r in requests if r.household_id is not None}
    ids = sorted(set(asked.values()))
    if not ids:
        return {}
    places = places_of(session, ids, edition_id=edition_id)
    zones = zone_of_households(session, ids, edition_id=edition_id, day=day)
    found = {}
    for request_id, household_id in asked.items():
        row = places.get(household_id)
        if row is None:
            continue  # it has moved away, and its point is asked
        place = Place(row.county_id, row.town_id, row.village_id, row.group_id)
        zone = zones.get(household_id)
        found[request_id] = NewPlace(place, zone.id if zone else None)
    return found


def _by_point(
    session: Session, requests: Sequence[ServiceRequest], *, edition_id: int, day: date
) -> dict[int, NewPlace]:
    points: dict[int, tuple[float, float]] = {}
    for request in requests:
        if request.geom is not None:
            lon, lat = shapely.get_coordinates(to_shape(request.geom))[0].tolist()
            points[request.id] = lon, lat
    located = locate_many(
        session, [*points.values()], edition_id=edition_id, decides=False
    )
    inside = [
        (request_id, point, spot.place)
        for (request_id, point), spot in zip(points.items(), located, strict=True)
        if spot.place is not None
    ]
    zones = zones_at(
        session,
        [point for _, point, _ in inside],
        [place for _, _, place in inside],
        day=day,
        decides=False,
    )
    return {
        request_id: NewPlace(place, zone.id if zone else None)
        for (request_id, _, place), zone in zip(inside, zones, strict=True)
    }


def _by_area(
    session: Session,
    requests: Sequence[ServiceRequest],
    *,
    edition_id: int,
    heirs: Mapping[int, int],
) -> dict[int, NewPlace]:
    if not requests:
        return {}
    members = set(
        session.scalars(
            select(EditionArea.area_id).where(EditionArea.edition_id == edition_id)
        )
    )
    county = get_county(session, edition_id=edition_id).id
    areas = {r.id: area_left_of(r.place, members, heirs) or county for r in requests}
    places = places_of_areas(session, set(areas.values()), edition_id=edition_id)
    return {id_: NewPlace(places[area_id], None) for id_, area_id in areas.items()}
