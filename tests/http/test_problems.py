"""Every error leaves as problem+json, in the caller's language, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import make_requests
import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from letters import latin_in
from sqlalchemy import text

from geo_api.accounts.rules import Role
from geo_api.app import create_app
from geo_api.db.session import SessionFactory, make_engine
from geo_api.duties.rules import PlaceKind
from geo_api.errors import Conflict, Words
from geo_api.http.context import Context, CurrentSession
from geo_api.http.language import say
from geo_api.requests.rules import Stage
from geo_api.requests.verbs import RULES, next_stage
from geo_api.settings import DatabaseSettings, Settings

JSON = {"Content-Type": "application/json"}


def _problem(reply, status: int) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["cache-control"] == "no-store"
    body: dict[str, Any] = reply.json()
    assert body["status"] == status
    assert body["type"].startswith("/problems/")
    assert body["title"]
    assert body["detail"]
    for error in body.get("errors", []):
        assert set(error) == {"loc", "msg", "mend"}
    return body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/nowhere", 404),
        ("DELETE", "/api/requests", 405),
        ("PUT", "/api/services", 405),
        ("GET", "/api/requests", 401),
        ("GET", "/api/requests?cursor=x", 401),
        ("GET", "/api/areas?limit=many", 422),
        ("GET", "/tiles/heat/a/b/c.png", 422),
    ],
)
def test_every_refusal_is_a_problem(client, world, method, path, status) -> None:
    _problem(client.request(method, path), status)


def test_a_wrong_method_says_which_are_right(client, world) -> None:
    reply = client.put("/api/services")
    assert reply.headers["allow"] == "GET"


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"{", JSON),
        (b"", JSON),
        (b"[]", JSON),
        (b'"order"', JSON),
        (b"null", JSON),
        (b'{"description": NaN}', JSON),
        (b"\xff\xfe", JSON),
        (b"service_code=XQ", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"<order/>", {"Content-Type": "application/xml"}),
        (b"[" * 100_000, JSON),
    ],
)
def test_what_is_no_order_is_told_so(client, world, content, headers) -> None:
    reply = client.post("/api/requests", content=content, headers=headers)
    assert reply.status_code in (400, 422)
    body = _problem(reply, reply.status_code)
    assert body["errors"][0]["loc"][0] == "body"


def test_wrong_types_are_named_one_by_one(client, world) -> None:
    body = make_requests.an_order(
        world, description=7, location={"lon": "east", "lat": None}, contact=[], extra=1
    )
    reply = client.post("/api/requests", json=body, headers={"Accept-Language": "en"})
    errors = {tuple(e["loc"]): e for e in _problem(reply, 422)["errors"]}
    assert set(errors) >= {
        ("body", "description"), ("body", "location", "lon"), ("body", "contact"),
        ("body", "extra"),
    }  # fmt: skip
    assert errors["body", "location", "lon"]["msg"] == "This is not a number"
    assert errors["body", "extra"]["mend"] == "Leave this field out or check its name"


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        ({}, "zh-CN", "没有找到"),
        ({"Accept-Language": "zh"}, "zh-CN", "没有找到"),
        ({"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh-CN", "没有找到"),
        ({"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"}, "en", "Not found"),
        ({"Accept-Language": "fr;q=1,en;q=0.5"}, "en", "Not found"),
        ({"Accept-Language": "fr"}, "zh-CN", "没有找到"),
        ({"Accept-Language": ";q=x,,"}, "zh-CN", "没有找到"),
    ],
)
def test_problems_speak_the_callers_language(
    client, world, accepted: dict, language: str, title: str
) -> None:
    reply = client.get("/api/areas/999", headers=accepted)
    assert _problem(reply, 404)["title"] == title
    assert reply.headers["content-language"] == language


def test_the_query_may_name_the_language(client, world) -> None:
    reply = client.get("/api/areas/999?lang=en", headers={"Accept-Language": "zh"})
    assert _problem(reply, 404)["title"] == "Not found"


@pytest.mark.parametrize("declares", [True, False])
def test_a_body_beyond_the_limit_is_refused_at_the_door(
    client, world, settings, declares: bool
) -> None:
    size = settings.server.max_body_bytes + 1
    content: Any = b" " * size
    if not declares:
        # In pieces, without a length: the limit is met on the way.
        content = (b" " * 10_000 for _ in range(size // 10_000 + 1))
    body = _problem(client.post("/api/requests", content=content, headers=JSON), 413)
    assert str(settings.server.max_body_bytes) in body["detail"]


def test_a_body_at_the_limit_is_read(client, world, settings) -> None:
    body = client.build_request(
        "POST", "/api/requests", json=make_requests.an_order(world)
    ).content
    padded = body + b" " * (settings.server.max_body_bytes - len(body))
    reply = client.post("/api/requests", content=padded, headers=JSON)
    assert reply.status_code == 201


def test_without_its_database_the_service_says_so(settings, cipher, clock) -> None:
    # Nothing listens there.
    engine = make_engine("postgresql://nobody@127.0.0.1:1/none", DatabaseSettings())
    context = Context(
        settings=settings,
        sessions=SessionFactory(engine, "minqing"),
        cipher=cipher,
        clock=clock,
    )
    with TestClient(create_app(context)) as client:
        for path in ("/api/services", "/ready", "/tiles/heat/9/403/200.png"):
            reply = client.get(path)
            _problem(reply, 503)
            assert reply.headers["retry-after"]
        assert client.get("/health").status_code == 200
    engine.dispose()


def test_without_a_free_connection_callers_are_asked_to_come_back(
    fresh_database, settings: Settings, cipher, clock
) -> None:
    engine = make_engine(
        fresh_database.url, DatabaseSettings(pool_size=1, pool_overflow=0)
    )
    engine.pool._timeout = 0.1
    sessions = SessionFactory(engine, "minqing")
    context = Context(settings=settings, sessions=sessions, cipher=cipher, clock=clock)
    with TestClient(create_app(context)) as client, sessions() as busy:
        busy.connection()
        _problem(client.get("/api/services"), 503)
    engine.dispose()


def test_a_statement_that_took_too_long_says_so_and_is_no_absent_database(
    app: FastAPI, client: TestClient
) -> None:
    def slow(session: CurrentSession) -> None:
        session.execute(text("SET LOCAL statement_timeout = 20"))
        session.execute(text("SELECT pg_sleep(5)"))

    app.add_api_route("/slow", slow)
    told = _problem(client.get("/slow?lang=en"), 503)
    assert told["detail"] == (
        "This took too long and was broken off; nothing was changed"
    )
    assert "shorter period" in told["mend"]


def test_our_own_log_never_holds_the_secret_of_a_tracking_page(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Request) -> None:
        raise RuntimeError

    paths = ("/r/{secret}", "//r/{secret}")
    for path in paths:
        app.add_route(path, broken)
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in paths:
            url = "http://testserver" + path.format(secret="kJ3xTq0bR5")
            assert client.get(url).status_code == 500
    assert caplog.text.count("/r/…") == 2
    assert "kJ3xTq0bR5" not in caplog.text


_PLACES = [Words(place.value) for place in PlaceKind]
_ROLES = [Words(role.word) for role in Role]


def _refusals() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every sentence with the name of a code in it, and what may fill its place."""
    for stage, verb in product(Stage, RULES):
        try:
            next_stage(stage, verb)
        except Conflict as error:
            yield error.msg, error.params
    yield from (("This duty is not held for a %(kind)s", {"kind": p}) for p in _PLACES)
    yield from (("This needs the role %(roles)s", {"roles": r}) for r in _ROLES)
    yield from (
        ("The role %(role)s is not bound to areas", {"role": r}) for r in _ROLES
    )


