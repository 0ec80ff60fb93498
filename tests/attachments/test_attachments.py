"""Photos: what is kept of a file, who may add one and who sees it."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import make_requests
import pytest
from make_pictures import a_noise, a_photo, a_photo_form, encoded
from make_requests import act, history, link_of, path_of
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from geo_api.attachments.pictures import MAX_BYTES, read_picture

_ORIENTATION, _MAKER, _GPS = 0x0112, 0x010F, 0x8825


@pytest.fixture
def ordered(client, world) -> dict:
    return make_requests.order(client, world)


@pytest.fixture
def path(client, ordered) -> str:
    return path_of(client, ordered)


def _send(
    client, path: str, headers: dict, content: bytes | None = None, status: int = 201
) -> dict[str, Any]:
    reply = client.post(f"{path}/attachments", headers=headers, **a_photo_form(content))
    assert reply.status_code == status, reply.text
    answered: dict[str, Any] = reply.json()
    return answered


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_photo_is_read_back_by_whoever_sees_the_request(
    client, ordered, path, sign_in
) -> None:
    sent = _send(client, path, link_of(ordered))
    assert sent["url"] == f"/api/attachments/{sent['id']}"
    for headers in (link_of(ordered), sign_in("handler"), sign_in("town")):
        shown = client.get(path, headers=headers).json()
        (attachment,) = shown["attachments"]
        assert {**attachment, "at": ""} == {**sent, "at": ""}
        read = client.get(sent["url"], headers=headers)
        assert read.headers["content-type"] == "image/jpeg"
        assert read.headers["cache-control"].startswith("private")
        assert len(read.content) == sent["bytes"]
        assert _opened(read.content).size == (sent["width"], sent["height"])
    assert client.get(sent["url"]).status_code == 401
    assert client.get(sent["url"], headers=sign_in("stranger")).status_code == 404


def test_the_link_of_another_request_opens_no_photo(client, world, ordered, path):
    sent = _send(client, path, link_of(ordered))
    other = link_of(make_requests.order(client, world))
    assert client.get(sent["url"], headers=other).status_code == 404
    _send(client, path, other, status=404)


def test_the_history_names_the_photo(client, ordered, path, sign_in) -> None:
    sent = _send(client, path, link_of(ordered))
    last = history(client, path, sign_in("town"))[-1]
    assert last["verb"] == "attach"
    assert last["detail"]["attachment_id"] == sent["id"]
    assert last["by"] == {"kind": "resident"}


@pytest.mark.parametrize(
    ("name", "status"),
    [("handler", 201), ("village", 403), ("town", 403), ("stranger", 404)],
)
def test_only_the_handler_of_all_staff_adds_photos(
    client, path, sign_in, name: str, status: int
) -> None:
    _send(client, path, sign_in(name), status=status)


def test_who_ordered_for_somebody_adds_photos(client, world, sign_in) -> None:
    ordered = make_requests.order(client, world, sign_in("village"), channel="visit")
    _send(client, f"/api/requests/{ordered['id']}", sign_in("village"))


def test_what_arrives_after_completion_is_taken(client, path, sign_in) -> None:
    act(client, path, "accept", sign_in("handler"))
    act(client, path, "complete", sign_in("handler"), {"note": "已修好"})
    _send(client, path, sign_in("handler"))
    assert client.get(path, headers=sign_in("town")).json()["stage"] == "completed"


def test_what_was_withdrawn_takes_no_photo(client, ordered, path) -> None:
    act(client, path, "withdraw", link_of(ordered))
    _send(client, path, link_of(ordered), status=409)


def test_nine_photos_are_enough(client, ordered, path) -> None:
    for _ in range(9):
        _send(client, path, link_of(ordered))
    refused = _send(client, path, link_of(ordered), status=409)
    assert refused["detail"] == "每件诉求最多 9 张照片"


def test_a_retry_with_its_key_adds_one_photo(client, ordered, path) -> None:
    headers = {**link_of(ordered), "Idempotency-Key": "photo-0001"}
    # Each of the two draws a boundary of its own.
    first = _send(client, path, headers)
    assert _send(client, path, headers) == first
    _send(client, path, headers, a_photo(width=61), status=422)
    shown = client.get(path, headers=link_of(ordered)).json()
    assert [a["id"] for a in shown["attachments"]] == [first["id"]]


def test_the_upload_is_bounded(client, ordered, path) -> None:
    _send(client, path, link_of(ordered), b"\xff\xd8" + bytes(12_000_000), status=413)
    # Larger than a JSON body may be, and yet taken.
    large = encoded(a_noise(1000, 1000), "PNG")
    assert len(large) > 2_000_000
    assert _send(client, path, link_of(ordered), large)["bytes"] <= MAX_BYTES


def test_what_the_camera_noted_is_gone() -> None:
    exif = Image.Exif()
    exif[_MAKER] = "SecretMaker"
    exif[_ORIENTATION] = 6
    exif.get_ifd(_GPS)[1] = "N"
    taken = a_photo(exif=exif, comment=b"SecretNote", icc_profile=b"SecretProfile")
    assert b"SecretMaker" in taken
    kept = read_picture(taken)
    assert not any(s in kept.content for s in (b"Secret", b"Exif", b"ICC_PROFILE"))
    assert not _opened(kept.content).getexif()


def test_a_photo_stands_upright() -> None:
    exif = Image.Exif()
    exif[_ORIENTATION] = 6  # its right side is up
    kept = read_picture(a_photo(exif=exif))
    assert (kept.width, kept.height) == (40, 60)
    image = _opened(kept.content).convert("RGB")
    red, _, blue = image.getpixel((20, 5))
    assert red > 200 > 100 > blue
    red, _, blue = image.getpixel((20, 55))
    assert blue > 200 > 100 > red


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_photo_is_made_small(kind: str) -> None:
    kept = read_picture(encoded(a_noise(2600, 1300), kind))
    assert (kept.width, kept.height) in {(2048, 1024), (1024, 512)}
    assert len(kept.content) <= MAX_BYTES
    assert _opened(kept.content).size == (kept.width, kept.height)


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is very large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100_000)))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        a_photo(kind="GIF"),
        a_photo(kind="WEBP"),
        a_photo(width=400, height=400)[:-200],
        _bomb(6000, 6000),
        _bomb(12_000, 12_000),
        _bomb(60_000, 60_000),
    ],
    ids=["empty", "pdf", "svg", "gif", "webp", "torn", "large", "larger", "bomb"],
)
def test_what_is_no_photo_is_refused(client, ordered, path, content: bytes) -> None:
    refused = client.post(
        f"{path}/attachments",
        headers=link_of(ordered),
        files={"file": ("photo.jpg", content, "image/jpeg")},
    )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["loc"] == ["body", "file"]
    assert client.get(path, headers=link_of(ordered)).json()["attachments"] == []


def test_a_photo_is_never_altered(client, session, ordered, path) -> None:
    _send(client, path, link_of(ordered))
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("UPDATE attachment SET width = 1"))
