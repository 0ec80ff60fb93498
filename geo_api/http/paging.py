"""Keyset paging: an opaque cursor that only works with the filters it was made for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from geo_api.errors import BadRequest
from geo_api.http.characters import UNSTORABLE

Item = TypeVar("Item")

_BIGINT = 2**63

Limit = Annotated[int, Query(ge=1, le=1000, description="Items of a page.")]
Cursor = Annotated[
    str | None, Query(max_length=1000, description="`next` of the page before.")
]


class Page(BaseModel, Generic[Item]):
    """One page of a list; ``next`` is null on the last one."""

    items: list[Item]
    next: str | None = None


def _fingerprint(filters: Mapping[str, Any]) -> str:
    text = json.dumps(filters, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_cursor(position: Sequence[Any], filters: Mapping[str, Any]) -> str:
    """A cursor after ``position`` (the sort key of the last item)."""
    values = [v.isoformat() if isinstance(v, date | datetime) else v for v in position]
    raw = json.dumps([_fingerprint(filters), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read_value(value: Any, kind: type) -> Any:
    """A value of a cursor; ValueError if no row can have it: anybody may write one."""
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is UUID:
        return UUID(value)
    if not isinstance(value, kind):
        raise ValueError
    if isinstance(value, int) and not -_BIGINT <= value < _BIGINT:
        raise ValueError
    if isinstance(value, str) and UNSTORABLE.search(value):
        raise ValueError
    return value


def read_cursor(
    cursor: str | None, filters: Mapping[str, Any], types: Sequence[type]
) -> list[Any] | None:
    """The position in a cursor, or None at the start; a foreign cursor is refused."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        fingerprint, *values = json.loads(raw)
        if fingerprint != _fingerprint(filters) or len(values) != len(types):
            raise ValueError
        position = [
            _read_value(value, kind) for value, kind in zip(values, types, strict=True)
        ]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BadRequest(
            "The cursor does not belong to this list",
            loc=("query", "cursor"),
            mend="Start again without a cursor; keep the filters while paging",
        ) from error
    return position