def test_a_code_within_a_sentence_is_said_in_its_language() -> None:
    said = {say(msg, params, "zh-CN") for msg, params in _refusals()}
    assert len(said) > 60
    assert [text for text in said if latin_in(text)] == []
    both = {"roles": Words("Town leader", "Village cadre")}
    needs = "This needs the role %(roles)s"
    assert say(needs, both, "zh-CN") == "需要以下角色：乡镇领导、村（社区）干部"
    assert say(needs, both, "en") == "This needs the role Town leader, Village cadre"


def test_an_error_about_no_field_says_what_would_help_all_the_same(
    client, world, sign_in
) -> None:
    path = make_requests.path_of(client, make_requests.order(client, world))
    make_requests.act(client, path, "accept", sign_in("handler"))
    reply = client.post(f"{path}/accept", headers=sign_in("handler"))
    body = _problem(reply, 409)
    assert body["detail"] == "“已接单”的诉求不能“接单”"
    assert body["mend"] == "请重新读取诉求：可能已有人先处理"
    assert "errors" not in body
    english = {"Accept-Language": "en", **sign_in("handler")}
    reply = client.post(f"{path}/accept", headers=english)
    assert _problem(reply, 409)["detail"] == (
        "A request that is “Accepted” does not allow “Accept”"
    )
    assert "mend" not in _problem(client.delete("/api/requests"), 405)


def test_every_reply_bears_the_plain_headers(client, world) -> None:
    for path in ("/api/services", "/api/nowhere", "/tiles/heat/9/403/200.png"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_what_is_long_is_compressed_but_no_picture(client, world) -> None:
    accepted = {"Accept-Encoding": "gzip"}
    text = client.get("/api/services", headers=accepted)
    assert text.headers["content-encoding"] == "gzip"
    tile = client.get("/tiles/heat/9/403/200.png", headers=accepted)
    assert "content-encoding" not in tile.headers
