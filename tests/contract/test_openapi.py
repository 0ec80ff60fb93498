"""The OpenAPI document: complete, true to its own schemas, and only growing.

After a change that adds, ``MINQING_RENEW_OPENAPI=1 scripts/test
tests/contract/test_openapi.py`` writes docs/openapi.json anew; what would take
something away is refused then, too.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from growing import shrunk

from geo_api.app import create_app
from geo_api.db.cipher import Cipher
from geo_api.http.context import Context
from geo_api.settings import Settings

STORED = Path(__file__).parents[2] / "docs" / "openapi.json"
PROBLEM = "application/problem+json"
JSON = "application/json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Of an application that nobody has asked anything yet."""
    nothing: Any = None
    app: FastAPI = create_app(
        Context(
            settings=Settings(),
            sessions=nothing,
            cipher=Cipher([b"0" * 43 + b"="]),
            clock=nothing,
        )
    )
    return app.openapi()


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_says_what_it_is_for(document: dict[str, Any]) -> None:
    bare = [
        (name, part)
        for name, operation in _operations(document)
        for part in ("summary", "tags", "operationId")
        if not operation.get(part)
    ]
    assert bare == []
    ids = [operation["operationId"] for _, operation in _operations(document)]
    assert len(ids) == len(set(ids))


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _example(content: dict[str, Any], document: dict[str, Any]) -> Any:
    """Of a body: its own example, or its schema's; None if it has none."""
    if "example" in content:
        return content["example"]
    schema = content.get("schema", {})
    for branch in schema.get("anyOf", [schema]):
        found = _resolved(branch, document).get("example")
        if found is not None:
            return found
    return None


def _bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every JSON body there is, sent or answered, by name."""
    for name, operation in _operations(document):
        parts = {"body": operation.get("requestBody", {}), **operation["responses"]}
        for part, described in parts.items():
            for media, content in described.get("content", {}).items():
                if media in (JSON, PROBLEM):
                    yield f"{name} {part}", content


def test_every_body_has_a_schema_and_an_example_that_fits_it(
    document: dict[str, Any],
) -> None:
    wrong = {}
    for name, content in _bodies(document):
        example = _example(content, document)
        if not content.get("schema"):
            wrong[name] = "no schema"
        elif example is None:
            wrong[name] = "no example"
        else:
            faults = list(_faults(example, content["schema"], document, ""))
            if faults:
                wrong[name] = "; ".join(faults)
    assert wrong == {}


def _faults(
    value: Any, schema: dict[str, Any], document: dict[str, Any], at: str
) -> Iterator[str]:
    """Where a value does not have the form that its schema describes."""
    schema = _resolved(schema, document)
    branches = schema.get("anyOf")
    if branches:
        if all(list(_faults(value, branch, document, at)) for branch in branches):
            yield f"{at} {value!r} is none of the alternatives"
        return
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    kind = schema.get("type")
    if kind and not isinstance(value, kinds[kind]):
        yield f"{at} {value!r} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} {value!r} is not listed"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at} {value!r} has another form"
    readers: dict[str, Any] = {
        "uuid": UUID,
        "date": date.fromisoformat,
        "date-time": datetime.fromisoformat,
    }
    if schema.get("format") in readers:
        try:
            readers[schema["format"]](value)
        except ValueError:
            yield f"{at} {value!r} is no {schema['format']}"
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name in set(schema.get("required", [])) - set(value):
            yield f"{at}.{name} is missing"
        for name, inner in value.items():
            if name in properties:
                yield from _faults(inner, properties[name], document, f"{at}.{name}")
            elif properties:
                yield f"{at}.{name} is unknown"
    if isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _faults(inner, schema.get("items", {}), document, f"{at}[{i}]")


def test_every_success_says_what_comes(document: dict[str, Any]) -> None:
    silent = [
        name
        for name, operation in _operations(document)
        for status, response in operation["responses"].items()
        if status.startswith("2") and status != "204" and not response.get("content")
    ]
    assert silent == []


def test_every_operation_says_what_can_go_wrong(document: dict[str, Any]) -> None:
    missing = []
    for name, operation in _operations(document):
        told = set(operation["responses"])
        expected = set()
        if operation.get("parameters") or "requestBody" in operation:
            expected.add("422")
        if "requestBody" in operation:
            expected |= {"400", "413"}
        # Of a list of names every other is wrong input; anything else may be absent.
        if any(
            parameter["in"] == "path"
            and "enum" not in _resolved(parameter["schema"], document)
            for parameter in operation.get("parameters", [])
        ):
            expected.add("404")
        if operation.get("security"):
            expected |= {"401", "403"}
        missing += [(name, status) for status in sorted(expected - told)]
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == [PROBLEM], (name, status)
                assert response["content"][PROBLEM]["example"]["status"] == int(status)
    assert missing == []


def test_every_parameter_of_ours_has_a_schema(document: dict[str, Any]) -> None:
    for name, operation in _operations(document):
        for parameter in operation.get("parameters", []):
            assert parameter["schema"], (name, parameter["name"])


def _without_version(document: dict[str, Any]) -> dict[str, Any]:
    info = {key: value for key, value in document["info"].items() if key != "version"}
    return {**document, "info": info}


def test_the_interface_only_grows_and_is_written_down(
    document: dict[str, Any],
) -> None:
    today = json.loads(json.dumps(_without_version(document)))
    if STORED.exists():
        assert shrunk(json.loads(STORED.read_text("utf-8")), today) == []
    if os.environ.get("MINQING_RENEW_OPENAPI"):
        text = json.dumps(today, ensure_ascii=False, indent=1, sort_keys=True)
        STORED.write_text(f"{text}\n", "utf-8")
    stored = json.loads(STORED.read_text("utf-8"))
    assert stored == today, (
        "docs/openapi.json is not today's: MINQING_RENEW_OPENAPI=1 scripts/test"
        " tests/contract/test_openapi.py"
    )


@pytest.mark.parametrize(
    ("where", "change", "told"),
    [
        (("paths",), "remove", "POST /api/requests is gone"),
        (
            ("components", "schemas", "RequestOut", "properties"),
            "remove",
            "GET /api/requests/{request_id} 200.number is gone",
        ),
        (
            ("components", "schemas", "OrderIn", "required"),
            "require",
            "POST /api/requests body.channel is required now",
        ),
        (
            ("components", "schemas", "RequestOut", "properties", "number"),
            "retype",
            "GET /api/requests/{request_id} 200.number was ['string'], is ['integer']",
        ),
        (
            ("components", "schemas", "Rating", "enum"),
            "narrow",
            "POST /api/requests/{request_id}/rate body.score takes"
            " ['unsatisfied'] no more",
        ),
    ],
)
def test_what_takes_something_away_is_noticed(
    document: dict[str, Any], where: tuple[str, ...], change: str, told: str
) -> None:
    changed = copy.deepcopy(document)
    part: Any = changed
    for key in where:
        part = part[key]
    match change:
        case "remove":
            part.pop("/api/requests" if where == ("paths",) else "number")
        case "require":
            part.append("channel")
        case "retype":
            part["type"] = "integer"
        case "narrow":
            part.remove("unsatisfied")
    assert told in shrunk(document, changed)
    # The other way round it grows, which hurts nobody who only reads.
    assert shrunk(document, document) == []
