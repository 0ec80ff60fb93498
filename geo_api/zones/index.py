"""The zones of points as a structure in memory; a changed zone is patched into it.

It answers what zones_at and zone_neighbours of zones.sql answer. Whose households are
in a zone is no part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from geo_api.areas.candidates import cover
from geo_api.areas.cells import Floats, Ints
from geo_api.areas.covering import NOBODY, Bools, Covering
from geo_api.areas.holder import Holder
from geo_api.areas.nearby import Borders
from geo_api.areas.rules import Place
from geo_api.areas.shapes import GRID
from geo_api.zones.rules import ZoneKind, ZoneView
from geo_api.zones.zone_rows import ZoneRow, read_row_versions, read_zone_rows

# With more changed zones than this all of them are covered anew.
_MOST_PATCHED = 200
_NEVER = date.max.toordinal()


@dataclass(frozen=True)
class Layer:
    """Zones that one covering holds, by rank."""

    rows: tuple[ZoneRow, ...]
    covering: Covering
    borders: Borders
    area_ids: Ints
    since: Ints
    until: Ints
    # False for a zone that a patch has taken the place of.
    is_live: Bools

    @classmethod
    def of(cls, rows: Collection[ZoneRow]) -> Layer:
        """A covering of zones."""
        ordered = tuple(sorted(rows, key=lambda row: row.rank))
        covering = cover(
            shapely.from_wkb([row.wkb for row in ordered]),
            border=GRID,
            only_first=False,
        )
        until = [
            row.valid_to.toordinal() if row.valid_to else _NEVER for row in ordered
        ]
        return cls(
            rows=ordered,
            covering=covering,
            borders=Borders.of(covering.polygons, covering.edges),
            area_ids=np.array([row.area_id for row in ordered], np.int64),
            since=np.array([row.valid_from.toordinal() for row in ordered], np.int64),
            until=np.array(until, np.int64),
            is_live=np.ones(len(ordered), bool),
        )

    def without(self, ids: Collection[int]) -> Layer:
        """The same without some shapes."""
        gone = np.array([row.key in ids for row in self.rows], bool)
        return replace(self, is_live=self.is_live & ~gone)

    def hold_on(self, day: int) -> Bools:
        """Which zones are in force on a day."""
        return self.is_live & (self.since <= day) & (day < self.until)

    def find_one(
        self, lon: float, lat: float, place: Place, day: int
    ) -> ZoneRow | None:
        """The zone of a point in its place."""
        areas = (place.group_id, place.village_id, place.town_id)

        def accept(number: int) -> bool:
            row = self.rows[number]
            return (
                self.is_live.item(number)
                and row.area_id in areas
                and self.since.item(number) <= day < self.until.item(number)
            )

        number = self.covering.find(lon, lat, accept)
        return None if number == NOBODY else self.rows[number]

    def find_many(
        self, lon: Floats, lat: Floats, areas: Ints, day: int
    ) -> NDArray[np.int32]:
        """The zone of each point; ``areas`` are its group, village and town."""
        holds = self.hold_on(day)

        def accept(points: Ints, numbers: Ints) -> Bools:
            of_zone = self.area_ids[numbers]
            found: Bools = holds[numbers] & (areas[:, points] == of_zone).any(axis=0)
            return found

        return self.covering.find_many(lon, lat, accept)


@dataclass(frozen=True)
class ZoneIndex:
    """Zones in force on a day or later, by kind, and those that have changed."""

    first_day: date
    # By the shape's row.
    versions: dict[int, str]
    layers: tuple[Layer, ...]
    patch: dict[int, ZoneRow]

    @classmethod
    def of(cls, rows: Collection[ZoneRow], first_day: date) -> ZoneIndex:
        """An index of all zones."""
        kinds = sorted({row.rank[0] for row in rows})
        return cls(
            first_day,
            {row.key: row.version for row in rows},
            tuple(Layer.of([r for r in rows if r.rank[0] is kind]) for kind in kinds),
            {},
        )

    def patched(
        self, changed: Collection[ZoneRow], gone: Collection[int]
    ) -> ZoneIndex | None:
        """The index after a change of some zones; None if it is to be built anew."""
        ids = {row.key for row in changed}.union(gone)
        patch = {id_: row for id_, row in self.patch.items() if id_ not in ids}
        patch |= {row.key: row for row in changed}
        if len(patch) > _MOST_PATCHED:
            return None
        whole = self.layers[: len(self.layers) - bool(self.patch)]
        versions = {i: v for i, v in self.versions.items() if i not in ids}
        return ZoneIndex(
            self.first_day,
            versions | {row.key: row.version for row in changed},
            (
                *(layer.without(ids) for layer in whole),
                *([Layer.of(patch.values())] if patch else []),
            ),
            patch,
        )

    def zones_at(
        self, points: Sequence[tuple[float, float]], places: Sequence[Place], day: date
    ) -> list[ZoneView | None]:
        """The zone of each point within its located areas, or None."""
        on = day.toordinal()
        best: list[ZoneRow | None] = [None] * len(points)
        for layer in self.layers:
            for i, row in enumerate(_found(layer, points, places, on)):
                here = best[i]
                if row is not None and (here is None or row.rank < here.rank):
                    best[i] = row
        return [None if row is None else row.view for row in best]

    def neighbours(
        self,
        points: Sequence[tuple[float, float]],
        own_ids: Sequence[int],
        reach_m: Sequence[float],
        day: date,
    ) -> list[list[ZoneView]]:
        """For each point the other zones of households in reach, by code."""
        found: list[list[ZoneView]] = [[] for _ in points]
        if not points:
            return found
        lon, lat = np.array(points, np.float64).T
        for layer in self.layers:
            holds = layer.hold_on(day.toordinal())
            near = layer.borders.within(
                lon, lat, np.array(reach_m, np.float64), [set()] * len(points)
            )
            for i, numbers in enumerate(near):
                views = [layer.rows[n].view for n in numbers if holds[n]]
                found[i] += [
                    view
                    for view in views
                    if view.id != own_ids[i] and view.kind == ZoneKind.HOUSEHOLDS.value
                ]
        return [sorted(views, key=lambda view: view.code) for views in found]


def _found(
    layer: Layer,
    points: Sequence[tuple[float, float]],
    places: Sequence[Place],
    day: int,
) -> list[ZoneRow | None]:
    if len(points) == 1:
        return [layer.find_one(*points[0], places[0], day)]
    lon, lat = np.array(points, np.float64).T
    areas = np.array(
        [(p.group_id or 0, p.village_id or 0, p.town_id or 0) for p in places], np.int64
    ).T
    numbers = layer.find_many(lon, lat, areas, day).tolist()
    return [None if n == NOBODY else layer.rows[n] for n in numbers]


def read_zone_index(session: Session, first_day: date) -> Callable[[], ZoneIndex]:
    """What an index of the zones in force on a day or later is built of."""
    rows = read_zone_rows(session, first_day)
    return lambda: ZoneIndex.of(rows, first_day)


def renew_zone_index(
    session: Session, _first_day: date, index: ZoneIndex
) -> ZoneIndex | None:
    """The index with what has changed since; None if that is too much."""
    present = read_row_versions(session, index.first_day)
    changed = {i for i, v in present.items() if index.versions.get(i) != v}
    if len(changed) > _MOST_PATCHED:
        return None
    gone = index.versions.keys() - present.keys()
    return index.patched(
        read_zone_rows(session, index.first_day, changed) if changed else [],
        gone,
    )


HOLDER: Holder[date, ZoneIndex] = Holder(read_zone_index, renew_zone_index)


def find_zone_index(
    session: Session, day: date, *, decides: bool = True
) -> ZoneIndex | None:
    """The index that knows a day's zones; None while it is being built."""
    return HOLDER.find(session, date(day.year, 1, 1), decides=decides)
