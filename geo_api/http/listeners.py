"""Who listens to a live stream at present, and how many of a kind may.

Counted in this process, which is the only one that serves: a stream that ends, however
it ends, gives its place back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from geo_api.errors import DomainError


@dataclass(frozen=True)
class Room:
    """Places for those who have something in common, and what one too many is told."""

    name: str
    most: int
    full: DomainError


@dataclass
class Listeners:
    """The open streams, by room."""

    _open: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def count(self, name: str) -> int:
        """How many places of a room are taken."""
        return self._open[name]

    @property
    def is_empty(self) -> bool:
        """Whether nobody listens, in any room."""
        return not self._open

    @contextmanager
    def place(self, rooms: Sequence[Room]) -> Iterator[None]:
        """A place in every room, or in none; raises what the first full one says."""
        with self._lock:
            for room in rooms:
                if self._open[room.name] >= room.most:
                    raise room.full
            self._open.update(room.name for room in rooms)
        try:
            yield
        finally:
            with self._lock:
                self._open.subtract(room.name for room in rooms)
                # Rooms that stand empty are forgotten, or there would be ever more.
                self._open = +self._open
