"""What this process holds in memory of a county's geography, by its number.

A structure is built beside the work, once for all threads that ask for it, from one
snapshot of the database; until it is there they are told None and ask the database. It
is given out only to who has just read the number that it was built for.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from geo_api.areas.geography import has_changed, number_of
from geo_api.db.session import SessionFactory, factory_of

_LOG = logging.getLogger(__name__)

Key = TypeVar("Key")
Held = TypeVar("Held")
# Editions in memory at a time: the one in force, the next one, and one looked back at.
_MOST = 3
# One build at a time: it takes a whole core.
_TURN = threading.Lock()


@dataclass
class _Shelf(Generic[Key, Held]):
    """Of one county: what is held, and what is being built."""

    held: dict[Key, tuple[int, Held]] = field(default_factory=dict)
    building: dict[Key, threading.Thread] = field(default_factory=dict)


class Holder(Generic[Key, Held]):
    """Structures of one kind, by county and key."""

    def __init__(
        self,
        read: Callable[[Session, Key], Callable[[], Held]],
        renew: Callable[[Session, Key, Held], Held | None],
    ) -> None:
        """``read`` reads what one is built of; ``renew`` makes one anew of an older
        one, or None where it is to be built.
        """
        self._read, self._renew = read, renew
        self._lock = threading.Lock()
        self._shelves: WeakKeyDictionary[SessionFactory, _Shelf[Key, Held]] = (
            WeakKeyDictionary()
        )

    def find(
        self, session: Session, key: Key, *, decides: bool = True, builds: bool = True
    ) -> Held | None:
        """What was built for the number of now; None while it is being built.

        None also for who has written shapes, which others do not see yet, and in a
        process that does not stay. Without ``builds`` what is not there stays away.
        """
        if has_changed(session):
            return None
        factory = factory_of(session)
        if factory is None or not factory.is_lasting:
            return None
        number = number_of(session, decides=decides)
        with self._lock:
            shelf = self._shelves.setdefault(factory, _Shelf())
            known = shelf.held.get(key)
        if known is not None and known[0] == number:
            return known[1]
        if not builds:
            return None
        if known is not None:
            renewed = self._renew(session, key, known[1])
            if renewed is not None:
                self._keep(shelf, key, number, renewed)
                return renewed
        self._begin(factory, shelf, key)
        return None

    def _keep(
        self, shelf: _Shelf[Key, Held], key: Key, number: int, found: Held
    ) -> None:
        with self._lock:
            shelf.held.pop(key, None)
            shelf.held[key] = (number, found)
            while len(shelf.held) > _MOST:
                del shelf.held[next(iter(shelf.held))]

    def _begin(
        self, factory: SessionFactory, shelf: _Shelf[Key, Held], key: Key
    ) -> None:
        """Begin to build, unless somebody has."""
        with self._lock:
            if key in shelf.building:
                return
            # A daemon: a process that ends does not wait for what nobody will ask.
            build = threading.Thread(
                target=self._build, args=(factory, shelf, key), daemon=True
            )
            shelf.building[key] = build
            build.start()

    def _build(
        self, factory: SessionFactory, shelf: _Shelf[Key, Held], key: Key
    ) -> None:
        try:
            with _TURN:
                with factory() as session:
                    # One snapshot: number and shapes are of the same moment.
                    session.connection(
                        execution_options={"isolation_level": "REPEATABLE READ"}
                    )
                    number = number_of(session, decides=False)
                    build = self._read(session, key)
                self._keep(shelf, key, number, build())
        except Exception:
            # Whoever asks is answered by the database, and the next one tries again.
            _LOG.exception("the geography could not be read into memory")
        finally:
            with self._lock:
                del shelf.building[key]

    def wait(self, factory: SessionFactory) -> None:
        """Wait for what is being built, before its database is closed."""
        with self._lock:
            shelf = self._shelves.get(factory, _Shelf())
            builds = list(shelf.building.values())
        for build in builds:
            build.join()
