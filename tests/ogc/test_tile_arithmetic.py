"""Cells and tiles: one point, one cell; one tile, one range of cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_api.ogc.rules import (
    CELL_LEVEL,
    Tile,
    cell_of,
    cell_range,
    metres_per_cell,
    morton,
    unmorton,
)

longitudes = st.floats(-180, 180)
latitudes = st.floats(-85, 85)


def _tile_at(lon: float, lat: float, z: int) -> Tile:
    """The tile of a point by bisection of bounds: slow, and written otherwise."""
    tile = Tile(0, 0, 0)
    for level in range(1, z + 1):
        for child in (
            Tile(level, 2 * tile.x + i, 2 * tile.y + j) for i in (0, 1) for j in (0, 1)
        ):
            west, south, east, north = child.bounds
            if west <= lon < east and south < lat <= north:
                tile = child
                break
    return tile


@given(
    lon_e7=st.integers(73 * 10**7, 135 * 10**7),
    lat_e7=st.integers(18 * 10**7, 53 * 10**7),
    z=st.integers(1, 18),
)
def test_the_range_of_a_points_tile_holds_its_cell(
    lon_e7: int, lat_e7: int, z: int
) -> None:
    lon, lat = lon_e7 / 1e7, lat_e7 / 1e7
    low, high = cell_range(_tile_at(lon, lat, z))
    assert low <= cell_of(lon, lat) <= high


@given(z=st.integers(0, 20), data=st.data())
def test_ranges_of_neighbours_do_not_meet(z: int, data: st.DataObject) -> None:
    n = (1 << z) - 1
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    low, high = cell_range(Tile(z, x, y))
    assert high - low + 1 == 4 ** (CELL_LEVEL - z)
    if x < n:
        other_low, other_high = cell_range(Tile(z, x + 1, y))
        assert other_low > high or other_high < low


@given(st.lists(st.tuples(longitudes, latitudes), min_size=1, max_size=20))
def test_morton_numbers_are_reversible(points: list[tuple[float, float]]) -> None:
    n = 1 << CELL_LEVEL
    x = np.array([int((lon + 180) / 360 * (n - 1)) for lon, _ in points])
    y = np.array([int((lat + 90) / 180 * (n - 1)) for _, lat in points])
    back_x, back_y = unmorton(morton(x, y))
    assert (back_x == x).all()
    assert (back_y == y).all()


@pytest.mark.parametrize("tile", [Tile(3, 8, 0), Tile(3, 0, -1), Tile(-1, 0, 0)])
def test_tiles_outside_the_grid_do_not_exist(tile: Tile) -> None:
    assert not tile.exists


def test_a_cell_is_measured_on_the_ground() -> None:
    assert metres_per_cell(0, 0) == pytest.approx(40075016.7, rel=1e-6)
    assert metres_per_cell(10, 60) == pytest.approx(39135.758 / 2, rel=1e-5)
