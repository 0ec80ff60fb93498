"""How much a body may hold, and how much of what is wrong in it a reply repeats.

Whoever sends a megabyte of nonsense is told so in a few lines, and nothing looks at
the nonsense in detail: the schemas would find something wrong with each part of it.
"""

from __future__ import annotations

from typing import Any

from fastapi import Request

from geo_api.errors import InvalidInput
from geo_api.http.characters import is_form

# The largest bodies are a thousand points to simulate and the outline of a zone.
_MOST_VALUES = 50_000
_MOST_FIELDS = 200
_DEEPEST = 32


async def refuse_overfull(request: Request) -> None:
    """Raise InvalidInput if a JSON body holds more than any schema asks for."""
    # FastAPI has read what is JSON already, and the request remembers it.
    if is_form(request) or not await request.body():
        return
    try:
        document = await request.json()
    except (ValueError, RecursionError):
        return  # the schema says what is wrong with it
    check_bounds(document)


def check_bounds(document: Any) -> None:
    """Raise InvalidInput if a document is too wide, too deep or too long."""
    level, seen = [document], 0
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if len(value) > _MOST_FIELDS:
                    raise _overfull(
                        "An object holds more than %(limit)s fields", _MOST_FIELDS
                    )
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        seen += len(below)
        if seen > _MOST_VALUES:
            raise _overfull("The body holds more than %(limit)s values", _MOST_VALUES)
        level = below
    if level:
        raise _overfull("The body is nested deeper than %(limit)s levels", _DEEPEST)


def _overfull(msg: str, limit: int) -> InvalidInput:
    return InvalidInput(
        msg,
        loc=("body",),
        mend="Send only the fields that the API description names",
        limit=limit,
    )
