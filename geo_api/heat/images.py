"""Paints density as an image; numbers in, PNG bytes out. Pure.

The kernel is a Gaussian measured in metres on the ground, evaluated from every cell's
centre to every pixel's centre. It is separable, so two small matrix products blur and
enlarge at once, and neighbouring tiles agree along their seam.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

TILE_PIXELS = 256

# Share of the reference density → red, green, blue, alpha. Light hardly covers the
# map, heavy stays see-through enough for labels; lightness falls all the way, so that
# the order is seen without colour, too.
_RAMP = (
    (0.00, (120, 190, 235, 0)),
    (0.06, (120, 190, 235, 70)),
    (0.22, (70, 200, 190, 130)),
    (0.42, (150, 215, 90, 165)),
    (0.62, (250, 205, 60, 190)),
    (0.80, (245, 130, 40, 210)),
    (1.00, (205, 30, 35, 225)),
)


# As many shades as an eye tells apart: twice as many made tiles half as large again.
_SHADES = 127


@dataclass(frozen=True)
class Palette:
    """256 colours with their opacity."""

    rgb: bytes
    alpha: bytes


def _make_palette() -> Palette:
    at = np.linspace(0, 1, 256)
    stops = [share for share, _ in _RAMP]
    channels = [
        np.interp(at, stops, [colour[i] for _, colour in _RAMP]) for i in range(4)
    ]
    table = np.stack(channels, axis=1).round().astype(np.uint8)
    return Palette(table[:, :3].tobytes(), table[:, 3].tobytes())


PALETTE = _make_palette()


# Palette numbers of the bands: one tint each, from pale to dark.
_TINTS = (32, 74, 118, 163, 240)


def legend() -> list[dict[str, Any]]:
    """The bands of villages, each with its colour as #rrggbb and its opacity."""
    return [
        {
            "band": band,
            "color": "#" + PALETTE.rgb[3 * tint : 3 * tint + 3].hex(),
            "opacity": round(PALETTE.alpha[tint] / 255, 2),
        }
        for band, tint in enumerate(_TINTS, start=1)
    ]


def kernel(
    pixels: int, first_cell: float, cells: int, cells_per_tile: float, sigma: float
) -> NDArray[np.float64]:
    """Weights of cells for pixels along one axis, shape (pixels, cells).

    ``first_cell`` is the first cell's place from the tile's edge, ``sigma`` the
    kernel's standard deviation, both counted in cells.
    """
    pixel_at = (np.arange(pixels) + 0.5) * cells_per_tile / pixels
    cell_at = first_cell + np.arange(cells) + 0.5
    distance = (pixel_at[:, None] - cell_at[None, :]) / sigma
    weights: NDArray[np.float64] = np.exp(-0.5 * distance**2) / (
        sigma * np.sqrt(2 * np.pi)
    )
    return weights


def paint_density(
    counts: NDArray[np.float64],
    *,
    first_cell: tuple[float, float],
    cells_per_tile: float,
    sigma_cells: float,
    cell_km2: float,
    reference: float,
    pixels: int = TILE_PIXELS,
) -> bytes:
    """A heat tile from counts per cell (rows from the north), as an 8-bit PNG.

    ``first_cell`` is (column, row) of the counts' corner from the tile's corner, and
    ``reference`` the density, in requests per km², that gets the last colour.
    """
    across = kernel(pixels, first_cell[0], counts.shape[1], cells_per_tile, sigma_cells)
    down = kernel(pixels, first_cell[1], counts.shape[0], cells_per_tile, sigma_cells)
    density = (down @ counts @ across.T) / cell_km2
    # The root spreads the low end, where most of a county lies.
    share = np.sqrt(np.clip(density / max(reference, 1e-9), 0, 1))
    return encode((np.round(share * _SHADES) * (255 / _SHADES)).astype(np.uint8))


def encode(indices: NDArray[np.uint8]) -> bytes:
    """Palette numbers as a PNG."""
    image = Image.fromarray(indices, mode=None)
    return _encode(image)


def _encode(image: Image.Image) -> bytes:
    image = image.convert("L")
    image.putpalette(PALETTE.rgb)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=4, transparency=PALETTE.alpha)
    return out.getvalue()


def paint_empty(pixels: int = TILE_PIXELS) -> bytes:
    """A tile without anything on it."""
    return encode(np.zeros((pixels, pixels), np.uint8))


# Two rings to a polygon at least: the outline, then its holes; x, y in 0…1 of a tile.
Ring = Sequence[tuple[float, float]]


def paint_bands(
    shapes: Sequence[tuple[int, Sequence[Sequence[Ring]]]],
    *,
    pixels: int = TILE_PIXELS,
) -> bytes:
    """Whole areas in the tint of their band, as an 8-bit PNG."""
    image = Image.new("L", (pixels, pixels), 0)
    for band, polygons in shapes:
        for outline, *holes in polygons:
            mask = Image.new("1", (pixels, pixels), 0)
            draw = ImageDraw.Draw(mask)
            draw.polygon([(x * pixels, y * pixels) for x, y in outline], fill=1)
            for hole in holes:
                draw.polygon([(x * pixels, y * pixels) for x, y in hole], fill=0)
            image.paste(_TINTS[band - 1], mask=mask)
    return _encode(image)
