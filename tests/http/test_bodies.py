"""Bodies on their way in: asked for last, counted and timed, over real sockets."""

from __future__ import annotations

import itertools
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

import make_requests
import pytest
import uvicorn
from fastapi import FastAPI
from make_pictures import a_photo

from geo_api.settings import ServerSettings, Settings, StateSettings

# Long enough for a busy machine to send what is sent at once.
_IDLE, _TOTAL = 1.0, 3.0

Call = Callable[..., "Reply"]


class Reply:
    """What a server has answered, and whether it has closed the connection then."""

    def __init__(self, raw: bytes, is_closed: bool) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.status = int(head.split()[1]) if head else 0
        self.head = head.decode("latin-1").lower()
        self.is_closed = is_closed


@pytest.fixture
def settings(state_dir, request: pytest.FixtureRequest) -> Settings:
    """A second's silence ends a body, and so do three seconds or what a test says."""
    total = getattr(request, "param", _TOTAL)
    return Settings(
        state=StateSettings(state_dir=state_dir),
        server=ServerSettings(body_seconds=total, body_idle_seconds=_IDLE),
    )


@pytest.fixture
def call(app: FastAPI) -> Iterator[Call]:
    """Sends bytes to the application as a server of its own serves it."""
    listener = socket.create_server(("127.0.0.1", 0))
    service = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, ws="none")
    )
    thread = threading.Thread(target=service.run, args=([listener],), daemon=True)
    thread.start()
    while not service.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.01)

    def call(
        method: str,
        path: str,
        headers: dict[str, str],
        pieces: Iterable[bytes],
        pause: float = 0.0,
    ) -> Reply:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        with socket.create_connection(listener.getsockname(), timeout=60) as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode())
            try:
                for piece in pieces:
                    line.sendall(piece)
                    time.sleep(pause)
            except OSError:
                pass  # closed meanwhile: the answer is there
            return _read(line)

    try:
        yield call
    finally:
        service.should_exit = True
        thread.join(timeout=20)
        listener.close()


def _read(line: socket.socket) -> Reply:
    raw = b""
    while True:
        try:
            piece = line.recv(65536)
        except ConnectionResetError:
            piece = b""
        raw += piece
        if not piece:
            return Reply(raw, is_closed=True)
        length = re.search(rb"content-length: (\d+)", raw.lower())
        head, end, body = raw.partition(b"\r\n\r\n")
        if length and end and len(body) >= int(length.group(1)):
            if b"connection: close" in head.lower():
                continue  # until it is closed indeed
            return Reply(raw, is_closed=False)


def _form(**headers: str) -> dict[str, str]:
    return {
        "Content-Type": "multipart/form-data; boundary=cut",
        "Content-Length": "900000",
        **headers,
    }


def _uploading(app: FastAPI) -> Iterator[tuple[str, str]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {})
            if "multipart/form-data" in body:
                filled = path.replace("{ledger}", "households")
                yield method.upper(), re.sub(r"\{\w+\}", str(UUID(int=1)), filled)


def test_who_may_send_a_file_is_asked_before_a_byte_of_it_is_read(
    app, call: Call, world, sign_in
) -> None:
    operations = list(_uploading(app))
    assert len(operations) >= 2
    for method, path in operations:
        reply = call(method, path, _form(), [])
        assert (reply.status, reply.is_closed) == (401, True), path
        for name, statuses in (("handler", {403, 404}), ("stranger", {403, 404})):
            reply = call(method, path, _form(**sign_in(name)), [])
            assert reply.status in statuses, (path, name)
            assert reply.is_closed


@pytest.mark.parametrize("settings", [3600.0], indirect=True)
def test_a_body_that_stops_is_not_waited_for(call: Call, world) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "500"}
    reply = call("POST", "/api/requests", headers, [b'{"service_code": '])
    assert (reply.status, reply.is_closed) == (408, True)
    told = json.loads(reply.body)
    assert told["type"] == "/problems/too-slow"
    assert told["mend"]


def test_a_body_that_trickles_ends_some_time(call: Call, world) -> None:
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    drops = itertools.repeat(b"1\r\n \r\n", 400)
    reply = call("POST", "/api/requests", headers, drops, pause=0.1)
    assert (reply.status, reply.is_closed) == (408, True)
    # It ended while there was more to come.
    assert next(drops, None) is not None


@pytest.mark.parametrize("settings", [3600.0], indirect=True)
def test_a_photo_that_stops_is_not_waited_for(
    client, call: Call, world, sign_in
) -> None:
    ordered = make_requests.order(client, world)
    path = make_requests.path_of(client, ordered)
    begun = (
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    )
    headers = _form(**make_requests.link_of(ordered))
    reply = call("POST", f"{path}/attachments", headers, [begun + a_photo()])
    assert (reply.status, reply.is_closed) == (408, True)
    shown = client.get(path, headers=make_requests.link_of(ordered)).json()
    assert shown["attachments"] == []


def test_a_body_in_pieces_is_counted(call: Call, world) -> None:
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    reply = call("POST", "/api/requests", headers, [piece] * 40)
    assert (reply.status, reply.is_closed) == (413, True)


def test_what_is_answered_before_it_was_read_closes_the_connection(
    call: Call, world
) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "900000"}
    reply = call("POST", "/api/nowhere", headers, [])
    assert (reply.status, reply.is_closed) == (404, True)


@pytest.mark.parametrize("has_body", [True, False])
def test_a_whole_body_keeps_the_connection(call: Call, world, has_body: bool) -> None:
    body: Any = json.dumps(make_requests.an_order(world)).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    if has_body:
        reply = call("POST", "/api/requests", headers, [body])
    else:
        reply = call("GET", "/api/services", {}, [])
    assert reply.status in (200, 201)
    assert not reply.is_closed


def test_a_form_of_many_parts_is_refused(client, world, sign_in) -> None:
    many = {f"f{i}": (f"{i}.csv", b"x") for i in range(2)}
    for options in ({"files": many}, {"data": {f"f{i}": "x" for i in range(30)}}):
        reply = client.post(
            "/api/imports/households",
            headers=sign_in("admin"),
            **{"files": {"file": ("x.csv", b"x")}, **options},
        )
        assert reply.status_code in (400, 422)
        assert reply.json()["errors"][0]["loc"] == ["body"]
