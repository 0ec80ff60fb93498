"""Bends straight lines into borders: midpoint displacement with fixed ends. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, STRtree

# Kilometres: no piece of a border is longer than this.
_PIECE_KM = 0.11
_SWAY = 0.21
_CALMER = 0.5


def bend_all(
    lines: Sequence[LineString], draw: np.random.Generator
) -> list[LineString]:
    """The lines bent, ends in place; those that would cross are bent less."""
    seeds = draw.integers(2**63, size=len(lines))
    sway = np.full(len(lines), _SWAY)
    bent = [_bend(line, sway[i], seeds[i]) for i, line in enumerate(lines)]
    while crossing := _find_crossing(bent):
        for i in crossing:
            sway[i] *= _CALMER
            bent[i] = _bend(lines[i], sway[i], seeds[i])
    return bent


def _bend(line: LineString, sway: float, seed: int) -> LineString:
    """Every segment halved again and again, each middle moved sideways."""
    draw = np.random.default_rng(seed)
    points = shapely.get_coordinates(line)
    bent = [points[0]]
    for start, end in pairwise(points):
        bent += _halved(start, end, sway, draw)
    return LineString(bent)


def _halved(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    sway: float,
    draw: np.random.Generator,
) -> list[NDArray[np.float64]]:
    """Points after ``start`` up to and including ``end``."""
    along = end - start
    length = float(np.hypot(*along))
    if length < _PIECE_KM:
        return [end]
    across = np.array([-along[1], along[0]])
    middle = (
        start + along * draw.uniform(0.42, 0.58) + across * draw.normal(0, sway / 2)
    )
    return [*_halved(start, middle, sway, draw), *_halved(middle, end, sway, draw)]


def _find_crossing(lines: Sequence[LineString]) -> list[int]:
    """Lines that cross themselves, or others elsewhere than at a common end."""
    found = {i for i, line in enumerate(lines) if not line.is_simple}
    tree = STRtree(lines)
    left, right = tree.query(lines, predicate="intersects")
    for i, j in zip(left, right, strict=True):
        if i >= j:
            continue
        common = lines[i].intersection(lines[j])
        ends = {*_ends(lines[i])} & {*_ends(lines[j])}
        meeting = [Point(end) for end in ends]
        if any(part not in meeting for part in shapely.get_parts(common)):
            found |= {int(i), int(j)}
    return sorted(found)


def _ends(line: LineString) -> tuple[tuple[float, float], tuple[float, float]]:
    points = shapely.get_coordinates(line)
    return tuple(points[0]), tuple(points[-1])
