"""Which cells a tile needs, and which density gets the last colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo_api.ogc.rules import CELL_LEVEL, Tile, cell_range, metres_per_cell

# Colours follow the root of the density: only beyond five standard deviations does the
# Gaussian of even a hot place add less than one of them.
_REACH = 5.0
# One request alone is no hot place: so many to a cell are needed for the last colour.
_FEWEST_REQUESTS = 3.0
# A narrower kernel would show specks, not heat, to who looks at a whole county.
FEWEST_PIXELS = 6.0


# In a vector tile cells are counted, not blurred: sixteen across, and never narrower
# than some hundred metres, so that a cell is a neighbourhood and not a house.
_LEVELS_DOWN = 4
_FINEST_COUNTED = 18
# A village's rate leaves as one of so many bands.
_BANDS = 5


@dataclass(frozen=True)
class CellGrid:
    """A rectangle of cells at one level."""

    level: int
    first_x: int
    first_y: int
    width: int
    height: int
    ranges: tuple[tuple[int, int], ...]

    @property
    def shift(self) -> int:
        """Bits that a full cell number has more than one of this level."""
        return 2 * (CELL_LEVEL - self.level)


@dataclass(frozen=True)
class Window(CellGrid):
    """The cells whose requests reach into a tile."""

    cells_per_tile: float
    sigma_cells: float
    cell_km2: float
    # The level whose cells are about as wide as the kernel's core.
    core_level: int
    # Column and row of the first cell, counted in cells from the tile's corner.
    first_cell: tuple[float, float]


def grid_of(tile: Tile) -> CellGrid:
    """The cells of a tile that are counted one by one."""
    level = max(tile.z, min(tile.z + _LEVELS_DOWN, _FINEST_COUNTED))
    across = 1 << (level - tile.z)
    return CellGrid(
        level=level,
        first_x=tile.x * across,
        first_y=tile.y * across,
        width=across,
        height=across,
        ranges=(cell_range(tile),),
    )


def window_of(tile: Tile, bandwidth_m: float, pixels: int) -> Window:
    """The window of a tile for a kernel of ``bandwidth_m`` metres.

    Far out such a kernel would be a pixel or two; there it is held at so many pixels
    that places merge into what can be seen.
    """
    _, south, _, north = tile.bounds
    latitude = (south + north) / 2
    tile_m = metres_per_cell(tile.z, latitude)
    sigma_m = max(bandwidth_m, FEWEST_PIXELS * tile_m / pixels)
    # Cells of a quarter of the kernel: finer ones cannot be told apart in the result.
    finest = math.ceil(tile.z + math.log2(4 * tile_m / sigma_m))
    level = min(CELL_LEVEL, max(tile.z, finest))
    cell_m = metres_per_cell(level, latitude)
    per_tile = 1 << (level - tile.z)
    sigma = sigma_m / cell_m
    margin = math.ceil(_REACH * sigma)
    limit = 1 << level
    first_x = max(0, tile.x * per_tile - margin)
    first_y = max(0, tile.y * per_tile - margin)
    last_x = min(limit, (tile.x + 1) * per_tile + margin)
    last_y = min(limit, (tile.y + 1) * per_tile + margin)
    return Window(
        level=level,
        first_x=first_x,
        first_y=first_y,
        width=last_x - first_x,
        height=last_y - first_y,
        cells_per_tile=float(per_tile),
        sigma_cells=sigma,
        cell_km2=(cell_m / 1000) ** 2,
        core_level=round(tile.z + math.log2(tile_m / (2 * sigma_m))),
        first_cell=(
            float(first_x - tile.x * per_tile),
            float(first_y - tile.y * per_tile),
        ),
        ranges=_ranges(level, first_x, first_y, last_x - 1, last_y - 1),
    )


def _ranges(
    level: int, x0: int, y0: int, x1: int, y1: int
) -> tuple[tuple[int, int], ...]:
    """Ranges of cell numbers that cover a box of cells, at most sixteen or so."""
    up = max(0, math.ceil(math.log2(max(x1 - x0, y1 - y0) + 1)) - 1)
    coarse = level - min(up, level)
    step = level - coarse
    ranges = sorted(
        cell_range(Tile(coarse, x, y))
        for x in range(x0 >> step, (x1 >> step) + 1)
        for y in range(y0 >> step, (y1 >> step) + 1)
    )
    merged: list[tuple[int, int]] = []
    for low, high in ranges:
        if merged and merged[-1][1] + 1 == low:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return tuple(merged)


def shares_of(rates: Sequence[float]) -> list[float]:
    """Rates as shares of a high one; above it all have the last colour."""
    if not rates:
        return []
    top = float(np.percentile(rates, 95))
    return [min(1.0, rate / top) if top else 0.0 for rate in rates]


def band_of(share: float) -> int:
    """A share as a band from 1 (pale) to 5; the root as in the picture's colours."""
    return min(_BANDS, 1 + int(math.sqrt(share) * _BANDS))


def reference_density(counts: list[int], cell_km2: float) -> float:
    """The density, per km², that gets the last colour.

    ``counts`` are requests in cells about as large as the kernel. The 99th percentile
    keeps one extraordinary place from paling all the others; never below a few requests
    to a cell, or a quiet week would glow red.
    """
    if not counts or cell_km2 <= 0:
        return 1.0
    return max(float(np.percentile(counts, 99)), _FEWEST_REQUESTS) / cell_km2
