"""Photos as phones take them, drawn here."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image


def a_photo(
    *, width: int = 60, height: int = 40, kind: str = "JPEG", **saved: Any
) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    return encoded(image, kind, **saved)


def a_noise(width: int, height: int) -> Image.Image:
    """A picture that no encoder makes small."""
    draw = np.random.default_rng(7)
    return Image.fromarray(draw.integers(0, 256, (height, width, 3), dtype=np.uint8))


def a_wide_png(megapixels: int) -> bytes:
    """A small file of very many pixels."""
    return encoded(Image.new("RGB", (1000 * megapixels // 4, 4000), "white"), "PNG")


def a_wide_jpeg(megapixels: int) -> bytes:
    """A small file whose reader keeps all of it until its last scan."""
    image = Image.new("CMYK", (1000 * megapixels // 4, 4000))
    return encoded(image, "JPEG", progressive=True)


def encoded(image: Image.Image, kind: str, **saved: Any) -> bytes:
    """A picture as a file of a kind."""
    out = io.BytesIO()
    image.save(out, kind, **saved)
    return out.getvalue()


def a_photo_form(content: bytes | None = None) -> dict[str, Any]:
    """The upload of a photo as ``TestClient.post`` takes it."""
    return {"files": {"file": ("photo.jpg", content or a_photo(), "image/jpeg")}}
