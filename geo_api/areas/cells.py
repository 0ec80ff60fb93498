"""Which cells of a grid the borders of polygons run through, and which lie inside.

All at once in numpy: no step looks at one polygon after the other. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# An edge belongs to every cell that it comes this near to, in parts of a cell: far more
# than a border's width and all rounding.
MARGIN = 0.01
_NARROWEST_DEG = 1e-4
_MOST_CELLS = 8_000_000


@dataclass(frozen=True)
class Edges:
    """The edges of all rings, polygon after polygon, in degrees."""

    polygon: Ints
    x1: Floats
    y1: Floats
    x2: Floats
    y2: Floats
    # Where the edges of each polygon begin, and where the last one's end.
    start: Ints

    @classmethod
    def of(cls, polygons: NDArray[np.object_]) -> Edges:
        """Edges in the direction in which the rings run."""
        parts, part_of = shapely.get_parts(polygons, return_index=True)
        rings, ring_of = shapely.get_rings(parts, return_index=True)
        points, point_of = shapely.get_coordinates(rings, return_index=True)
        is_edge = point_of[1:] == point_of[:-1]
        first, last = points[:-1][is_edge], points[1:][is_edge]
        polygon = part_of[ring_of[point_of[1:][is_edge]]].astype(np.int64)
        start = np.searchsorted(polygon, np.arange(len(polygons) + 1))
        x1, y1 = first.T.copy()
        x2, y2 = last.T.copy()
        return cls(polygon, x1, y1, x2, y2, start.astype(np.int64))

    def __len__(self) -> int:
        return len(self.polygon)


@dataclass(frozen=True)
class Grid:
    """Cells that are about as wide as high on the ground, with an empty rim."""

    west: float
    south: float
    columns_per_degree: float
    rows_per_degree: float
    columns: int
    rows: int

    @classmethod
    def over(cls, edges: Edges) -> Grid:
        """As many cells as make it rare that two borders meet in one."""
        if not len(edges):
            return cls(0.0, 0.0, 1.0, 1.0, 1, 1)
        west, east = float(edges.x1.min()), float(edges.x1.max())
        south, north = float(edges.y1.min()), float(edges.y1.max())
        squeeze = max(math.cos(math.radians((south + north) / 2)), 0.1)
        wide, high = (east - west) * squeeze, north - south
        wanted = min(max(12 * len(edges), 1024), _MOST_CELLS)
        side = max(math.sqrt(wide * high / wanted), (wide + high) / wanted)
        side = max(side, _NARROWEST_DEG)
        per_lon, per_lat = squeeze / side, 1 / side
        columns = math.floor((east - west) * per_lon) + 4
        rows = math.floor((north - south) * per_lat) + 4
        return cls(
            west - 1.5 / per_lon, south - 1.5 / per_lat, per_lon, per_lat, columns, rows
        )

    def across(self, lon: Floats) -> Floats:
        """Longitudes in columns, from the grid's edge; what lies outside is clamped."""
        found: Floats = np.fmax((lon - self.west) * self.columns_per_degree, 0.0)
        return np.fmin(found, self.columns - 0.5, out=found)

    def up(self, lat: Floats) -> Floats:
        """The same for latitudes, in rows."""
        found: Floats = np.fmax((lat - self.south) * self.rows_per_degree, 0.0)
        return np.fmin(found, self.rows - 0.5, out=found)


@dataclass(frozen=True)
class Pieces:
    """Edges cut to cells; ``key`` is (polygon × rows + row) × columns + column.

    ``ends`` are x1, y1, x2, y2 in parts of the cell. Where an edge comes in from the
    left a piece of the left side goes from there upward, so that within the cell a ray
    to the left meets all that it would meet outside.
    """

    key: Ints
    ends: NDArray[np.float32]
    is_closing: NDArray[np.bool_]


@dataclass(frozen=True)
class Crossings:
    """Where rings cross the middle line of rows: sorted keys like those of Pieces.

    The middle of a cell lies inside where an odd number of keys are not above its own:
    every ring crosses a line as often as it comes back.
    """

    key: Ints

    def is_inside(self, key: Ints) -> NDArray[np.bool_]:
        """Whether the middle of a cell lies in the polygon of its key."""
        before = np.searchsorted(self.key, key, side="right")
        return (before & 1).astype(bool)


def steps(counts: Ints, first: Ints | NDArray[np.int32] | int = 0) -> tuple[Ints, Ints]:
    """For counts 2, 3: owners 0 0 1 1 1 and steps 0 1 0 1 2; each from ``first`` on."""
    owner = np.repeat(np.arange(len(counts)), counts)
    begin = first - (np.cumsum(counts) - counts)
    return owner, np.arange(len(owner)) + begin[owner]


