"""Painting: metre-true, seamless, and empty where nothing was ordered."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from geo_api.heat.images import (
    PALETTE,
    kernel,
    legend,
    paint_bands,
    paint_density,
    paint_empty,
)
from geo_api.heat.rules import FEWEST_PIXELS, reference_density, window_of
from geo_api.ogc.rules import Tile, cell_of, cell_range, metres_per_cell


def _indices(png: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(png))
    assert image.mode == "P"
    return np.asarray(image)


def _paint(tile: Tile, lon: float, lat: float, reference: float = 5.0) -> np.ndarray:
    """A tile with one request at a point."""
    window = window_of(tile, 450, 256)
    counts = np.zeros((window.height, window.width))
    n = 1 << window.level
    x = int((lon + 180) / 360 * n) - window.first_x
    y = int((0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)) * n)
    y -= window.first_y
    if 0 <= x < window.width and 0 <= y < window.height:
        counts[y, x] = 1
    return _indices(
        paint_density(
            counts,
            first_cell=window.first_cell,
            cells_per_tile=window.cells_per_tile,
            sigma_cells=window.sigma_cells,
            cell_km2=window.cell_km2,
            reference=reference,
        )
    )


def test_an_empty_tile_is_wholly_transparent() -> None:
    image = Image.open(io.BytesIO(paint_empty())).convert("RGBA")
    assert image.size == (256, 256)
    assert image.getextrema()[3] == (0, 0)


def test_heat_is_strongest_at_the_request_and_fades_away() -> None:
    tile = Tile(13, 6452, 3209)
    west, south, east, north = tile.bounds
    pixels = _paint(tile, (west + east) / 2, (south + north) / 2, reference=1.0)
    peak = np.unravel_index(int(pixels.argmax()), pixels.shape)
    assert abs(peak[0] - 128) <= 4
    assert abs(peak[1] - 128) <= 4
    assert pixels[128, 128] > pixels[128, 168] > pixels[128, 208] >= 0


@pytest.mark.parametrize("sigmas", [0, 1, 2, 2.9, 3.1, 4, 5])
def test_neighbouring_tiles_agree_along_their_seam(sigmas: float) -> None:
    left, right = Tile(15, 25810, 12837), Tile(15, 25811, 12837)
    _, south, east, north = left.bounds
    middle = (south + north) / 2
    # A kernel of 450 m; a little inside, so that the seam itself is nobody's cell.
    away = (sigmas * 450 + 5) / (111_320 * np.cos(np.radians(middle)))
    a = _paint(left, east - away, middle, reference=0.2)
    b = _paint(right, east - away, middle, reference=0.2)
    step = np.abs(a[:, -1].astype(int) - b[:, 0].astype(int)).max()
    inside = np.abs(np.diff(a[:, -8:].astype(int), axis=1)).max()
    assert (b[:, 0].max() > 0) == (sigmas < 5)
    assert step <= inside + 2


@pytest.mark.parametrize("z", [9, 11, 13, 15])
def test_a_request_has_the_same_size_in_metres_until_it_would_be_a_speck(
    z: int,
) -> None:
    lon, lat = 103.62, 36.51
    low = cell_of(lon, lat)
    tile = next(
        t
        for t in (Tile(z, int((lon + 180) / 360 * (1 << z)), y) for y in range(1 << z))
        if cell_range(t)[0] <= low <= cell_range(t)[1]
    )
    window = window_of(tile, 450, 256)
    _, south, _, north = tile.bounds
    sigma_m = window.sigma_cells * metres_per_cell(window.level, (south + north) / 2)
    pixel_m = metres_per_cell(z, (south + north) / 2) / 256
    assert sigma_m == pytest.approx(max(450, FEWEST_PIXELS * pixel_m), rel=1e-6)
    core_m = metres_per_cell(window.core_level, (south + north) / 2)
    assert 1.4 * sigma_m < core_m < 2.9 * sigma_m


@given(
    sigma=st.floats(1, 8), cells=st.integers(60, 120), pixels=st.sampled_from([64, 256])
)
def test_the_kernel_neither_adds_nor_loses_requests(
    sigma: float, cells: int, pixels: int
) -> None:
    weights = kernel(pixels, 0, cells, cells, sigma)
    middle = weights[:, cells // 2]
    assert middle.sum() * cells / pixels == pytest.approx(1, abs=0.05)


@given(z=st.integers(8, 18), dx=st.integers(0, 30), dy=st.integers(0, 30))
def test_the_ranges_of_a_window_hold_every_cell_of_it(z: int, dx: int, dy: int) -> None:
    n = 1 << z
    tile = Tile(z, min(n - 1, int(0.7878 * n) + dx), min(n - 1, int(0.391 * n) + dy))
    window = window_of(tile, 450, 256)
    assert len(window.ranges) <= 25
    for x in (window.first_x, window.first_x + window.width - 1):
        for y in (window.first_y, window.first_y + window.height - 1):
            low, high = cell_range(Tile(window.level, x, y))
            assert any(a <= low and high <= b for a, b in window.ranges)


def test_a_quiet_week_does_not_glow() -> None:
    assert reference_density([1, 1, 1], 0.96) == pytest.approx(3 / 0.96)
    assert reference_density([], 0.96) == 1.0
    assert reference_density([1] * 50 + [80], 1.0) > 20


def test_village_tints_leave_holes_open() -> None:
    outline = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]
    hole = [(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)]
    pixels = _indices(paint_bands([(5, [[outline, hole]])]))
    tint = 3 * int(pixels[64, 64])
    assert "#" + PALETTE.rgb[tint : tint + 3].hex() == legend()[4]["color"]
    assert pixels[128, 128] == 0
    assert pixels[5, 5] == 0


def test_the_legend_grows_darker_step_by_step() -> None:
    bands = legend()
    assert [entry["band"] for entry in bands] == [1, 2, 3, 4, 5]
    opacities = [entry["opacity"] for entry in bands]
    assert opacities == sorted(opacities)
    assert len({entry["color"] for entry in bands}) == 5
    assert PALETTE.alpha[0] == 0
    assert list(PALETTE.alpha) == sorted(PALETTE.alpha)
