"""Photos as they are kept: upright, small, telling nothing but what they show. Pure.

What a phone writes beside the picture (place, time, its own name, a small copy from
before the face was painted over) is not carried over: only the pixels are. How much
memory they will take is reckoned from the header, before any of them is decoded.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import pi_heif
from PIL import Image, ImageFile, ImageOps, JpegImagePlugin

from geo_api.errors import InvalidInput

MAX_BYTES = 1_000_000
MAX_SIDE = 2048
MEDIA_TYPE = "image/jpeg"
# What decoding one picture may take, in bytes: 64 megapixels of a phone's JPEG, 24 of
# a screenshot or of HEIC.
_MOST_DECODED = 300_000_000
_QUALITIES = (85, 75, 65, 50)
# Bytes for each pixel: as decoded, and once more while it is made smaller.
_OPAQUE, _TRANSPARENT, _HEIF = 5, 9, 12
_OPAQUE_MODES = {"1", "L", "RGB", "I", "I;16"}

# Of a file of many pictures the chosen one is read; no small copies, no depths.
pi_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)


@dataclass(frozen=True)
class Picture:
    """An image ready to be stored."""

    content: bytes
    media_type: str
    width: int
    height: int


def read_picture(blob: bytes) -> Picture:
    """A JPEG, PNG or HEIC written anew as JPEG: at most 1 MB and 2048 pixels long.

    Raises InvalidInput for anything else.
    """
    # There is no end to what a broken file makes its reader raise.
    try:
        with Image.open(io.BytesIO(blob), formats=("JPEG", "PNG", "HEIF")) as opened:
            if _decoded_bytes(opened) > _MOST_DECODED:
                raise _too_many_pixels()
            return _written(_on_white(ImageOps.exif_transpose(_small(opened))))
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:
        raise InvalidInput(
            "This is not a JPEG, PNG or HEIC picture",
            loc=("body", "file"),
            mend="Send a photo as the camera takes it, or a screenshot",
        ) from error


def _too_many_pixels() -> InvalidInput:
    return InvalidInput(
        "The picture has more pixels than a photo needs",
        loc=("body", "file"),
        mend="Take it again with a smaller size",
    )


def _decoded_bytes(opened: ImageFile.ImageFile) -> int:
    """What decoding will take; a JPEG is told to decode no more than is needed."""
    pixels = opened.width * opened.height
    if isinstance(opened, JpegImagePlugin.JpegImageFile):
        coefficients = _coefficient_bytes(opened)
        longest = max(opened.size)
        opened.draft(
            None,
            (
                max(1, opened.width * MAX_SIDE // longest),
                max(1, opened.height * MAX_SIDE // longest),
            ),
        )
        return coefficients + opened.width * opened.height * _OPAQUE
    if opened.format == "HEIF":
        return pixels * _HEIF
    is_opaque = opened.mode in _OPAQUE_MODES and "transparency" not in opened.info
    return pixels * (_OPAQUE if is_opaque else _TRANSPARENT)


def _coefficient_bytes(opened: JpegImagePlugin.JpegImageFile) -> int:
    """What a JPEG of several scans keeps until the last one, two bytes for each."""
    widest = max(layer[1] for layer in opened.layer)
    tallest = max(layer[2] for layer in opened.layer)
    across = math.ceil(opened.width / (8 * widest))
    down = math.ceil(opened.height / (8 * tallest))
    blocks = sum(across * layer[1] * down * layer[2] for layer in opened.layer)
    return blocks * 64 * 2


def _small(opened: Image.Image) -> Image.Image:
    """The picture at its final size, in place where its mode allows."""
    image = opened
    if image.mode.startswith("I;16"):
        # Pillow would cut off what is beyond 255.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode not in {"L", "RGB", "CMYK", "RGBA"}:
        image.load()
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _on_white(image: Image.Image) -> Image.Image:
    """The pixels alone; where one sees through them, paper is behind."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        opaque = Image.new("RGB", image.size, "white")
        opaque.paste(image, mask=image.getchannel("A"))
        return opaque
    plain = image.convert("RGB")
    plain.info.clear()
    return plain


def _written(image: Image.Image) -> Picture:
    while True:
        for quality in _QUALITIES:
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality, optimize=True)
            if out.tell() <= MAX_BYTES:
                return Picture(out.getvalue(), MEDIA_TYPE, image.width, image.height)
        image = image.reduce(2)
