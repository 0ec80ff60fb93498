"""The lists of candidates of cells: a covering is built here, all at once. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo_api.areas.cells import (
    MARGIN,
    Crossings,
    Edges,
    Floats,
    Grid,
    Ints,
    cut,
    find_crossings,
    find_runs,
)
from geo_api.areas.covering import INSIDE, NOBODY, REST, Bools, Covering, reach_of

_EDGES_AT_A_TIME = 200_000
_CELLS_AT_A_TIME = 2_000_000
# Where a cell is looked at from: its middle, or what lies off the border.
_LOOKOUTS = ((0.5, 0.5), (0.3, 0.7), (0.71, 0.31), (0.13, 0.17), (0.83, 0.89))
_CLEAR = 1e-4


def cover(
    polygons: Iterable[BaseGeometry], *, border: float, only_first: bool
) -> Covering:
    """A covering of polygons in order of precedence, with borders of a width.

    With ``only_first`` every polygon is accepted wherever it covers: of those that
    fill a cell only the first is kept there.
    """
    shapes = np.array([*polygons, None], dtype=object)[:-1]
    edges = Edges.of(shapes)
    grid = Grid.over(edges)
    if reach_of(grid, border) > MARGIN / 2:
        raise ValueError("the border is too wide for cells")
    crossings = find_crossings(grid, edges)
    pairs = _Pairs.of(grid, edges, reach_of(grid, border))
    runs = find_runs(grid, pairs.key, crossings)
    table, others = _fill(grid, *runs, only_first=only_first)
    begins, middle = _beginnings(shapes, grid, pairs, crossings)
    cells = grid.rows * grid.columns
    cell, polygon = pairs.key % cells, pairs.key // cells
    pair = np.arange(len(cell))
    if only_first:
        pair = np.flatnonzero((table[cell] < 0) | (table[cell] > polygon))
    # All that stands in a list: border and filled cells alike.
    listed = np.unique(np.concatenate([cell[pair], others[0]]))
    filled = listed[table[listed] >= 0]
    fills = len(others[0]) + len(filled)
    cell = np.concatenate([cell[pair], others[0], filled])
    polygon = np.concatenate([polygon[pair], others[1], table[filled]])
    pair = np.concatenate([pair, np.full(fills, -1)])
    order = np.lexsort([polygon, cell])
    cell, polygon, pair = cell[order], polygon[order], pair[order]
    lists = np.append(np.searchsorted(cell, listed), len(cell))
    table[listed] = -2 - np.arange(len(listed), dtype=np.int32)
    begin = np.where(pair >= 0, begins[pair], INSIDE) if len(begins) else begins
    rest = _find_rests(lists, pair, pairs, middle)
    begin[rest], pair[rest] = REST, -1
    first, ends = pairs.take(pair)
    return Covering(
        polygons=shapes,
        edges=edges,
        grid=grid,
        border=border,
        table=table,
        lists=lists.astype(np.int32),
        candidate=polygon.astype(np.int32),
        begins=begin.astype(np.int8),
        pieces=first,
        ends=ends,
    )


@dataclass(frozen=True)
class _Pairs:
    """A polygon and a cell that its border runs through, with the pieces there."""

    key: Ints
    # Where the pieces of each pair begin, and where the last one's end.
    start: Ints
    ends: NDArray[np.float32]
    is_closing: Bools

    @classmethod
    def of(cls, grid: Grid, edges: Edges, reach: float) -> _Pairs:
        parts = [
            cut(grid, edges, slice(start, start + _EDGES_AT_A_TIME))
            for start in range(0, max(len(edges), 1), _EDGES_AT_A_TIME)
        ]
        key = np.concatenate([part.key for part in parts])
        order = np.argsort(key, kind="stable")
        ends = np.concatenate([part.ends for part in parts])[order]
        is_closing = np.concatenate([part.is_closing for part in parts])[order]
        length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
        tolerance = np.where(is_closing, -1, length * reach).astype(np.float32)
        unique, start = np.unique(key[order], return_index=True)
        return cls(
            unique,
            np.append(start, len(key)).astype(np.int64),
            np.column_stack([ends, tolerance]),
            is_closing,
        )

    def pieces_of(self, pair: Ints) -> tuple[Ints, Ints, Ints]:
        """Where the pieces of pairs begin when put together; owners; pieces."""
        is_pair = pair >= 0
        first = np.where(is_pair, self.start[pair], 0)
        counts = np.where(is_pair, self.start[pair + 1] - first, 0)
        begin = np.cumsum(counts) - counts
        owner = np.repeat(np.arange(len(pair)), counts)
        return begin, owner, np.arange(len(owner)) - begin[owner] + first[owner]

    def take(self, pair: Ints) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The pieces of pairs in another order; those of a pair -1 are none."""
        begin, owner, piece = self.pieces_of(pair)
        return np.append(begin, len(owner)).astype(np.int32), self.ends[piece]


