"""Whether one OpenAPI document still holds all that another one promised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_METHODS = {"get", "put", "post", "delete", "patch"}


def shrunk(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What callers of the old interface would miss, or be asked for, in the new one."""
    return sorted(set(_paths(old, new)))


def _paths(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method in _METHODS & set(methods):
            name = f"{method.upper()} {path}"
            found = new["paths"].get(path, {}).get(method)
            if found is None:
                yield f"{name} is gone"
            else:
                yield from _operation(name, methods[method], found, old, new)


def _operation(
    name: str,
    before: dict[str, Any],
    after: dict[str, Any],
    old: dict[str, Any],
    new: dict[str, Any],
) -> Iterator[str]:
    given = {(p["in"], p["name"]): p for p in after.get("parameters", [])}
    known = {(p["in"], p["name"]): p for p in before.get("parameters", [])}
    for key, parameter in known.items():
        where = f"{name} {key[0]} {key[1]}"
        if key not in given:
            yield f"{where} is gone"
            continue
        yield from _schema(
            where, parameter["schema"], given[key]["schema"], old, new, is_input=True
        )
    for key, parameter in given.items():
        was_required = known.get(key, {}).get("required", False)
        if parameter.get("required") and not was_required:
            yield f"{name} {key[0]} {key[1]} is required now"
    is_asked = after.get("requestBody", {}).get("required", False)
    if is_asked and not before.get("requestBody", {}).get("required", False):
        yield f"{name} body is required now"
    yield from _contents(
        f"{name} body",
        before.get("requestBody", {}),
        after.get("requestBody", {}),
        old,
        new,
        is_input=True,
    )
    for status, response in before["responses"].items():
        found = after["responses"].get(status)
        if found is None:
            yield f"{name} answers {status} no more"
        else:
            yield from _contents(
                f"{name} {status}", response, found, old, new, is_input=False
            )


def _contents(
    where: str,
    before: dict[str, Any],
    after: dict[str, Any],
    old: dict[str, Any],
    new: dict[str, Any],
    *,
    is_input: bool,
) -> Iterator[str]:
    for media, content in before.get("content", {}).items():
        found = after.get("content", {}).get(media)
        if found is None:
            yield f"{where} is {media} no more"
        else:
            yield from _schema(
                where,
                content.get("schema", {}),
                found.get("schema", {}),
                old,
                new,
                is_input=is_input,
            )


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
    return schema


def _kinds(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The alternatives of a schema by their type."""
    schema = _resolved(schema, document)
    branches = schema.get("anyOf") or [schema]
    found: dict[str, Any] = {}
    for branch in branches:
        branch = _resolved(branch, document)
        kind = branch.get("type", "const" if "const" in branch else "anything")
        found[f"{kind} {branch.get('format', '')}".strip()] = branch
    return found


def _schema(
    where: str,
    before: dict[str, Any],
    after: dict[str, Any],
    old: dict[str, Any],
    new: dict[str, Any],
    *,
    is_input: bool,
) -> Iterator[str]:
    were, are = _kinds(before, old), _kinds(after, new)
    # Callers may go on sending what they sent; they need not understand more.
    lost = set(were) - set(are) if is_input else set(are) - set(were) - {"null"}
    if lost and "anything" not in (were if not is_input else are):
        yield f"{where} was {sorted(were)}, is {sorted(are)}"
    for kind in set(were) & set(are):
        yield from _branch(where, were[kind], are[kind], old, new, is_input=is_input)


def _branch(
    where: str,
    before: dict[str, Any],
    after: dict[str, Any],
    old: dict[str, Any],
    new: dict[str, Any],
    *,
    is_input: bool,
) -> Iterator[str]:
    if is_input and "enum" in after:
        lost = set(before.get("enum", ["any value"])) - set(after["enum"])
        if lost:
            yield f"{where} takes {sorted(lost)} no more"
    properties = after.get("properties", {})
    for name, schema in before.get("properties", {}).items():
        if name not in properties:
            yield f"{where}.{name} is gone"
        else:
            yield from _schema(
                f"{where}.{name}", schema, properties[name], old, new, is_input=is_input
            )
    required, was_required = (
        set(after.get("required", [])),
        set(before.get("required", [])),
    )
    missed = required - was_required if is_input else was_required - required
    for name in missed & set(properties):
        said = "required now" if is_input else "certain no more"
        yield f"{where}.{name} is {said}"
    if "items" in before and "items" in after:
        yield from _schema(
            f"{where}[]", before["items"], after["items"], old, new, is_input=is_input
        )
