"""What photos may take of the service: turns, transactions, bytes of a network."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import make_requests
import pytest
from make_heic import a_heic
from make_pictures import a_noise, a_photo, a_photo_form, encoded
from make_races import at_once
from make_requests import link_of, path_of
from sqlalchemy import text

from geo_api.attachments.pictures import Picture, read_picture
from geo_api.requests.handle import attachment_routes
from geo_api.settings import DispatchSettings, Settings, StateSettings

_MOST = 1_400_000


@pytest.fixture
def settings(state_dir) -> Settings:
    return Settings(
        state=StateSettings(state_dir=state_dir),
        dispatch=DispatchSettings(photo_bytes_per_hour=_MOST),
    )


def _send(client, path: str, headers: dict[str, str], content: bytes | None = None):
    return client.post(f"{path}/attachments", headers=headers, **a_photo_form(content))


def test_nothing_is_locked_nor_open_while_a_photo_is_decoded(
    committing_client, fresh_world, fresh_database, monkeypatch
) -> None:
    ordered = make_requests.order(committing_client, fresh_world)
    path = path_of(committing_client, ordered)
    seen: list[tuple[int, int]] = []

    def look(blob: bytes) -> Picture:
        out = fresh_database.sessions.engine.pool.checkedout()
        with fresh_database.sessions.transaction() as session:
            rows = "SELECT id FROM service_request FOR UPDATE NOWAIT"
            seen.append((out, len(session.execute(text(rows)).all())))
        return read_picture(blob)

    monkeypatch.setattr(attachment_routes, "read_picture", look)
    assert _send(committing_client, path, link_of(ordered)).status_code == 201
    assert seen == [(0, 1)]


def test_photos_are_decoded_two_at_a_time(
    committing_client, fresh_world, monkeypatch
) -> None:
    ordered = make_requests.order(committing_client, fresh_world)
    path = path_of(committing_client, ordered)
    lock, has_two = threading.Lock(), threading.Barrier(2)
    has_third = threading.Event()
    working, highest = 0, 0

    def count(blob: bytes) -> Picture:
        nonlocal working, highest
        with lock:
            working += 1
            highest = max(highest, working)
            if working > 2:
                has_third.set()
        has_two.wait(60)
        has_third.wait(0.5)  # time enough for one more, were it let in
        kept = read_picture(blob)
        with lock:
            working -= 1
        return kept

    monkeypatch.setattr(attachment_routes, "read_picture", count)
    replies = at_once(
        lambda _: _send(committing_client, path, link_of(ordered)).status_code, 6
    )
    assert replies == [201] * 6
    assert highest == 2


def test_every_sender_may_send_every_kind(client, world, sign_in) -> None:
    by_link = make_requests.order(client, world)
    for_somebody = make_requests.order(
        client, world, sign_in("village"), channel="visit"
    )
    path = path_of(client, by_link)
    for where, headers in (
        (path, link_of(by_link)),
        (path, sign_in("handler")),
        (f"/api/requests/{for_somebody['id']}", sign_in("village")),
    ):
        for content in (a_photo(), a_photo(kind="PNG"), a_heic()):
            reply = _send(client, where, headers, content)
            assert reply.status_code == 201, reply.text
            assert reply.json()["media_type"] == "image/jpeg"


def _spend(client, path: str, headers: dict[str, str]) -> Any:
    for _ in range(20):
        reply = _send(client, path, headers, encoded(a_noise(330, 330), "PNG"))
        if reply.status_code != 201:
            return reply
    raise AssertionError("no end to it")


def test_above_a_networks_bytes_the_order_is_taken_and_its_photos_are_not(
    client, world, sign_in, clock
) -> None:
    first = make_requests.order(client, world)
    assert first["notes"] is None
    path = path_of(client, first)
    refused = _spend(client, path, link_of(first))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    told = refused.json()
    assert "诉求已收下" in told["detail"]
    assert told["mend"]
    # Another order of the network, with another link: taken, and told so.
    second = make_requests.order(client, world)
    assert second["notes"] == [told["detail"]]
    assert _spend(client, path_of(client, second), link_of(second)).status_code == 429
    # Staff are not counted, and an hour later the residents may again.
    assert _send(client, path, sign_in("handler")).status_code == 201
    clock.now += timedelta(hours=1, minutes=1)
    assert _send(client, path, link_of(first)).status_code == 201


def test_bytes_are_counted_before_the_body_is_read(client, world) -> None:
    ordered = make_requests.order(client, world)
    path = path_of(client, ordered)
    reply = _send(client, path, link_of(ordered), b"\xff\xd8" + bytes(_MOST))
    assert reply.status_code == 429
    # What was refused was not counted: a smaller one has room.
    assert _send(client, path, link_of(ordered)).status_code == 201
