"""Which polygons cover a point: a table of cells, and exact tests near borders only.

A cell that lies in one polygon answers at once. A cell that borders run through names
its candidates in order, each with the pieces of its border there, so that a test looks
at two or three edges instead of a thousand. A point within rounding of a border is
asked of GEOS and, within rounding of the border's width, of PostGIS's own arithmetic.

Nothing here changes after it is built: threads share it. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_api.areas.cells import Edges, Floats, Grid, Ints, steps

Bools = NDArray[np.bool_]
# Whether polygons may answer for points; both by number.
Accept = Callable[[Ints, Ints], Bools]

NOBODY = -1

# A ray to the left begins outside the candidate, or inside it; or the candidate is what
# the one before it leaves of the cell.
OUTSIDE, INSIDE, REST = 0, 1, 2
PLAIN_COLUMNS = 10

# What a line does not tell: a list is asked.
_UNTOLD = -2
# Points at a time: what is computed of them stays in the processor's cache.
_CHUNK = 1 << 16
# Rounding of single precision, in parts of a cell, many times over.
_ROUNDING = 4e-6


@dataclass(frozen=True)
class Covering:
    """Polygons in order of precedence, their edges and their cells."""

    polygons: NDArray[np.object_]
    edges: Edges
    grid: Grid
    # Half the width of a border in degrees: what is no farther off is covered.
    border: float
    # For each cell: a polygon, NOBODY, or -2 - the number of a plain row or, after
    # these, of a list.
    table: NDArray[np.int32]
    # Cells through which one line or angle runs: who is on its one side and on the
    # other, the list that says the same, whether the common part of two half-planes is
    # the other side, and the half-planes in single precision.
    plain: NDArray[np.int32]
    # Where each list of candidates begins, and where the last one ends.
    lists: NDArray[np.int32]
    candidate: NDArray[np.int32]
    # OUTSIDE, INSIDE or REST; and where the pieces of each candidate begin.
    begins: NDArray[np.int8]
    pieces: NDArray[np.int32]
    # x1, y1, x2, y2 of each piece, and the cross product within which a point is near.
    ends: NDArray[np.float32]

    def find_many(
        self, lon: Floats, lat: Floats, accept: Accept | None = None
    ) -> NDArray[np.int32]:
        """The first polygon that covers each point and is accepted, or NOBODY."""
        found = np.empty(len(lon), np.int32)
        for start in range(0, len(lon), _CHUNK):
            part = slice(start, start + _CHUNK)
            found[part] = self._find_chunk(lon[part], lat[part], start, accept)
        return found

    def _find_chunk(
        self, lon: Floats, lat: Floats, start: int, accept: Accept | None
    ) -> NDArray[np.int32]:
        u, v = self.grid.across(lon), self.grid.up(lat)
        column, row = u.astype(np.int32), v.astype(np.int32)
        found = self.table.take(row * np.int32(self.grid.columns) + column)
        if accept is not None:
            direct = np.flatnonzero(found >= 0)
            refused = ~accept(start + direct, found[direct].astype(np.int64))
            found[direct[refused]] = NOBODY
        left = np.flatnonzero(found < NOBODY)
        x = (u[left] - column[left]).astype(np.float32)
        y = (v[left] - row[left]).astype(np.float32)
        answer, number = self._across_lines(-2 - found[left], x, y)
        if accept is not None:
            told = np.flatnonzero(answer > NOBODY)
            refused = ~accept(start + left[told], answer[told].astype(np.int64))
            answer[told[refused]] = _UNTOLD
        found[left] = answer
        again = np.flatnonzero(answer == _UNTOLD)
        left, x, y, number = left[again], x[again], y[again], number[again]
        at, end = self.lists[number], self.lists[number + 1]
        found[left] = NOBODY
        inside = near = np.zeros(len(left), bool)
        while len(left):
            polygon = self.candidate[at]
            inside, near = self._sides(at, x, y, inside, near)
            hit = inside.copy()
            if near.any():
                those = left[near]
                hit[near] = self._covers_exactly(polygon[near], lon[those], lat[those])
            if accept is not None:
                hit &= accept(start + left, polygon.astype(np.int64))
            found[left[hit]] = polygon[hit]
            at = at + 1
            again = np.flatnonzero(~hit & (at < end))
            left, at, end = left[again], at[again], end[again]
            x, y, inside, near = x[again], y[again], inside[again], near[again]
        return found

    def _across_lines(
        self, number: NDArray[np.int32], x: NDArray[np.float32], y: NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Who is where one line or angle tells, else _UNTOLD; and the lists to ask."""
        answer = np.full(len(number), _UNTOLD, np.int32)
        lists = number - np.int32(len(self.plain))
        plain = np.flatnonzero(lists < 0)
        rows = self.plain.take(number[plain], axis=0)
        first, other, lists[plain], is_other, *_ = rows.T
        a, b, c, d, e, f = rows.view(np.float32).T[4:]
        x, y = x[plain], y[plain]
        one, two = a * x + b * y + c, d * x + e * y + f
        inside = ((one > 0) & (two > 0)) != is_other.astype(bool)
        near = np.minimum(np.abs(one), np.abs(two)) <= self._reach
        answer[plain] = np.where(near, _UNTOLD, np.where(inside, first, other))
        return answer, lists

    def _sides(
        self,
        at: NDArray[np.int32],
        x: NDArray[np.float32],
        y: NDArray[np.float32],
        was_inside: Bools,
        was_near: Bools,
    ) -> tuple[Bools, Bools]:
        """Whether points lie inside a candidate as it is in their cell; and near it.

        What was said of the candidate before tells the same of one that is its rest.
        """
        first = self.pieces[at]
        counts = self.pieces[at + 1] - first
        begins = self.begins[at]
        rest = begins == REST
        inside = np.where(rest, ~was_inside, begins == INSIDE)
        near = was_near & rest
        owner, piece = steps(counts, first)
        if not len(owner):
            return inside, near
        x1, y1, x2, y2, tolerance = self.ends.take(piece, axis=0).T
        px, py = x[owner], y[owner]
        rises = y2 > py
        cross = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1)
        meets = ((y1 > py) != rises) & ((cross < 0) == rises)
        inside ^= (np.bincount(owner[meets], minlength=len(at)) & 1).astype(bool)
        close = np.flatnonzero(np.abs(cross) <= tolerance)
        if len(close):
            px, py, x1, y1 = px[close], py[close], x1[close], y1[close]
            x2, y2, reach = x2[close], y2[close], self._reach
            is_beside = (px >= np.minimum(x1, x2) - reach) & (
                px <= np.maximum(x1, x2) + reach
            )
            is_beside &= (py >= np.minimum(y1, y2) - reach) & (
                py <= np.maximum(y1, y2) + reach
            )
            near[owner[close[is_beside]]] = True
        return inside, near

    @property
    def _reach(self) -> float:
        return reach_of(self.grid, self.border)

    def _covers_exactly(
        self, polygon: NDArray[np.int32], lon: Floats, lat: Floats
    ) -> Bools:
        """What ST_Covers or ST_DWithin says: a distance of 0 is inside."""
        distance = shapely.distance(self.polygons[polygon], shapely.points(lon, lat))
        covered: Bools = distance <= self.border
        doubtful = np.abs(distance - self.border) <= self.border * 1e-4
        for i in np.flatnonzero(doubtful):
            covered[i] = self._distance(int(polygon[i]), lon[i], lat[i]) <= self.border
        return covered

    def _distance(self, polygon: int, x: float, y: float) -> float:
        """From a point outside to the border, operation by operation as PostGIS."""
        of = slice(self.edges.start[polygon], self.edges.start[polygon + 1])
        ax, ay = self.edges.x1[of], self.edges.y1[of]
        bx, by = self.edges.x2[of], self.edges.y2[of]
        ex, ey = bx - ax, by - ay
        r = ((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey)
        cx = np.where(r < 0, ax, np.where(r > 1, bx, ax + r * ex))
        cy = np.where(r < 0, ay, np.where(r > 1, by, ay + r * ey))
        return float(np.sqrt((cx - x) * (cx - x) + (cy - y) * (cy - y)).min())

    def find(
        self, lon: float, lat: float, accept: Callable[[int], bool] | None = None
    ) -> int:
        """The first polygon that covers one point and is accepted, or NOBODY."""
        grid = self.grid
        u = (lon - grid.west) * grid.columns_per_degree
        v = (lat - grid.south) * grid.rows_per_degree
        if not (0 <= u < grid.columns and 0 <= v < grid.rows):
            return NOBODY
        column, row = int(u), int(v)
        value = self.table.item(row * grid.columns + column)
        if value >= NOBODY:
            if value >= 0 and accept is not None and not accept(value):
                return NOBODY
            return value
        number = -2 - value
        if number < len(self.plain):
            number = self.plain.item(number, 2)
        else:
            number -= len(self.plain)
        first, end = self.lists.item(number), self.lists.item(number + 1)
        inside = near = False
        for at in range(first, end):
            polygon = self.candidate.item(at)
            if self.begins.item(at) == REST:
                inside = not inside
            else:
                inside, near = self._side(at, u - column, v - row)
            if accept is not None and not accept(polygon):
                continue
            if near:
                one = np.array([polygon], np.int32)
                if self._covers_exactly(one, np.array([lon]), np.array([lat]))[0]:
                    return polygon
            elif inside:
                return polygon
        return NOBODY

    def _side(self, at: int, x: float, y: float) -> tuple[bool, bool]:
        """The same as ``_sides`` for one point, which numpy would take longer for."""
        inside, near = self.begins.item(at) == INSIDE, False
        reach = self._reach
        pieces = self.ends[self.pieces.item(at) : self.pieces.item(at + 1)].tolist()
        for x1, y1, x2, y2, tolerance in pieces:
            rises = y2 > y
            cross = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
            if ((y1 > y) != rises) and ((cross < 0) == rises):
                inside = not inside
            if (
                -tolerance <= cross <= tolerance
                and min(x1, x2) - reach <= x <= max(x1, x2) + reach
                and min(y1, y2) - reach <= y <= max(y1, y2) + reach
            ):
                near = True
        return inside, near


def reach_of(grid: Grid, border: float) -> float:
    """How near to a border a point is asked of GEOS, in parts of a cell."""
    return border * max(grid.columns_per_degree, grid.rows_per_degree) + _ROUNDING