def _fill(
    grid: Grid, polygon: Ints, first: Ints, count: Ints, *, only_first: bool
) -> tuple[NDArray[np.int32], tuple[Ints, Ints]]:
    """The table of cells that lie wholly in a polygon: in the first of several.

    And the others of the several, if asked for: their cells and numbers.
    """
    table = np.full(grid.rows * grid.columns, NOBODY, np.int32)
    cells, owners = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    total = np.cumsum(count)
    # Runs come polygon after polygon; the last to write a cell stays in it.
    for part in _parts(total)[::-1]:
        n = count[part][::-1]
        begin = np.cumsum(n) - n
        run = np.repeat(np.arange(len(n)), n)
        owner = polygon[part][::-1][run]
        cell = first[part][::-1][run] + np.arange(len(run)) - begin[run]
        before = table[cell]
        table[cell] = owner
        if not only_first:
            lost = table[cell] != owner
            pushed, at = np.unique(cell[before != NOBODY], return_index=True)
            cells += [cell[lost], pushed]
            owners += [owner[lost], before[before != NOBODY][at].astype(np.int64)]
    return table, (np.concatenate(cells), np.concatenate(owners))


def _parts(total: Ints) -> list[slice]:
    """Slices of runs that have about as many cells each; ``total`` is cumulated."""
    if not len(total):
        return []
    starts = np.arange(0, int(total[-1]), _CELLS_AT_A_TIME)
    bounds = [*np.unique(np.searchsorted(total, starts, side="right")), len(total)]
    return [slice(a, b) for a, b in pairwise(bounds)]


def _beginnings(
    shapes: NDArray[np.object_], grid: Grid, pairs: _Pairs, crossings: Crossings
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """How a ray to the left begins: so that one known point comes out right.

    And whether the middle lies inside; -1 where a border is too near to it.
    """
    key, cells = pairs.key, grid.rows * grid.columns
    begins = np.zeros(len(key), np.int8)
    middle = np.full(len(key), -1, np.int8)
    left = np.arange(len(key))
    for x, y in _LOOKOUTS:
        odd, distance = _look(pairs, left, x, y)
        clear = (distance > _CLEAR) | ((x, y) == _LOOKOUTS[-1])
        those = left[clear]
        if (x, y) == _LOOKOUTS[0]:
            inside = middle[those] = crossings.is_inside(key[those])
        else:
            column = key[those] % grid.columns
            row = key[those] % cells // grid.columns
            lon = grid.west + (column + x) / grid.columns_per_degree
            lat = grid.south + (row + y) / grid.rows_per_degree
            inside = shapely.intersects_xy(shapes[key[those] // cells], lon, lat)
        begins[those] = inside ^ odd[clear]
        left = left[~clear]
    return begins, middle


def _look(pairs: _Pairs, pair: Ints, x: float, y: float) -> tuple[Bools, Floats]:
    """Whether a ray to the left meets an odd number; how far the nearest edge is."""
    first, owner, piece = pairs.pieces_of(pair)
    if not len(pair):
        return np.zeros(0, bool), np.zeros(0)
    x1, y1, x2, y2, _ = pairs.ends[piece].T
    px, py = np.float32(x), np.float32(y)
    rises = y2 > py
    cross = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1)
    meets = ((y1 > py) != rises) & ((cross < 0) == rises)
    odd = (np.bincount(owner[meets], minlength=len(pair)) & 1).astype(bool)
    length = np.maximum(np.hypot(x2 - x1, y2 - y1), 1e-12)
    off = np.where(pairs.is_closing[piece], math.inf, np.abs(cross) / length)
    return odd, np.minimum.reduceat(off, first)


def _find_rests(
    lists: Ints, pair: Ints, pairs: _Pairs, middle: NDArray[np.int8]
) -> Ints:
    """The second ones of two that share one line and the cell: of most borders.

    The same pieces, and the middle in one of them: then every point is in one of them.
    """
    if not len(pairs.key):
        return np.empty(0, np.int64)
    first = lists[:-1][np.diff(lists) == 2]
    first = first[(pair[first] >= 0) & (pair[first + 1] >= 0)]
    a, b = pair[first], pair[first + 1]
    line = _lines(pairs)
    same = (line[a] == line[b]).all(axis=1)
    differ = (middle[a] >= 0) & (middle[b] >= 0) & (middle[a] != middle[b])
    found: Ints = first[same & differ] + 1
    return found


def _lines(pairs: _Pairs) -> NDArray[np.uint64]:
    """What the line of each pair's pieces is known by, whichever way it runs."""
    bits = pairs.ends[:, :4].copy().view(np.uint32).astype(np.uint64)
    one, other = _mixed(bits[:, 0], bits[:, 1]), _mixed(bits[:, 2], bits[:, 3])
    whole = one * other + (one ^ other)
    whole[pairs.is_closing] = 0
    count = (~pairs.is_closing).astype(np.uint64)
    start = pairs.start[:-1]
    return np.column_stack(
        [np.add.reduceat(whole, start), np.add.reduceat(count, start)]
    )


def _mixed(x: NDArray[np.uint64], y: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A number for a point that is hardly ever another one's."""
    found = (x << np.uint64(32) | y) * np.uint64(0x9E3779B97F4A7C15)
    found ^= found >> np.uint64(29)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    return found ^ found >> np.uint64(32)
