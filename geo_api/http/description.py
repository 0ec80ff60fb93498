"""What the OpenAPI document says beyond what FastAPI finds out by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from geo_api.http.problems import MEDIA_TYPE, PROBLEM_SCHEMA, problem_responses

_SCHEMAS = "#/components/schemas/"
_METHODS = {"get", "put", "post", "delete", "patch"}
_AUTOMATIC = ("HTTPValidationError", "ValidationError")
# Names that schemas once had in this document; what was made from it may hold them.
_FORMER = {
    "geo_api__households__schemas__PlaceRef": "AreaRef",
    "geo_api__requests__schemas__AreaRef": "AreaRef",
    "geo_api__zones__schemas__AreaRef": "AreaRef",
    "geo_api__zones__schemas__PlaceRef": "PlaceRef",
}


class DescribedAPI(FastAPI):
    """FastAPI whose document tells of problems and shows an example of everything."""

    def openapi(self) -> dict[str, Any]:
        """The document, completed when it is first asked for."""
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi())
        return self.openapi_schema


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = document.setdefault("components", {}).setdefault(
        "schemas", {}
    )
    schemas["Problem"] = PROBLEM_SCHEMA
    for operation in _operations(document):
        _tell_problems(operation)
    for name in _AUTOMATIC:
        schemas.pop(name, None)
    for schema in schemas.values():
        if "example" in schema:
            schema["example"] = _with_nulls(schema["example"], schema, schemas)
    for schema in schemas.values():
        _show_page(schema, schemas)
    for former, name in _FORMER.items():
        if name in schemas:
            schemas[former] = {"$ref": f"{_SCHEMAS}{name}"}
    return document


def _with_nulls(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """An example with the nulls that FastAPI leaves out of it."""
    for branch in schema.get("anyOf", [schema]):
        name = branch.get("$ref", "").removeprefix(_SCHEMAS)
        branch = schemas[name] if name else branch
        if isinstance(value, dict) and "properties" in branch:
            required = branch.get("required", [])
            return value | {
                name: _with_nulls(value.get(name), inner, schemas)
                for name, inner in branch["properties"].items()
                if name in value or name in required
            }
        if isinstance(value, list) and "items" in branch:
            return [_with_nulls(item, branch["items"], schemas) for item in value]
    return value


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in _METHODS:
                yield operation


def _tell_problems(operation: dict[str, Any]) -> None:
    """Wrong input leaves as a problem, too; so does a body that is no whole one."""
    responses: dict[str, Any] = operation["responses"]
    missing = {400, 408, 413} if "requestBody" in operation else set()
    automatic = responses.get("422", {}).get("content", {}).get("application/json", {})
    if "HTTPValidationError" in automatic.get("schema", {}).get("$ref", ""):
        del responses["422"]
    if operation.get("parameters") or "requestBody" in operation:
        missing.add(422)
    for status, response in problem_responses(*sorted(missing)).items():
        responses.setdefault(str(status), response)
    for response in responses.values():
        problem = response.get("content", {}).get(MEDIA_TYPE)
        if problem is not None:
            problem["schema"] = {"$ref": f"{_SCHEMAS}Problem"}
    operation["responses"] = dict(sorted(responses.items()))


def _show_page(schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """A page looks like one of its items in a list."""
    properties = schema.get("properties", {})
    if "example" in schema or set(properties) != {"items", "next"}:
        return
    item = properties["items"]["items"].get("$ref", "").removeprefix(_SCHEMAS)
    example = schemas.get(item, {}).get("example")
    if example is not None:
        schema["example"] = {"items": [example], "next": None}
