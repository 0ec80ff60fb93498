"""The lists of candidates of cells: a covering is built here, all at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo_api.areas.border_pieces import Pairs, angles_of, lines_of, look
from geo_api.areas.cells import (
    MARGIN,
    Crossings,
    Edges,
    Grid,
    Ints,
    find_crossings,
    find_runs,
    steps,
)
from geo_api.areas.covering import (
    INSIDE,
    NOBODY,
    PLAIN_COLUMNS,
    REST,
    Bools,
    Covering,
    reach_of,
)

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
    pairs = Pairs.of(grid, edges, reach_of(grid, border))
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
    begin = (
        begins
        if not len(begins)
        else np.where(pair >= 0, begins[pair], np.int8(INSIDE))
    )
    rest = _find_rests(lists, pair, pairs, middle)
    begin[rest], pair[rest] = REST, -1
    if only_first and len(listed):
        # Behind what two share between them nothing is asked.
        kept = _up_to(lists, rest)
        polygon, pair, begin = polygon[kept], pair[kept], begin[kept]
        sizes = np.add.reduceat(kept, lists[:-1], dtype=np.int64)
        lists = np.append(0, np.cumsum(sizes))
    plain, is_plain = _plain(lists, polygon, pair, begin, pairs, middle)
    number = np.arange(len(listed)) + len(plain)
    number[is_plain] = np.arange(len(plain))
    table[listed] = -2 - number.astype(np.int32)
    first, ends = pairs.take(pair)
    return Covering(
        polygons=shapes,
        edges=edges,
        grid=grid,
        border=border,
        table=table,
        plain=plain,
        lists=lists.astype(np.int32),
        candidate=polygon.astype(np.int32),
        begins=begin.astype(np.int8),
        pieces=first,
        ends=ends,
    )


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
        run, cell = steps(n, first[part][::-1])
        owner = polygon[part][::-1][run]
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
    shapes: NDArray[np.object_], grid: Grid, pairs: Pairs, crossings: Crossings
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """How a ray to the left begins: so that one known point comes out right.

    And whether the middle lies inside; -1 where a border is too near to it.
    """
    key, cells = pairs.key, grid.rows * grid.columns
    begins = np.zeros(len(key), np.int8)
    middle = np.full(len(key), -1, np.int8)
    left = np.arange(len(key))
    for x, y in _LOOKOUTS:
        odd, distance = look(pairs, left, x, y)
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


def _find_rests(
    lists: Ints, pair: Ints, pairs: Pairs, middle: NDArray[np.int8]
) -> Ints:
    """Where the second of two stands that share one line and the cell: most borders.

    The same pieces, and the middle in one of them: then every point is in one of them.
    """
    if not len(pairs.key):
        return np.empty(0, np.int64)
    first = lists[:-1][np.diff(lists) >= 2]
    first = first[(pair[first] >= 0) & (pair[first + 1] >= 0)]
    a, b = pair[first], pair[first + 1]
    line = lines_of(pairs)
    same = (line[a] == line[b]).all(axis=1)
    differ = (middle[a] >= 0) & (middle[b] >= 0) & (middle[a] != middle[b])
    found: Ints = first[same & differ] + 1
    return found


def _up_to(lists: Ints, last: Ints) -> Bools:
    """Entries of lists up to the given ones; all of a list that has none given."""
    owner = np.repeat(np.arange(len(lists) - 1), np.diff(lists))
    end = lists[1:].copy()
    end[owner[last]] = last + 1
    kept: Bools = np.arange(len(owner)) < end[owner]
    return kept


def _plain(
    lists: Ints,
    polygon: Ints,
    pair: Ints,
    begin: NDArray[np.int8],
    pairs: Pairs,
    middle: NDArray[np.int8],
) -> tuple[NDArray[np.int32], Bools]:
    """Rows of the lists that one line or angle answers; and which lists these are.

    There is one candidate, or a second that is the rest of it.
    """
    count, first = np.diff(lists), lists[:-1]
    second = np.minimum(first + 1, max(len(polygon) - 1, 0))
    is_plain = (count == 1) | ((count == 2) & (begin[second] == REST))
    is_plain &= pair[first] >= 0
    is_plain[is_plain] = middle[pair[first[is_plain]]] >= 0
    there = np.flatnonzero(is_plain)
    if not len(there):
        return np.empty((0, PLAIN_COLUMNS), np.int32), is_plain
    planes, is_angle = angles_of(pairs, pair[first[there]])
    is_plain[there] = is_angle
    there, planes = there[is_angle], planes[is_angle]
    a, b = first[there], second[there]
    sides = planes.reshape(-1, 2, 3) @ np.array([0.5, 0.5, 1.0])
    rows = np.empty((len(there), PLAIN_COLUMNS), np.int32)
    rows[:, 0] = polygon[a]
    rows[:, 1] = np.where(count[there] == 2, polygon[b], NOBODY)
    rows[:, 2] = there
    rows[:, 3] = (sides > 0).all(axis=1) != (middle[pair[a]] == 1)
    rows[:, 4:] = planes.view(np.int32)
    return rows, is_plain
