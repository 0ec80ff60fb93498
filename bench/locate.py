"""Locating points beside geopandas, shapely and PostGIS, in one run on the same data.

    PYTHONPATH=. .venv/bin/python bench/locate.py [--points N] [--zones N] [--rounds N]

A coverage of zones with bent borders on about 100 × 100 km; a fifth of the points lie
within 20 m of a border. Indexes are built before, each contender takes turns with the
others, and the best round of each counts: by wall clock and by its own processor time,
which other programs on the machine touch less. PostGIS starts a private server.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import uuid4

import geo_api  # noqa: F401  before numpy: one thread

# isort: split
import geopandas
import numpy as np
import psycopg
import shapely
from drawn_zones import draw_points, draw_zones
from numpy.typing import NDArray

from geo_api.areas.covering import NOBODY, Covering
from geo_api.areas.shapes import GRID
from geo_api.embedded import EmbeddedCluster
from geo_api.zones.index import ZoneIndex, ZoneRow
from geo_api.zones.rules import ZoneKind, ZoneView

Numbers = NDArray[np.int64]


@dataclass
class Contender:
    """Somebody who locates all points; the best of its rounds counts."""

    name: str
    locate: Callable[[], Numbers]
    wall: float = math.inf
    processor: float = math.inf
    found: Numbers = field(default_factory=lambda: np.empty(0, np.int64))

    def run(self) -> None:
        """One round."""
        wall, processor = time.perf_counter(), time.process_time()
        self.found = self.locate()
        self.wall = min(self.wall, time.perf_counter() - wall)
        self.processor = min(self.processor, time.process_time() - processor)


def _first(points: Numbers, zones: Numbers, count: int) -> Numbers:
    """Of the zones of each point the first, which has the smallest code."""
    found = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(found, points, zones)
    found[found == np.iinfo(np.int64).max] = NOBODY
    return found


def build(zones: NDArray[np.object_]) -> ZoneIndex:
    """Ours, built; how long it took is told, and what the change of a zone takes."""
    rows = [
        ZoneRow(
            ZoneView(n, uuid4(), f"{n:06d}", "", ZoneKind.HOUSEHOLDS.value),
            area_id=1,
            valid_from=date(2026, 1, 1),
            valid_to=None,
            version=0,
            wkb=shapely.to_wkb(zone),
        )
        for n, zone in enumerate(zones)
    ]
    began = time.perf_counter(), time.process_time()
    index = ZoneIndex.of(rows, date(2026, 1, 1))
    covering = index.layers[0].covering
    print(
        f"built: {time.perf_counter() - began[0]:.1f} s,"
        f" {time.process_time() - began[1]:.1f} s of the processor,"
        f" {_megabytes(covering):.0f} MB"
    )
    wall, processor = math.inf, math.inf
    for n in range(20):
        began = time.perf_counter(), time.process_time()
        assert index.patched([rows[n]], ()) is not None
        wall = min(wall, time.perf_counter() - began[0])
        processor = min(processor, time.process_time() - began[1])
    print(f"a zone's change: {wall * 1e3:.1f} ms, {processor * 1e3:.1f} ms processor")
    return index


def contenders(
    covering: Covering, zones: NDArray[np.object_], points: NDArray[np.float64]
) -> list[Contender]:
    """Ours first; what each builds beforehand is not counted."""
    lon, lat = points.T.copy()
    made = shapely.points(points)
    tree = shapely.STRtree(made)
    shapely.prepare(zones)
    left = geopandas.GeoDataFrame(geometry=made, crs=4326)
    right = geopandas.GeoDataFrame(geometry=zones, crs=4326)
    assert left.sindex is not None
    assert right.sindex is not None

    def by_tree() -> Numbers:
        found, inside = tree.query(zones, predicate="covers")
        return _first(inside, found, len(points))

    def by_join() -> Numbers:
        joined = geopandas.sjoin(left, right, predicate="within")
        there = joined["index_right"].to_numpy()
        return _first(joined.index.to_numpy(), there, len(points))

    def ours() -> Numbers:
        return covering.find_many(lon, lat).astype(np.int64)

    return [
        Contender("the covering", ours),
        Contender("shapely STRtree", by_tree),
        Contender("geopandas.sjoin", by_join),
    ]


def _megabytes(covering: object) -> float:
    arrays = [v for v in vars(covering).values() if isinstance(v, np.ndarray)]
    return sum(array.nbytes for array in arrays) / 1e6


def count_mismatches(
    zones: NDArray[np.object_],
    points: NDArray[np.float64],
    ours: Numbers,
    peer: Numbers,
) -> tuple[int, int]:
    """Points that differ; and those of them that no border's width explains."""
    differ = np.flatnonzero(ours != peer)
    first = shapely.points(points[differ])
    said = np.where(ours[differ] == NOBODY, 0, ours[differ])
    is_ours = (ours[differ] != NOBODY) & shapely.dwithin(zones[said], first, GRID)
    # Of two that reach a point the smaller one is right.
    is_ours &= (peer[differ] == NOBODY) | (ours[differ] < peer[differ])
    return len(differ), int((~is_ours).sum())


