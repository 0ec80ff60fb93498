"""What invented residents order and invented handlers answer: read from topics.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Topic:
    """A service: its share of a year's orders by month, where, and in which words."""

    # Per thousand orders of a month, January first.
    months: tuple[int, ...]
    # How much more often flats order it than farms.
    urban: float
    words: tuple[str, ...]
    done: tuple[str, ...]


def _read() -> dict[str, Any]:
    source = files("geo_api.demo") / "topics.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


_CONTENT = _read()
_COURSE = _CONTENT["course"]

TOPICS: Mapping[str, Topic] = {
    code: Topic(
        tuple(topic["months"]),
        topic["urban"],
        tuple(topic["words"]),
        tuple(topic["done"]),
    )
    for code, topic in _CONTENT["topics"].items()
}
DECLINES: tuple[tuple[str, str], ...] = tuple(_COURSE["declined"].items())
PROGRESS: tuple[str, ...] = tuple(_COURSE["progress"])
UNHAPPY: tuple[str, ...] = tuple(_COURSE["unhappy"])
WITHDRAWN: tuple[str, ...] = tuple(_COURSE["withdrawn"])
