"""The areas of an edition as a structure in memory: of points, borders and other sides.

It answers what areas.sql answers, and holds the edition's rows beside it. An edition's
shapes never change once it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from sqlalchemy import BigInteger, Text, cast, func, literal_column, select
from sqlalchemy.orm import Session

from geo_api.areas.candidates import cover
from geo_api.areas.covering import NOBODY, Covering
from geo_api.areas.holder import Holder
from geo_api.areas.in_force import EditionView
from geo_api.areas.models import Edition, EditionArea, Shape
from geo_api.areas.nearby import Borders
from geo_api.areas.queries import BORDER_DEG, AreaView
from geo_api.areas.rules import AreaType, Place


@dataclass(frozen=True)
class AreaIndex:
    """An edition's areas: narrow before wide, and the smallest code first."""

    version: int
    edition: EditionView
    areas: tuple[AreaView, ...]
    places: tuple[Place, ...]
    numbers: dict[int, int]
    covering: Covering
    borders: Borders

    @classmethod
    def of(
        cls,
        areas: Sequence[AreaView],
        shapes: Sequence[bytes],
        *,
        edition: EditionView,
        version: int = 0,
    ) -> AreaIndex:
        """An index of areas with their shapes as WKB."""
        order = sorted(
            range(len(areas)), key=lambda i: (-areas[i].type.depth, areas[i].code)
        )
        ordered = tuple(areas[i] for i in order)
        covering = cover(
            shapely.from_wkb([shapes[i] for i in order]),
            border=BORDER_DEG,
            only_first=True,
        )
        by_id = {area.id: area for area in ordered}
        return cls(
            version=version,
            edition=edition,
            areas=ordered,
            places=tuple(_place_of(area, by_id) for area in ordered),
            numbers={area.id: number for number, area in enumerate(ordered)},
            covering=covering,
            borders=Borders.of(covering.polygons, covering.edges),
        )

    def views(self, ids: Iterable[int]) -> dict[int, AreaView]:
        """Areas by internal id; unknown ids are left out."""
        numbers = ((id_, self.numbers.get(id_)) for id_ in ids)
        return {id_: self.areas[n] for id_, n in numbers if n is not None}

    def locate(self, points: Sequence[tuple[float, float]]) -> list[Place | None]:
        """The place of each point; None outside."""
        if len(points) == 1:
            numbers = [self.covering.find(*points[0])]
        else:
            lon, lat = np.array(points, np.float64).T
            numbers = self.covering.find_many(lon, lat).tolist()
        return [None if n == NOBODY else self.places[n] for n in numbers]

    def across(
        self,
        points: Sequence[tuple[float, float]],
        places: Sequence[Place],
        reach_m: Sequence[float],
    ) -> list[list[AreaView]]:
        """For each point the areas in reach that are none of its own, by code."""
        if not points:
            return []
        lon, lat = np.array(points, np.float64).T
        own = [{self.numbers[id_] for id_ in place.ids} for place in places]
        near = self.borders.within(lon, lat, np.array(reach_m, np.float64), own)
        return [
            sorted((self.areas[n] for n in numbers), key=lambda area: area.code)
            for numbers in near
        ]

    def border_distance_m(self, area_id: int, lon: float, lat: float) -> float:
        """Metres on the ground from a point to the border of an area."""
        return self.borders.distance_m(self.numbers[area_id], lon, lat)


def _place_of(area: AreaView, by_id: dict[int, AreaView]) -> Place:
    ids: dict[AreaType, int] = {}
    above: AreaView | None = area
    while above is not None:
        ids[above.type] = above.id
        above = by_id.get(above.parent_id) if above.parent_id is not None else None
    return Place.of(ids)


def read_area_index(session: Session, edition_id: int) -> Callable[[], AreaIndex]:
    """What the index of an edition is built of: its rows."""
    rows = session.execute(
        select(
            EditionArea.area_id,
            EditionArea.code,
            EditionArea.name,
            EditionArea.type,
            EditionArea.parent_id,
            func.ST_AsBinary(Shape.geom),
        )
        .join(Shape, Shape.id == EditionArea.shape_id)
        .where(EditionArea.edition_id == edition_id)
    ).all()
    areas = [AreaView(r[0], r[1], r[2], AreaType(r[3]), r[4]) for r in rows]
    shapes = [bytes(row[5]) for row in rows]
    edition = EditionView.of(session.get_one(Edition, edition_id))
    version = _version_of(session, edition_id)
    return lambda: AreaIndex.of(areas, shapes, edition=edition, version=version)


def _version_of(session: Session, edition_id: int) -> int:
    """What differs after every change of an edition's rows: PostgreSQL's own marks."""
    edition, area = (
        cast(cast(literal_column(f"{table}.xmin"), Text), BigInteger)
        for table in ("edition", "edition_area")
    )
    found = session.scalar(
        select(func.sum(area) + func.max(edition))
        .select_from(EditionArea)
        .join(Edition, Edition.id == EditionArea.edition_id)
        .where(EditionArea.edition_id == edition_id)
    )
    return int(found or 0)


def _renewed(session: Session, edition_id: int, index: AreaIndex) -> AreaIndex | None:
    """The index as it is if nothing in its edition has changed."""
    return index if _version_of(session, edition_id) == index.version else None


HOLDER: Holder[int, AreaIndex] = Holder(read_area_index, _renewed)


def find_area_index(
    session: Session, edition_id: int, *, decides: bool = True, builds: bool = True
) -> AreaIndex | None:
    """The index of an edition; None while it is being built."""
    return HOLDER.find(session, edition_id, decides=decides, builds=builds)
