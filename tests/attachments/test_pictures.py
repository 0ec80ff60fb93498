"""What becomes of a photo: of every kind that is sent, and for how much memory."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from make_heic import a_heic
from make_pictures import a_photo, a_wide_jpeg, a_wide_png, encoded
from PIL import Image

from geo_api.attachments.pictures import MAX_BYTES, MAX_SIDE, read_picture
from geo_api.errors import InvalidInput

_ORIENTATION = 0x0112
WHITE = (255, 255, 255)
RED, BLUE = (255, 0, 0), (0, 0, 255)


def _halves(mode: str) -> Image.Image:
    image = Image.new("RGB", (64, 32), "blue")
    image.paste("red", (0, 0, 32, 32))
    return image.convert(mode)


def _seen_through(mode: str) -> Image.Image:
    return Image.new("RGBA", (64, 32), (255, 0, 0, 0)).convert(mode)


def _grey_of_16_bits() -> Image.Image:
    return Image.new("I;16", (64, 32), 0x8080)


def _turned(kind: str) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = 3  # it hangs upside down
    return encoded(_halves("RGB"), kind, exif=exif)


def _noted() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    return exif.tobytes()


def _see_through_palette() -> bytes:
    return encoded(Image.new("P", (64, 32), 0), "PNG", transparency=0)


# What is sent; what is seen at the left and at the right end.
KINDS = {
    "JPEG": (a_photo(width=64, height=32), RED, BLUE),
    "JPEG turned": (_turned("JPEG"), BLUE, RED),
    "progressive JPEG": (encoded(_halves("RGB"), "JPEG", progressive=True), RED, BLUE),
    "CMYK": (encoded(_halves("CMYK"), "JPEG"), RED, BLUE),
    "grey JPEG": (
        encoded(Image.new("L", (64, 32), 128), "JPEG"),
        (128,) * 3,
        (128,) * 3,
    ),
    "PNG": (encoded(_halves("RGB"), "PNG"), RED, BLUE),
    "PNG turned": (_turned("PNG"), BLUE, RED),
    "palette": (encoded(_halves("P"), "PNG"), RED, BLUE),
    "one bit": (encoded(Image.new("1", (64, 32), 1), "PNG"), WHITE, WHITE),
    "16 bits": (encoded(_grey_of_16_bits(), "PNG"), (128,) * 3, (128,) * 3),
    "transparent": (encoded(_seen_through("RGBA"), "PNG"), WHITE, WHITE),
    "transparent grey": (encoded(_seen_through("LA"), "PNG"), WHITE, WHITE),
    "transparent palette": (_see_through_palette(), WHITE, WHITE),
    "HEIC": (a_heic(), RED, BLUE),
    "HEIC turned": (a_heic(turns=2), BLUE, RED),
    "HEIC of several": (a_heic(pictures=3), RED, BLUE),
    "HEIC with notes": (a_heic(exif=_noted()), RED, BLUE),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_photo_is_kept_upright_on_white_and_without_notes(
    name: str,
) -> None:
    blob, left, right = KINDS[name]
    kept = read_picture(blob)
    assert kept.media_type == "image/jpeg"
    assert b"Secret" not in kept.content
    image = Image.open(io.BytesIO(kept.content))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 32))
    assert not image.getexif()
    for x, expected in ((8, left), (55, right)):
        seen = image.getpixel((x, 16))
        assert max(abs(a - b) for a, b in zip(seen, expected, strict=True)) < 12, seen


def test_a_quarter_turn_of_heic_is_made_once() -> None:
    exif = Image.Exif()
    exif[_ORIENTATION] = 8  # as phones write it beside the turn
    kept = read_picture(a_heic(turns=1, exif=b"Exif\0\0" + exif.tobytes()[6:]))
    assert (kept.width, kept.height) == (32, 64)
    image = Image.open(io.BytesIO(kept.content))
    assert image.getpixel((16, 5))[2] > 200
    assert image.getpixel((16, 58))[0] > 200


@pytest.mark.parametrize(
    "blob",
    [
        a_wide_jpeg(48),
        a_heic(said=(10_000, 10_000)),
        a_heic(width=512, height=512, said=(64, 32)),
        a_heic()[:-600],
    ],
    ids=["progressive CMYK", "HEIC that says more", "that says less", "torn HEIC"],
)
def test_what_decoding_would_take_is_refused_before_it(blob: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_picture(blob)
    assert caught.value.mend


# Prints what the pictures took beyond what the process had, in MB, two at a time.
_MEASURE = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from geo_api.attachments.pictures import read_picture
blob = Path(sys.argv[1]).read_bytes()
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
with ThreadPoolExecutor(2) as pool:
    for kept in pool.map(read_picture, [blob] * int(sys.argv[2])):
        assert max(kept.width, kept.height) <= 2048
print(peak() - before)
"""


def _taken(tmp_path: Path, blob: bytes, count: int) -> int:
    file = tmp_path / "photo"
    file.write_bytes(blob)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, file, str(count)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.long
def test_a_small_file_of_many_pixels_takes_little_memory(tmp_path: Path) -> None:
    blob = a_wide_png(16)
    assert len(blob) < 100_000
    assert _taken(tmp_path, blob, 2) < 350


@pytest.mark.long
def test_ten_photos_take_no_more_memory_than_two(tmp_path: Path) -> None:
    for blob in (a_wide_png(24), a_wide_jpeg(24)):
        assert len(blob) < MAX_BYTES
        assert _taken(tmp_path, blob, 10) < 700


def test_what_is_kept_is_bounded() -> None:
    kept = read_picture(a_wide_jpeg(16))
    assert len(kept.content) <= MAX_BYTES
    assert max(kept.width, kept.height) == MAX_SIDE
