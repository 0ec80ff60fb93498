"""Characters that no value may hold: PostgreSQL stores no NUL and no half a character.

Held at the door for all routes alike, or each text of each schema would have to think
of it; what comes in files is read, and held to the same, by ``ingest``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from fastapi import Request

from geo_api.errors import InvalidInput, Problem

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def refuse_unstorable(request: Request) -> None:
    """Raise InvalidInput if a text of the request cannot be stored."""
    found = [
        place
        for where, values in (
            ("path", list(request.path_params.items())),
            ("query", request.query_params.multi_items()),
            ("body", await _form_of(request)),
        )
        for name, value in values
        for place in _places(value, (where, name))
    ]
    found += _places(await _document_of(request), ("body",))
    if found:
        raise InvalidInput(
            problems=[
                Problem(
                    place,
                    "This holds a character that no text has",
                    "Leave out NUL and broken characters",
                )
                for place in found
            ]
        )


def is_form(request: Request) -> bool:
    """Whether the body is a form, by what the request says."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() in _FORMS


async def _form_of(request: Request) -> list[tuple[str, Any]]:
    if not is_form(request):
        return []
    return (await request.form()).multi_items()


async def _document_of(request: Request) -> Any:
    """The JSON body if it can hold such a character at all, which few do."""
    if is_form(request):
        return None
    body = await request.body()
    if b"\\u" not in body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None  # the schema says what is wrong with it


def _places(
    value: Any, place: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    """Where unstorable texts stand in a value, however deep."""
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(value, place)]
    while waiting:
        value, place = waiting.pop()
        if isinstance(value, str):
            if UNSTORABLE.search(value):
                yield place
        elif isinstance(value, dict):
            for name, inner in value.items():
                if UNSTORABLE.search(name):
                    yield place
                waiting.append((inner, (*place, name)))
        elif isinstance(value, list):
            waiting += [(inner, (*place, i)) for i, inner in enumerate(value)]
