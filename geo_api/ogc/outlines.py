"""Paints outlines as an image; shapes in units of a tile in, PNG bytes out. Pure."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw

TILE_PIXELS = 256
TILE_UNITS = 4096
# Drawn larger and made smaller again: Pillow's own lines have steps.
_FINER = 2


@dataclass(frozen=True)
class Pen:
    """How one kind of line is drawn: red, green, blue, alpha and width in pixels."""

    colour: tuple[int, int, int, int]
    width: float


def paint_outlines(
    shapes: Sequence[tuple[Pen, str]], *, pixels: int = TILE_PIXELS
) -> bytes:
    """Outlines of GeoJSON polygons, the later ones over the earlier, as a PNG."""
    size = pixels * _FINER
    # Transparent in the colour of the lines, or their edges would mix with black.
    ground = (*shapes[-1][0].colour[:3], 0) if shapes else (0, 0, 0, 0)
    image = Image.new("RGBA", (size, size), ground)
    draw = ImageDraw.Draw(image)
    scale = size / TILE_UNITS
    for pen, shape in shapes:
        width = round(pen.width * size / TILE_PIXELS)
        for ring in _rings(json.loads(shape)):
            line = [(x * scale, y * scale) for x, y in ring]
            draw.line(line, fill=pen.colour, width=width, joint="curve")
    out = io.BytesIO()
    image.resize((pixels, pixels), Image.Resampling.BOX).save(out, "PNG")
    return out.getvalue()


def _rings(geometry: dict[str, Any]) -> Iterator[list[tuple[float, float]]]:
    coordinates = geometry["coordinates"]
    polygons = coordinates if geometry["type"] == "MultiPolygon" else [coordinates]
    for polygon in polygons:
        yield from polygon
