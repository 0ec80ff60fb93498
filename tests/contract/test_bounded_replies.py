"""No reply grows with what is wrong in a question."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import make_requests
import pytest
from fastapi.testclient import TestClient

MOST_BYTES = 20_000
JSON = {"Content-Type": "application/json"}
_METHODS = ("post", "put", "patch")


def _nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


BODIES = {
    "70,000 unknown fields": json.dumps({f"f{i}": 1 for i in range(70_000)}).encode(),
    "100 unknown fields": json.dumps(
        {"f" * 60 + str(i): 1 for i in range(100)}
    ).encode(),
    "70,000 values in a list": json.dumps([1] * 70_000).encode(),
    "a field with a long name": b'{"' + b"f" * 900_000 + b'":1}',
    "nested 300 deep": _nested(300),
    "nested 100,000 deep": _nested(100_000),
    "a long text": json.dumps("x" * 900_000).encode(),
}


def _filled(schema: dict[str, Any], schemas: dict[str, Any], value: Any) -> Any:
    """An object that has ``value`` in each field that it may have."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return dict.fromkeys(schema.get("properties", {}), value)


def _writing(app: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, address and schema of every operation that takes a JSON body."""
    for path, methods in app.openapi()["paths"].items():
        for method in set(_METHODS) & set(methods):
            body = methods[method].get("requestBody", {}).get("content", {})
            if "application/json" in body:
                address = re.sub(r"\{\w+\}", str(UUID(int=1)), path)
                yield method.upper(), address, body["application/json"]["schema"]


def test_no_reply_to_a_wrong_body_is_large(client, app, sign_in) -> None:
    schemas = app.openapi()["components"]["schemas"]
    operations = list(_writing(app))
    assert len(operations) > 20
    headers = {**sign_in("admin"), **JSON}
    large = []
    for method, address, schema in operations:
        bodies = {
            **BODIES,
            "long texts": json.dumps(_filled(schema, schemas, "长" * 20_000)).encode(),
            "long lists": json.dumps(_filled(schema, schemas, [{}] * 900)).encode(),
        }
        for name, body in bodies.items():
            reply = client.request(method, address, content=body, headers=headers)
            if not 400 <= reply.status_code < 500 or len(reply.content) > MOST_BYTES:
                size = len(reply.content)
                large.append((method, address, name, reply.status_code, size))
    assert large == []


@pytest.mark.parametrize(
    ("method", "url", "options"),
    [
        ("GET", "/api/requests?" + "&".join(["stage=x"] * 3_000), {}),
        ("GET", "/api/requests?" + "&".join(["service_code=%00"] * 3_000), {}),
        ("GET", "/api/requests?cursor=" + "x" * 50_000, {}),
        ("GET", "/api/areas/" + "9" * 50_000, {}),
        ("GET", "/" + "9" * 50_000, {}),
        ("GET", "/api/areas?type=" + "9" * 50_000, {}),
        ("GET", "/tiles/" + "x" * 50_000 + ".json", {}),
        (
            "GET",
            "/api/requests",
            {"headers": {"Authorization": "", "X-Portal-Key": "x" * 50_000}},
        ),
        ("GET", "/api/requests", {"headers": {"Authorization": "x" * 50_000}}),
        ("GET", "/api/areas/9", {"headers": {"Accept-Language": "x," * 20_000}}),
        ("POST", "/api/requests", {"headers": {"Idempotency-Key": "k" * 50_000}}),
        ("POST", "/api/token", {"data": {f"f{i}": "\0" for i in range(900)}}),
        ("POST", "/api/token", {"data": {f"f{i}": "x" for i in range(5_000)}}),
        (
            "POST",
            "/api/imports/households",
            {"files": {f"f{i}": (f"{i}.csv", b"x") for i in range(900)}},
        ),
        (
            "POST",
            "/api/imports/households",
            {"files": {"file": ("x" * 50_000 + ".csv", b"x")}},
        ),
        (
            "POST",
            "/api/imports/households",
            {"files": {"file": ("x.csv", ("名" * 300_000 + ",x\n1,2").encode())}},
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_no_reply_to_a_wrong_question_is_large(
    client: TestClient, sign_in, method: str, url: str, options: dict[str, Any]
) -> None:
    own = dict(options)
    headers = {**sign_in("admin"), **own.pop("headers", {})}
    reply = client.request(method, url, headers=headers, **own)
    assert 400 <= reply.status_code < 500
    assert len(reply.content) <= MOST_BYTES
    assert sum(len(name) + len(value) for name, value in reply.headers.items()) < 4_000


def test_what_is_wrong_beyond_twenty_fields_is_counted(client, world) -> None:
    body = make_requests.an_order(world, **{f"f{i}": i for i in range(45)})
    told = client.post("/api/requests", json=body).json()
    assert len(told["errors"]) == 20
    assert told["more_errors"] == 25


def test_a_body_with_too_much_in_it_is_refused_before_it_is_checked(
    client, world
) -> None:
    for body in (
        make_requests.an_order(world, **{f"f{i}": i for i in range(300)}),
        make_requests.an_order(world, contact=json.loads(_nested(60))),
        make_requests.an_order(world, description=[1] * 60_000),
    ):
        (told,) = client.post("/api/requests", json=body).json()["errors"]
        assert told["loc"] == ["body"]
        assert told["mend"]
