"""Photos as they are kept: upright, small, telling nothing but what they show. Pure.

What a phone writes beside the picture (place, time, its own name, a small copy from
before the face was painted over) is not carried over: only the pixels are.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from geo_api.errors import InvalidInput

MAX_BYTES = 1_000_000
MAX_SIDE = 2048
# Decoded, a pixel is three or four bytes; JPEG is decoded at a fraction of its size.
_MAX_PIXELS = {"JPEG": 64_000_000, "MPO": 64_000_000, "PNG": 24_000_000}
_QUALITIES = (85, 75, 65, 50)
_MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}


@dataclass(frozen=True)
class Picture:
    """An image ready to be stored."""

    content: bytes
    media_type: str
    width: int
    height: int


def read_picture(blob: bytes) -> Picture:
    """A JPEG or PNG written anew: at most 1 MB and 2048 pixels long.

    Raises InvalidInput for anything else.
    """
    # There is no end to what a broken file makes its reader raise.
    try:
        with Image.open(io.BytesIO(blob), formats=("JPEG", "PNG")) as opened:
            kind = opened.format or ""
            if opened.width * opened.height > _MAX_PIXELS[kind]:
                raise _too_many_pixels()
            if kind != "PNG":
                opened.draft("RGB", (MAX_SIDE, MAX_SIDE))
            upright = ImageOps.exif_transpose(opened)
        small = _plain(upright)
        small.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        return _written(small, is_png=kind == "PNG")
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:
        raise InvalidInput(
            "This is not a JPEG or PNG picture",
            loc=("body", "file"),
            mend="Send a photo as the camera takes it, or a screenshot",
        ) from error


def _too_many_pixels() -> InvalidInput:
    return InvalidInput(
        "The picture has more pixels than a photo needs",
        loc=("body", "file"),
        mend="Take it again with a smaller size",
    )


def _plain(image: Image.Image) -> Image.Image:
    """The pixels alone, in the mode that both formats can be written from."""
    plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
    plain.info.clear()
    return plain


def _written(image: Image.Image, *, is_png: bool) -> Picture:
    if is_png:
        content = _encoded(image, "PNG", optimize=True)
        if len(content) <= MAX_BYTES:
            return Picture(content, _MEDIA_TYPES["PNG"], image.width, image.height)
    opaque = image
    if image.mode == "RGBA":
        opaque = Image.new("RGB", image.size, "white")
        opaque.paste(image, mask=image.getchannel("A"))
    while True:
        for quality in _QUALITIES:
            content = _encoded(opaque, "JPEG", quality=quality, optimize=True)
            if len(content) <= MAX_BYTES:
                width, height = opaque.size
                return Picture(content, _MEDIA_TYPES["JPEG"], width, height)
        opaque = opaque.reduce(2)


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
