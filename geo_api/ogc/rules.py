"""Tile arithmetic of the WebMercatorQuad grid; a cell is a tile of a deep level.

A cell's number interleaves the bits of its column and row (Morton order), so that all
cells of one tile are one range of numbers and an index on the number answers a tile.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELL_LEVEL = 22
EARTH_CIRCUMFERENCE_M = 2 * math.pi * 6378137.0
MAX_LATITUDE = 85.0511287798066


@dataclass(frozen=True)
class Tile:
    """A tile as z/x/y, rows counted from the north."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        """Whether the grid has such a tile."""
        n = 1 << self.z if 0 <= self.z <= CELL_LEVEL else 0
        return 0 <= self.x < n and 0 <= self.y < n

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        n = float(1 << self.z)
        return (
            self.x / n * 360 - 180,
            latitude_of((self.y + 1) / n),
            (self.x + 1) / n * 360 - 180,
            latitude_of(self.y / n),
        )


def latitude_of(v: float) -> float:
    """Latitude in degrees of a height on the web-Mercator square (0 north, 1 south)."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * v))))


def mercator_of(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions on the web-Mercator square, both in [0, 1), from the north-west."""
    clipped = np.clip(lat, -MAX_LATITUDE, MAX_LATITUDE)
    u = (np.asarray(lon) + 180) / 360
    v = 0.5 - np.arcsinh(np.tan(np.radians(clipped))) / (2 * np.pi)
    below_one = np.nextafter(1.0, 0.0)
    return np.clip(u, 0, below_one), np.clip(v, 0, below_one)


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bits of a number at every second place."""
    out = values
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        out = (out | (out << np.uint64(shift))) & np.uint64(mask)
    return out


def _gather(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every second bit of a number, the inverse of ``_spread``."""
    out = values & np.uint64(0x5555555555555555)
    for shift, mask in (
        (1, 0x3333333333333333),
        (2, 0x0F0F0F0F0F0F0F0F),
        (4, 0x00FF00FF00FF00FF),
        (8, 0x0000FFFF0000FFFF),
        (16, 0x00000000FFFFFFFF),
    ):
        out = (out | (out >> np.uint64(shift))) & np.uint64(mask)
    return out


def morton(x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Interleaved numbers of columns and rows."""
    spread_x = _spread(x.astype(np.uint64))
    spread_y = _spread(y.astype(np.uint64))
    return (spread_x | (spread_y << np.uint64(1))).astype(np.int64)


def unmorton(cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns and rows of interleaved numbers."""
    raw = cells.astype(np.uint64)
    return (
        _gather(raw).astype(np.int64),
        _gather(raw >> np.uint64(1)).astype(np.int64),
    )


def cells_of(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    """Cell numbers of points in EPSG:4326."""
    u, v = mercator_of(lon, lat)
    n = 1 << CELL_LEVEL
    return morton((u * n).astype(np.int64), (v * n).astype(np.int64))


def cell_of(lon: float, lat: float) -> int:
    """Cell number of one point in EPSG:4326."""
    return int(cells_of(np.array([lon]), np.array([lat]))[0])


def cell_range(tile: Tile) -> tuple[int, int]:
    """First and last cell number in a tile, both included."""
    shift = 2 * (CELL_LEVEL - tile.z)
    first = int(morton(np.array([tile.x]), np.array([tile.y]))[0]) << shift
    return first, first + (1 << shift) - 1


def metres_per_cell(level: int, latitude: float) -> float:
    """Ground width of a cell of a level at a latitude."""
    width = EARTH_CIRCUMFERENCE_M / float(1 << level)
    return width * math.cos(math.radians(latitude))
