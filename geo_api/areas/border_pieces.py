"""The pieces of borders in cells, and what they say of the cell. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_api.areas.cells import Edges, Floats, Grid, Ints, cut, steps
from geo_api.areas.covering import Bools

_EDGES_AT_A_TIME = 200_000
# A piece that is shorter, in parts of a cell, gives no line: rounding would turn it.
_SHORTEST = 0.1


@dataclass(frozen=True)
class Pairs:
    """A polygon and a cell that its border runs through, with the pieces there."""

    key: Ints
    # Where the pieces of each pair begin, and where the last one's end.
    start: Ints
    ends: NDArray[np.float32]
    is_closing: Bools

    @classmethod
    def of(cls, grid: Grid, edges: Edges, reach: float) -> Pairs:
        """Of all edges; a point within ``reach`` of a piece is near to it."""
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
        return np.cumsum(counts) - counts, *steps(counts, first)

    def take(self, pair: Ints) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The pieces of pairs in another order; those of a pair -1 are none."""
        begin, owner, piece = self.pieces_of(pair)
        return np.append(begin, len(owner)).astype(np.int32), self.ends[piece]


def look(pairs: Pairs, pair: Ints, x: float, y: float) -> tuple[Bools, Floats]:
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


def lines_of(pairs: Pairs) -> NDArray[np.uint64]:
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


def angles_of(pairs: Pairs, pair: Ints) -> tuple[NDArray[np.float32], Bools]:
    """Pairs whose border in the cell is one line, or two that meet in it.

    Two half-planes a·x + b·y + c > 0, in distances, whose common part is one side of
    the border: of one line the second is everything. And which pairs these are.
    """
    open_pieces = np.flatnonzero(~pairs.is_closing)
    real = np.add.reduceat(~pairs.is_closing, pairs.start[:-1], dtype=np.int64)[pair]
    at = np.searchsorted(open_pieces, pairs.start[pair])
    last = len(open_pieces) - 1
    one, two = (
        pairs.ends[open_pieces[np.minimum(at + n, last)], :4].astype(np.float64).T
        for n in (0, 1)
    )
    # In the order of the ring, which may begin between them.
    is_turned = (two[2] == one[0]) & (two[3] == one[1]) & (real == 2)
    one, two = np.where(is_turned, two, one), np.where(is_turned, one, two)
    meets = (one[2] == two[0]) & (one[3] == two[1])
    meets &= (two[0] > 0) & (two[0] < 1) & (two[1] > 0) & (two[1] < 1)
    (ax, ay), (bx, by) = one[2:] - one[:2], two[2:] - two[:2]
    length, other = np.hypot(ax, ay), np.hypot(bx, by)
    is_line = (real == 1) & (length > _SHORTEST)
    is_angle = (real == 2) & meets & (length > _SHORTEST) & (other > _SHORTEST)
    sign = np.where(is_angle & (ax * by - ay * bx < 0), -1.0, 1.0)
    planes = np.zeros((len(pair), 6), np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        planes[:, :3] = (sign * _plane(one) / length).T
        planes[:, 3:] = (sign * _plane(two) / other).T
    planes[~is_angle, 3:] = (0, 0, 1)
    return planes, is_angle | is_line


def _plane(piece: Floats) -> Floats:
    """a, b, c of the side that lies to the left of pieces."""
    x1, y1, x2, y2 = piece
    found: Floats = np.stack([y1 - y2, x2 - x1, (y2 - y1) * x1 - (x2 - x1) * y1])
    return found
