"""A coverage of zones with bent borders, and points in it: the same at every run."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_api.areas.shapes import canonical

WEST, SOUTH, SIDE = 103.0, 36.0, 1.0
VERTICES = 62  # of a zone at least, as rounding takes some away
METRE = 1 / 111_320
Side = tuple[tuple[float, float], tuple[float, float]]


def draw_zones(count: int) -> NDArray[np.object_]:
    """Cells around random places; shared borders are bent the same from both sides."""
    draw = np.random.default_rng(1)
    middles = draw.random((count, 2)) * SIDE + (WEST, SOUTH)
    frame = shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(middles), extend_to=frame)
    )
    rings = [
        [(x, y) for x, y in shapely.get_coordinates(cell).tolist()]
        for cell in shapely.intersection(cells, frame)
    ]
    bends: dict[Side, int] = {}
    for ring in rings:
        for side in pairwise(ring):
            wanted = math.ceil(VERTICES / (len(ring) - 1))
            bends[_key(side)] = max(bends.get(_key(side), 0), wanted)
    bent = [_bent(ring, bends) for ring in rings]
    return np.array(
        [canonical(cell if cell.is_valid else cell.buffer(0)) for cell in bent], object
    )


def _key(side: Side) -> Side:
    first, last = sorted(side)
    return first, last


def _bent(ring: list[tuple[float, float]], bends: dict[Side, int]) -> shapely.Polygon:
    line = []
    for side in pairwise(ring):
        first, last = _key(side)
        count = bends[first, last]
        along = np.array(last) - np.array(first)
        across = np.array([-along[1], along[0]])
        corners = np.rint(np.array([first, last]) * 1e7).astype(np.int64)
        draw = np.random.default_rng(corners.ravel())
        t = np.arange(1, count) / count
        away = np.cumsum(draw.normal(size=count - 1)) * 0.02 * np.sin(np.pi * t)
        middle = first + t[:, None] * along + away[:, None] * across
        line += [np.array([side[0]]), middle if side[0] == first else middle[::-1]]
    return shapely.Polygon(np.vstack(line))


def draw_points(zones: NDArray[np.object_], count: int) -> NDArray[np.float64]:
    """A fifth within 20 m of a border, the others anywhere."""
    draw = np.random.default_rng(2)
    near = count // 5
    borders = shapely.boundary(zones[draw.integers(0, len(zones), near)])
    on = shapely.line_interpolate_point(borders, draw.random(near), normalized=True)
    beside = shapely.get_coordinates(on)
    angle, away = draw.random(near) * 2 * np.pi, draw.random(near) * 20 * METRE
    squeeze = math.cos(math.radians(SOUTH + SIDE / 2))
    beside += np.column_stack([away * np.cos(angle) / squeeze, away * np.sin(angle)])
    points = np.vstack([beside, draw.random((count - near, 2)) * SIDE + (WEST, SOUTH)])
    draw.shuffle(points)
    return points
