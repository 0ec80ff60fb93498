"""Outlines as pictures: where the line is, how wide, and nothing else."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from geo_api.ogc.outlines import Pen, paint_outlines

RED = Pen((200, 0, 0, 255), 2)
SQUARE = [[1024, 1024], [3072, 1024], [3072, 3072], [1024, 3072], [1024, 1024]]


def _painted(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize("pixels", [256, 512])
@pytest.mark.parametrize("kind", ["Polygon", "MultiPolygon"])
def test_a_line_lies_where_the_border_is(pixels: int, kind: str) -> None:
    coordinates = [SQUARE] if kind == "Polygon" else [[SQUARE]]
    shape = json.dumps({"type": kind, "coordinates": coordinates})
    image = _painted(paint_outlines([(RED, shape)], pixels=pixels))
    quarter, middle = pixels // 4, pixels // 2
    assert image[middle, quarter].tolist() == [200, 0, 0, 255]
    assert image[quarter, middle].tolist() == [200, 0, 0, 255]
    # Land is not coloured, and a line is as wide as its pen.
    assert image[middle, middle, 3] == image[3, 3, 3] == 0
    assert (image[middle, :middle, 3] > 0).sum() in range(pixels // 128, 5)
    # Half-covered edges have the line's own colour.
    assert image[image[..., 3] > 0][:, 0].min() > 190


def test_without_shapes_a_tile_is_empty() -> None:
    assert _painted(paint_outlines([])).max() == 0