def find_crossings(grid: Grid, edges: Edges) -> Crossings:
    """Where the edges cross the middle lines of rows."""
    u1, v1 = grid.across(edges.x1), grid.up(edges.y1)
    u2, v2 = grid.across(edges.x2), grid.up(edges.y2)
    first = np.ceil(np.minimum(v1, v2) - 0.5).astype(np.int64)
    last = np.ceil(np.maximum(v1, v2) - 0.5).astype(np.int64)
    edge, step = steps(last - first)
    row = first[edge] + step
    a = u1[edge]
    u = a + (row + 0.5 - v1[edge]) * ((u2[edge] - a) / (v2[edge] - v1[edge]))
    column = np.clip(np.ceil(u - 0.5).astype(np.int64), 0, grid.columns - 1)
    key = (edges.polygon[edge] * grid.rows + row) * grid.columns + column
    key.sort()
    return Crossings(key)


def cut(grid: Grid, edges: Edges, part: slice) -> Pieces:
    """Edges of a part, cut to the cells that they come near to."""
    u1, v1 = grid.across(edges.x1[part]), grid.up(edges.y1[part])
    u2, v2 = grid.across(edges.x2[part]), grid.up(edges.y2[part])
    low = np.floor(np.minimum(v1, v2) - MARGIN).astype(np.int64)
    high = np.floor(np.maximum(v1, v2) + MARGIN).astype(np.int64)
    edge, step = steps(high - low + 1)
    row = low[edge] + step
    # The columns that an edge passes on its way through a row.
    a, b = u1[edge], u2[edge]
    rise = v2[edge] - v1[edge]
    with np.errstate(divide="ignore", invalid="ignore"):
        t1 = (row - MARGIN - v1[edge]) / rise
        t2 = (row + 1 + MARGIN - v1[edge]) / rise
    level = rise == 0
    t1[level], t2[level] = 0.0, 1.0
    enter = np.clip(np.minimum(t1, t2), 0, 1)
    leave = np.clip(np.maximum(t1, t2), 0, 1)
    p, q = a + (b - a) * enter, a + (b - a) * leave
    low = np.floor(np.minimum(p, q) - MARGIN).astype(np.int64)
    high = np.floor(np.maximum(p, q) + MARGIN).astype(np.int64)
    passed, step = steps(high - low + 1)
    column, row, edge = low[passed] + step, row[passed], edge[passed]
    key = (edges.polygon[part][edge] * grid.rows + row) * grid.columns + column
    return _cut_to_cells(
        key, u1[edge] - column, v1[edge] - row, u2[edge] - column, v2[edge] - row
    )


def _cut_to_cells(key: Ints, x1: Floats, y1: Floats, x2: Floats, y2: Floats) -> Pieces:
    """Liang and Barsky, for all; the left side keeps what goes on beyond it."""
    enter, leave = np.zeros(len(key)), np.ones(len(key))
    left = np.full(len(key), np.nan)
    misses = np.zeros(len(key), bool)
    for a, b, is_x in ((x1, x2, True), (y1, y2, False)):
        run = b - a
        still = run == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = (-MARGIN - a) / run, (1 + MARGIN - a) / run
        misses |= still & ((a < -MARGIN) | (a > 1 + MARGIN))
        if is_x:
            crosses = (a < -MARGIN) != (b < -MARGIN)
            left[crosses] = low[crosses]
        enter = np.maximum(enter, np.where(still, 0.0, np.minimum(low, high)))
        leave = np.minimum(leave, np.where(still, 1.0, np.maximum(low, high)))
    kept = ~misses & (enter <= leave)
    key, enter, leave, left = key[kept], enter[kept], leave[kept], left[kept]
    x1, y1, x2, y2 = x1[kept], y1[kept], x2[kept], y2[kept]
    ends = np.empty((len(key), 4), np.float32)
    # A vertex is rounded as it is, and so to the same place for both of its edges.
    ends[:, 0] = np.where(enter == 0, x1, x1 + (x2 - x1) * enter)
    ends[:, 1] = np.where(enter == 0, y1, y1 + (y2 - y1) * enter)
    ends[:, 2] = np.where(leave == 1, x2, x1 + (x2 - x1) * leave)
    ends[:, 3] = np.where(leave == 1, y2, y1 + (y2 - y1) * leave)
    comes_in, goes_out = left == enter, left == leave
    closing = np.empty((int(comes_in.sum() + goes_out.sum()), 4), np.float32)
    closing[:, 0] = closing[:, 2] = -MARGIN
    closing[:, 1] = np.concatenate([ends[comes_in, 1], ends[goes_out, 3]])
    closing[:, 3] = 2.0
    return Pieces(
        np.concatenate([key, key[comes_in], key[goes_out]]),
        np.concatenate([ends, closing]),
        np.arange(len(key) + len(closing)) >= len(key),
    )


def find_runs(
    grid: Grid, border: Ints, crossings: Crossings
) -> tuple[Ints, Ints, Ints]:
    """Cells wholly inside, as runs along rows: polygon, first cell, number of cells.

    ``border`` are the sorted keys of cells that a border runs through. Between two of
    them in one row nothing changes, and beyond the outermost there is nothing.
    """
    row = border // grid.columns
    gap = np.diff(border) - 1
    is_gap = (gap > 0) & (row[1:] == row[:-1])
    first, gap = border[:-1][is_gap] + 1, gap[is_gap]
    inside = crossings.is_inside(first)
    first, gap = first[inside], gap[inside]
    cells = grid.rows * grid.columns
    return first // cells, first % cells, gap
