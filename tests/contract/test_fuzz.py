"""Whatever the document allows, and what it does not: never an error of ours.

Requests are drawn from the OpenAPI document itself, half of their values hostile; the
same ones on every run, so that what fails can be mended and seen to be mended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from make_stage import Stage

from geo_api.app import create_app
from geo_api.db.cipher import Cipher
from geo_api.http.context import Context
from geo_api.settings import Settings

_CALLERS = ("anonymous", "portal", "resident", "admin", "town", "village", "handler")
_HOSTILE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    -(10**30),
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\0",
    "\ud800",
    "\u202e",
    "%",
    "_",
    "\\",
    "'; DROP TABLE account; --",
    "%(name)s",
    "%s%n",
    "{0}",
    "9" * 400,
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59-23:59",
    "2026-02-30",
    "00000000-0000-0000-0000-000000000000",
    "汉" * 300,
    [],
    [[]],
    [None],
    {},
    {"": ""},
    {"type": "Polygon", "coordinates": [[[1e308, -1e308], [0, 0], [1, 1], [0, 0]]]},
    {"type": "Point", "coordinates": []},
    {"type": "GeometryCollection", "geometries": []},
)


def _document() -> dict[str, Any]:
    nothing: Any = None
    cipher = Cipher([b"0" * 43 + b"="])
    app = create_app(
        Context(settings=Settings(), sessions=nothing, cipher=cipher, clock=nothing)
    )
    return app.openapi()


DOCUMENT = _document()


def _operations() -> Iterator[tuple[str, str]]:
    for path, methods in DOCUMENT["paths"].items():
        for method in methods:
            yield method.upper(), path


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


@st.composite
def _value(draw: st.DrawFn, schema: dict[str, Any], known: dict[str, Any]) -> Any:
    """A value of a schema, one time in four a hostile one."""
    schema = _resolved(schema)
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(_HOSTILE))
    if "anyOf" in schema:
        return draw(_value(draw(st.sampled_from(schema["anyOf"])), known))
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    match schema.get("type"):
        case "object":
            names = schema.get("properties", {})
            wanted = set(schema.get("required", ())) | set(
                draw(st.lists(st.sampled_from(sorted(names)), max_size=4))
                if names
                else ()
            )
            return {
                name: known[name]
                if name in known and draw(st.booleans())
                else draw(_value(names[name], known))
                for name in sorted(wanted)
            }
        case "array":
            items = schema.get("items", {})
            return [draw(_value(items, known)) for _ in range(draw(st.integers(0, 2)))]
        case "integer":
            return draw(st.sampled_from((0, 1, 7, 1000)))
        case "number":
            return draw(st.sampled_from((0.5, 36.403, 103.406, 103.65, 36.65)))
        case "boolean":
            return draw(st.booleans())
        case "null":
            return None
    match schema.get("format"):
        case "uuid":
            return draw(st.sampled_from(known["ids"]))
        case "date":
            return draw(st.sampled_from(("2026-03-02", "2030-01-01", "2020-01-01")))
    return draw(st.sampled_from(known["texts"]))


def _known(stage: Stage) -> dict[str, Any]:
    """Values that lead somewhere, or every question would end at the door."""
    ids, texts = [], ["停水", "2026-03-01", "wgs84", "XQ-SHUI", "heat", "areas", "12"]
    texts += ["png", "mvt", "2030-01-01", "households"]
    for village in stage.villages.values():
        ids += [village.household_id, village.zone_id, village.person_id]
        ids += [village.duty_id, village.leave_id]
        ids += [ordered.id for ordered in village.requests.values()]
        texts += [village.code, village.group, village.zone_code]
    home = stage.villages["home"]
    return {
        "ids": [str(id_) for id_ in ids],
        "texts": texts,
        "location": {"lon": home.lon, "lat": home.lat, "crs": "wgs84"},
        "service_code": "XQ-SHUI",
        "area_code": home.group,
        "crs": "wgs84",
        "valid_from": "2026-03-02",
    }


def _as_text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    # What no client can put into an address.
    return text.encode("utf-8", "replace").decode()


@pytest.mark.parametrize(
    "examples", [6, pytest.param(60, marks=pytest.mark.long)], ids=["few", "many"]
)
@pytest.mark.parametrize(("method", "path"), list(_operations()), ids=lambda part: part)
def test_no_question_makes_the_service_stumble(
    stage: Stage, method: str, path: str, examples: int
) -> None:
    known = _known(stage)
    operation = DOCUMENT["paths"][path][method.lower()]

    # The stage undoes every request, so that examples may share it.
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        url, query = path, []
        for parameter in operation.get("parameters", []):
            name, schema = parameter["name"], parameter["schema"]
            if parameter["in"] == "header":
                continue
            if parameter["in"] == "query" and not data.draw(st.booleans()):
                continue
            value = data.draw(_value(schema, known))
            if parameter["in"] == "path":
                url = url.replace(f"{{{name}}}", quote(_as_text(value), safe=""))
            else:
                query.append((name, _as_text(value)))
        if path == "/api/events":
            # A stream that is not told when to end goes on for an hour.
            query.append(("seconds", "0"))
        options: dict[str, Any] = {"params": query}
        content = operation.get("requestBody", {}).get("content", {})
        for media, described in content.items():
            body = data.draw(_value(described["schema"], known))
            if media == "application/json":
                options["content"] = json.dumps(body).encode()
                options["headers"] = {"Content-Type": media}
            elif isinstance(body, dict):
                fields = {name: _as_text(value) for name, value in body.items()}
                is_file = media == "multipart/form-data"
                options["files" if is_file else "data"] = (
                    {name: ("x.csv", text) for name, text in fields.items()}
                    if is_file
                    else fields
                )
        caller = data.draw(st.sampled_from(_CALLERS))
        headers = {**stage.headers_of(caller), **options.pop("headers", {})}
        reply = stage.ask(method, url, headers=headers, **options)
        assert reply.status_code < 500, (caller, url, options, reply.text)
        if reply.status_code >= 400:
            assert reply.headers["content-type"] == "application/problem+json"
            assert str(reply.status_code) in operation["responses"] or (
                reply.status_code in (404, 405)
            ), (caller, url, options, reply.text)

    ask()


_EXTREME_DAYS = ("0001-01-01", "9999-12-31")
_EXTREME_MOMENTS = (
    *_EXTREME_DAYS,
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
)
_PERIODS = {
    "/tiles/heat/9/403/200.png": ("anonymous", "portal", "town"),
    "/tiles/heat.json": ("anonymous",),
    "/api/requests": ("town",),
    "/api/summary": ("town",),
    "/api/audit": ("auditor",),
}


@pytest.mark.parametrize("path", sorted(_PERIODS))
@pytest.mark.parametrize("moment", _EXTREME_MOMENTS)
def test_the_ends_of_time_are_answered(stage: Stage, path: str, moment: str) -> None:
    for caller in _PERIODS[path]:
        for name in ("from", "to"):
            reply = stage.ask(
                "GET", path, params={name: moment}, headers=stage.headers[caller]
            )
            assert reply.status_code in (200, 400), (caller, name, reply.text)


@pytest.mark.parametrize("day", _EXTREME_DAYS)
def test_the_ends_of_time_are_kept_or_refused(stage: Stage, day: str) -> None:
    home = stage.villages["home"]
    person = {"person_id": str(home.person_id)}
    zone = {"name": "新联户", "area_code": home.group}
    for method, url, body in (
        ("POST", "/api/leave", {**person, "first_day": "2026-03-03", "last_day": day}),
        ("POST", "/api/leave", {**person, "first_day": day, "last_day": day}),
        ("POST", "/api/zones", {**zone, "valid_from": day}),
        ("PATCH", f"/api/zones/{home.zone_id}", {"ends_on": day}),
        (
            "POST",
            "/api/duties",
            {**person, "kind": "grid", "area_code": home.group, "valid_from": day},
        ),
    ):
        with stage.undone():
            headers = stage.headers["village"]
            reply = stage.client.request(method, url, json=body, headers=headers)
            assert reply.status_code < 500, (url, body, reply.text)
            if method == "POST" and url == "/api/zones" and reply.status_code == 201:
                made = f"{url}/{reply.json()['id']}"
                ended = stage.client.patch(made, json={"ends_on": day}, headers=headers)
                assert ended.status_code < 500, ended.text
    for url in ("/api/coverage", "/api/duties"):
        reply = stage.ask("GET", url, params={"on": day}, headers=stage.headers["town"])
        assert reply.status_code < 500, reply.text
