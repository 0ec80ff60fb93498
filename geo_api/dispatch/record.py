"""Inputs and verdicts as JSON and back, exactly. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """A frozen value as what JSON can say; sets in order, so that equal is alike."""
    # Millions in a demonstration year: how a kind is said is looked for once.
    kind: Any = type(value)
    return _saying(kind)(value)


@cache
def _saying(kind: Any) -> Callable[[Any], Any]:
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind))
        return lambda value: {name: to_json(getattr(value, name)) for name in names}
    if issubclass(kind, StrEnum):
        return lambda value: value.value
    if issubclass(kind, date):  # a datetime is one, too
        return lambda value: value.isoformat()
    if issubclass(kind, UUID):
        return str
    if issubclass(kind, frozenset):
        return lambda value: sorted(map(to_json, value))
    if issubclass(kind, tuple):
        return lambda value: [to_json(item) for item in value]
    return lambda value: value


def from_json(kind: type[T], said: Any) -> T:
    """The value that ``to_json`` said; ValueError for what is none of its kind."""
    try:
        value: T = _read(kind, said)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a {kind.__name__}") from error
    return value


def _read(kind: Any, said: Any) -> Any:
    origin = get_origin(kind)
    if origin is UnionType:
        (inner,) = (arg for arg in get_args(kind) if arg is not NoneType)
        return None if said is None else _read(inner, said)
    if origin in (tuple, frozenset):
        return origin(_read(get_args(kind)[0], item) for item in said)
    if is_dataclass(kind) and isinstance(kind, type):
        return kind(**{name: _read(hint, said[name]) for name, hint in _hints(kind)})
    if kind in (date, datetime):
        return kind.fromisoformat(said)
    if isinstance(kind, type) and issubclass(kind, (StrEnum, UUID)):
        return kind(said)
    if type(said) is not kind:
        raise TypeError(said)
    return said


@cache
def _hints(kind: Any) -> tuple[tuple[str, Any], ...]:
    hints: Mapping[str, Any] = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in fields(kind))
