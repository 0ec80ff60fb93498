"""The areas of points: from memory, or from the database while that is being built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from geo_api.areas.index import AreaIndex, find_area_index
from geo_api.areas.nearby import METRES_PER_DEGREE
from geo_api.areas.queries import (
    BORDER_DEG,
    SQL,
    AreaView,
    point_columns,
    view_of,
)
from geo_api.areas.rules import AreaType, Place


@dataclass(frozen=True)
class Located:
    """The areas of a point; ``place`` is None outside the county."""

    place: Place | None
    # The narrowest areas across a border within reach, by code.
    others: tuple[AreaView, ...] = ()
    border_distance_m: float | None = None

    @property
    def is_ambiguous(self) -> bool:
        """Whether another area lies within reach."""
        return bool(self.others)


def locate_many(
    session: Session,
    points: Sequence[tuple[float, float]],
    *,
    edition_id: int,
    border_metres: Sequence[float] | None = None,
    measure: bool = False,
    decides: bool = True,
) -> list[Located]:
    """The areas of points in EPSG:4326, a few statements for all of them.

    A point on a border belongs to the smallest primary code, in whatever order the
    areas were stored.

    With ``border_metres`` (one reach for each point) areas across a near border are
    named, too. With ``measure``, for single lookups, the distance to the border is
    measured in metres. Who ``decides`` keeps shapes as they are until the commit.
    """
    if not points:
        return []
    index = find_area_index(session, edition_id, decides=decides)
    if index is None:
        places = _places_at(session, points, edition_id)
    else:
        places = index.locate(points)
    found = [Located(place) for place in places]
    own = {i: place for i, place in enumerate(places) if place is not None}
    if border_metres is not None:
        spots, around = [points[i] for i in own], list(own.values())
        reach = [border_metres[i] for i in own]
        if index is None:
            near = _across(session, spots, around, reach, edition_id)
        else:
            near = index.across(spots, around, reach)
        for i, areas in zip(own, near, strict=True):
            found[i] = replace(found[i], others=_narrowest(areas))
    if measure:
        for i in own:
            distance = _border_distance(session, index, points[i], own[i], edition_id)
            found[i] = replace(found[i], border_distance_m=distance)
    return found


def _places_at(
    session: Session, points: Sequence[tuple[float, float]], edition_id: int
) -> list[Place | None]:
    rows = session.execute(
        SQL["locate"],
        {
            **point_columns(points),
            "edition_id": edition_id,
            "border_deg": BORDER_DEG,
        },
    )
    places: list[Place | None] = [None] * len(points)
    for row in rows:
        steps = (
            (row.id_0, row.type_0),
            (row.id_1, row.type_1),
            (row.id_2, row.type_2),
            (row.id_3, row.type_3),
        )
        places[row.i] = Place.of(
            {AreaType(kind): id_ for id_, kind in steps if id_ is not None}
        )
    return places


def _across(
    session: Session,
    points: Sequence[tuple[float, float]],
    places: Sequence[Place],
    reach_m: Sequence[float],
    edition_id: int,
) -> list[list[AreaView]]:
    rows = session.execute(
        SQL["across"],
        {
            "edition_id": edition_id,
            **point_columns(points),
            "reach_m": list(reach_m),
            "reach_deg": [reach / METRES_PER_DEGREE for reach in reach_m],
            "county_id": [place.county_id for place in places],
            "town_id": [place.town_id for place in places],
            "village_id": [place.village_id for place in places],
            "group_id": [place.group_id for place in places],
        },
    )
    found: list[list[AreaView]] = [[] for _ in points]
    for i, *area in rows:
        found[i].append(view_of(area))
    return found


def _narrowest(near: Sequence[AreaView]) -> tuple[AreaView, ...]:
    """The narrowest areas on the other side; their ancestors go without saying."""
    ancestors = {view.parent_id for view in near}
    return tuple(view for view in near if view.id not in ancestors)


def _border_distance(
    session: Session,
    index: AreaIndex | None,
    point: tuple[float, float],
    place: Place,
    edition_id: int,
) -> float | None:
    if index is not None:
        return index.border_distance_m(place.narrowest, *point)
    found: float | None = session.scalar(
        SQL["border_distance"],
        {
            "edition_id": edition_id,
            "area_id": place.narrowest,
            "lon": point[0],
            "lat": point[1],
        },
    )
    return found