_ONE = """
    SELECT n FROM zone,
      (SELECT ST_SetSRID(ST_MakePoint(%(x)s, %(y)s), 4326) AS point) AS asked
    WHERE geom && ST_Expand(point, 1e-7) AND ST_DWithin(geom, point, 1e-7)
    ORDER BY n LIMIT 1
"""


def single_lookups(
    covering: Covering,
    zones: NDArray[np.object_],
    points: NDArray[np.float64],
    rounds: int,
) -> None:
    """One point at a time: ours, and PostGIS by a prepared statement over a socket."""
    some = [(x, y) for x, y in points[:2000].tolist()]
    with tempfile.TemporaryDirectory() as folder:
        cluster = EmbeddedCluster(Path(folder))
        cluster.start()
        try:
            url = cluster.superuser_url.replace("+psycopg", "")
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
                connection.execute("CREATE TABLE zone (n int, geom geometry)")
                with connection.cursor().copy("COPY zone FROM STDIN") as copy:
                    for n, zone in enumerate(zones):
                        wkb = shapely.to_wkb(
                            shapely.set_srid(zone, 4326), hex=True, include_srid=True
                        )
                        copy.write_row((n, wkb))
                connection.execute("CREATE INDEX ON zone USING gist (geom)")
                connection.execute("VACUUM ANALYZE zone")
                began = time.perf_counter()
                connection.execute("SELECT n, xmin::text::bigint FROM zone").fetchall()
                looked = (time.perf_counter() - began) * 1e3
                print(f"what has changed is found in {looked:.1f} ms")
                theirs: list[float] = []
                mine: list[float] = []
                answers = []
                for _ in range(rounds):
                    for x, y in some:
                        began = time.perf_counter()
                        row = connection.execute(
                            _ONE, {"x": x, "y": y}, prepare=True
                        ).fetchone()
                        theirs.append(time.perf_counter() - began)
                        began = time.perf_counter()
                        found = covering.find(x, y)
                        mine.append(time.perf_counter() - began)
                        answers.append((row[0] if row else NOBODY) == found)
        finally:
            cluster.stop()
    for name, taken in (("the covering", mine), ("PostGIS", theirs)):
        half, tail = np.percentile(taken, [50, 95]) * 1e6
        print(f"{name:18} {half:8.1f} µs p50 {tail:8.1f} µs p95")
    ratio = np.median(mine) / np.median(theirs)
    wrong = answers.count(False)
    print(f"a single lookup takes {ratio:.3f} of PostGIS's; {wrong} mismatches")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--zones", type=int, default=12_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    zones = draw_zones(asked.zones)
    points = draw_points(zones, asked.points)
    counts = shapely.get_num_coordinates(zones)
    print(
        f"{len(zones)} zones of {counts.mean():.0f} vertices on average"
        f" ({(counts >= 60).mean():.0%} have 60 or more), {len(points)} points"
    )
    covering = build(zones).layers[0].covering
    all_of_them = contenders(covering, zones, points)
    for _ in range(asked.rounds):
        for contender in all_of_them:
            contender.run()
    ours, *peers = all_of_them
    print(f"{'':18} {'points/s':>12} {'by processor':>14}   ours is")
    for one in all_of_them:
        print(
            f"{one.name:18} {len(points) / one.wall:12,.0f}"
            f" {len(points) / one.processor:14,.0f}"
            f"   {one.wall / ours.wall:5.1f} × ({one.processor / ours.processor:.1f} ×)"
        )
    for peer in peers:
        differ, wrong = count_mismatches(zones, points, ours.found, peer.found)
        print(
            f"{peer.name}: {differ} points differ, by a border's width;"
            f" {wrong} mismatches"
        )
    single_lookups(covering, zones, points, max(1, asked.rounds // 2))


if __name__ == "__main__":
    main()
