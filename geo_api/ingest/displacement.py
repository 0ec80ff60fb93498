"""Areas that lie elsewhere than they did: wrong systems, exchanged codes, other files.

An edition may change lines; it seldom changes where a village is. Pure: shapes of two
editions in, findings out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from pyproj import Geod
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from geo_api.areas.rules import AreaType
from geo_api.ingest.report import Finding

_GEOD = Geod(ellps="GRS80")
# Of two shapes so much alike one was drawn where the other had been.
_ALIKE = 0.5
# Metres; of fewer nobody needs to be told, lines are drawn anew by more.
_SHIFT_M = 30.0
# How much single areas may differ from a shift that all have in common.
_UNEVEN = 0.2
_FEWEST = 3
_MEND = (
    "Look at crs, codes and file; if the areas really lie here now, declare "
    "is_moved = true"
)


@dataclass(frozen=True)
class Move:
    """One area, before and after."""

    code: str
    name: str
    type: AreaType
    before: BaseGeometry
    after: BaseGeometry


def find_displaced(moves: Sequence[Move], *, is_meant: bool) -> list[Finding]:
    """What lies elsewhere than before; refused unless it is meant."""
    county = next((move for move in moves if move.type is AreaType.COUNTY), None)
    if county is not None and not county.before.intersects(county.after):
        # Where the whole is elsewhere, so is every part.
        return [_elsewhere(county, is_fatal=not is_meant)]
    found = [*_common_shift(moves)]
    for _, level in groupby(_by_level(moves), key=lambda move: move.type):
        found += _exchanged([*level], is_fatal=not is_meant)
    return found


def _by_level(moves: Sequence[Move]) -> list[Move]:
    return sorted(moves, key=lambda move: (move.type.depth, move.code))


def _center(shape: BaseGeometry) -> tuple[float, float]:
    return shape.centroid.x, shape.centroid.y


def _elsewhere(move: Move, *, is_fatal: bool) -> Finding:
    old, new = _center(move.before), _center(move.after)
    return Finding(
        "%(name)s (%(code)s) does not touch its former shape: it lies %(km)s km away, "
        "at %(new)s instead of %(old)s",
        {
            "name": move.name,
            "code": move.code,
            "km": round(_GEOD.inv(*old, *new)[2] / 1000, 1),
            "new": f"{new[0]:.4f}, {new[1]:.4f}",
            "old": f"{old[0]:.4f}, {old[1]:.4f}",
        },
        _MEND,
        is_fatal,
    )


def _exchanged(level: Sequence[Move], *, is_fatal: bool) -> Iterator[Finding]:
    """Areas that lie where another of the level lay, or nowhere near themselves."""
    former = [move.before for move in level]
    tree = STRtree(former)
    for move in level:
        near = tree.query(move.after, predicate="intersects")
        likest = max(near, key=lambda i: _likeness(move.after, former[i]), default=None)
        if likest is not None and level[likest] is not move:
            other = level[likest]
            if _likeness(move.after, other.before) > _ALIKE:
                yield Finding(
                    "%(name)s (%(code)s) lies where %(other)s (%(other_code)s) lay, "
                    "near %(where)s",
                    {
                        "name": move.name,
                        "code": move.code,
                        "other": other.name,
                        "other_code": other.code,
                        "where": "{:.4f}, {:.4f}".format(*_center(move.after)),
                    },
                    _MEND,
                    is_fatal,
                )
                continue
        if not move.before.intersects(move.after):
            yield _elsewhere(move, is_fatal=is_fatal)


def _likeness(one: BaseGeometry, other: BaseGeometry) -> float:
    common = one.intersection(other).area
    whole = one.area + other.area - common
    return common / whole if whole else 0.0


def _common_shift(moves: Sequence[Move]) -> Iterator[Finding]:
    """One shift that all areas have in common is no new line: it is another datum."""
    if len(moves) < _FEWEST:
        return
    steps = []
    for move in moves:
        (x, y), (to_x, to_y) = _center(move.before), _center(move.after)
        azimuth, _, metres = _GEOD.inv(x, y, to_x, to_y)
        angle = np.radians(azimuth)
        steps.append((metres * np.sin(angle), metres * np.cos(angle)))
    shift = np.median(steps, axis=0)
    size = float(np.hypot(*shift))
    uneven = float(np.median(np.hypot(*(np.array(steps) - shift).T)))
    if size > _SHIFT_M and uneven < size * _UNEVEN:
        yield Finding(
            "All areas lie %(metres)s m away from where they lay, in one direction: "
            "%(east)s m east, %(north)s m north",
            {
                "metres": round(size),
                "east": round(float(shift[0])),
                "north": round(float(shift[1])),
            },
            "Look whether crs says what the file is in: gcj02 and bd09 are off by so "
            "much",
            is_fatal=False,
        )
