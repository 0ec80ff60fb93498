"""Shapes and points that are hard to locate, and what PostGIS says of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, text

from geo_api.areas.shapes import canonical

WEST, SOUTH = 103.5, 36.4
# How far from an edge, in widths of a border: on it, inside its width, and just beyond.
OFFSETS = (0.0, 1e-6, 0.5, 0.999, 1 - 1e-9, 1.0, 1 + 1e-9, 1.001, 2.0, 50.0)

_TRUTH = text(
    """
    WITH shape AS MATERIALIZED (
      SELECT n, ST_SetSRID(ST_GeomFromWKB(wkb), 4326) AS geom
      FROM unnest(CAST(:n AS int[]), CAST(:wkb AS bytea[])) AS t(n, wkb)
    ), point AS MATERIALIZED (
      SELECT i, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geom
      FROM unnest(CAST(:i AS int[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]))
        AS t(i, lon, lat)
    )
    SELECT p.i, min(s.n) FROM shape s CROSS JOIN point p
    WHERE ST_Covers(s.geom, p.geom) OR ST_DWithin(s.geom, p.geom, :border)
    GROUP BY p.i
    """
)


def ask_postgis(
    connection: Connection,
    shapes: Sequence[BaseGeometry],
    points: np.ndarray,
    *,
    border: float,
) -> list[int]:
    """The first shape that covers each point, a border's width included; else -1."""
    rows = connection.execute(
        _TRUTH,
        {
            "n": list(range(len(shapes))),
            "wkb": [shapely.to_wkb(shape) for shape in shapes],
            "i": list(range(len(points))),
            "lon": points[:, 0].tolist(),
            "lat": points[:, 1].tolist(),
            "border": border,
        },
    )
    first = {i: shape for i, shape in rows}  # noqa: C416  rows are not pairs to mypy
    return [first.get(i, -1) for i in range(len(points))]


def odd_shapes(seed: int) -> list[MultiPolygon]:
    """Neighbours that share lines, with holes, exclaves, overlaps and gaps."""
    draw = random.Random(seed)
    size = draw.choice([0.0004, 0.01, 0.3])
    found: list[BaseGeometry] = []
    columns, rows = draw.randint(1, 4), draw.randint(1, 4)

    def corner(x: int, y: int) -> tuple[float, float]:
        own = random.Random(f"{seed} {x} {y}")
        wobble = own.choice([0.0, 0.0, 0.3])
        return (
            WEST + (x + own.uniform(-wobble, wobble)) * size,
            SOUTH + (y + own.uniform(-wobble, wobble)) * size,
        )

    for x in range(columns):
        for y in range(rows):
            ring = [
                corner(x, y),
                corner(x + 1, y),
                corner(x + 1, y + 1),
                corner(x, y + 1),
            ]
            cell = canonical(Polygon(ring))
            kind = draw.randrange(6)
            if kind == 0:  # a gap
                continue
            if kind == 1:  # a hole, sometimes filled by another
                hole = cell.centroid.buffer(size * draw.uniform(0.05, 0.2))
                found.append(cell.difference(hole))
                if draw.random() < 0.5:
                    found.append(hole)
                continue
            if kind == 2:  # an exclave elsewhere
                away = Point(corner(draw.randint(-2, 6), draw.randint(-2, 6)))
                found.append(cell.union(away.buffer(size * draw.uniform(0.02, 0.3))))
                continue
            if kind == 3:  # an overlap
                found.append(cell.buffer(size * draw.uniform(0.01, 0.4)))
                continue
            if kind == 4:  # a star with needles
                middle = cell.centroid
                angles = np.linspace(
                    0, 2 * np.pi, 2 * draw.randint(3, 12), endpoint=False
                )
                far = np.where(np.arange(len(angles)) % 2, 0.1, draw.uniform(0.3, 0.9))
                found.append(
                    Polygon(
                        np.column_stack(
                            [
                                middle.x + size * far * np.cos(angles),
                                middle.y + size * far * np.sin(angles),
                            ]
                        )
                    )
                )
                continue
            found.append(cell)
    shapes = [canonical(shape) for shape in found]
    shapes = [shape for shape in shapes if not shape.is_empty and shape.is_valid]
    draw.shuffle(shapes)
    return shapes


def odd_points(
    shapes: Sequence[BaseGeometry], n: int, *, border: float, seed: int
) -> np.ndarray:
    """Vertices, points on edges, beside them by parts of a border, and anywhere."""
    draw = random.Random(seed)
    rings = [
        shapely.get_coordinates(ring)
        for shape in shapes
        for ring in shapely.get_rings(shapely.get_parts(shape))
    ]
    west, south, east, north = shapely.total_bounds(np.array(shapes, object))
    points: list[tuple[float, float]] = []
    while len(points) < n:
        ring = draw.choice(rings)
        k = draw.randrange(len(ring) - 1)
        (ax, ay), (bx, by) = ring[k], ring[k + 1]
        t = draw.choice([0.0, 1.0, 0.5, draw.random(), draw.random()])
        x, y = ax + (bx - ax) * t, ay + (by - ay) * t
        length = float(np.hypot(bx - ax, by - ay))
        away = border * draw.choice(OFFSETS) * draw.choice([-1, 1])
        if draw.random() < 0.7:
            x, y = x - (by - ay) / length * away, y + (bx - ax) / length * away
        else:
            angle = draw.uniform(0, 2 * np.pi)
            x, y = x + away * np.cos(angle), y + away * np.sin(angle)
        if draw.random() < 0.2:
            x = draw.uniform(west - 0.1 * (east - west), east + 0.1 * (east - west))
            y = draw.uniform(south - 0.1 * (north - south), north)
        points.append((float(x), float(y)))
    return np.array(points)
