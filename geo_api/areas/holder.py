"""What this process holds in memory of a county's geography, by its number.

A structure is built beside the work, once for all threads that ask for it, from one
snapshot of the database; until it is there they are told None and ask the database. It
is given out only to who has just read the number that it was built for.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
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


@dataclass
class _Shelf(Generic[Key, Held]):
    """Of one county: what is held, and what is being built."""

    held: dict[Key, tuple[int, Held]]
    building: dict[Key, Future[None]]


class Holder(Generic[Key, Held]):
    """Structures of one kind, by county and key."""

    def __init__(
        self,
        read: Callable[[Session, Key], Held],
        renew: Callable[[Session, Key, Held], Held | None],
    ) -> None:
        """``read`` builds one; ``renew`` makes one anew from an older one, or None."""
        self._read, self._renew = read, renew
        self._lock = threading.Lock()
        self._shelves: WeakKeyDictionary[SessionFactory, _Shelf[Key, Held]] = (
            WeakKeyDictionary()
        )
        # One at a time: a build takes a whole core.
        self._builders = ThreadPoolExecutor(1, thread_name_prefix="geography")

    def find(self, session: Session, key: Key, *, decides: bool = True) -> Held | None:
        """What was built for the number of now; None while it is being built.

        None also for who has written shapes, which others do not see yet.
        """
        if has_changed(session):
            return None
        number = number_of(session, decides=decides)
        factory = factory_of(session)
        if factory is None:
            return None
        with self._lock:
            shelf = self._shelves.setdefault(factory, _Shelf({}, {}))
            known = shelf.held.get(key)
        if known is not None and known[0] == number:
            return known[1]
        if known is not None:
            renewed = self._renew(session, key, known[1])
            if renewed is not None:
                self._keep(shelf, key, number, renewed)
                return renewed
        self._build(factory, shelf, key)
        return None

    def _keep(
        self, shelf: _Shelf[Key, Held], key: Key, number: int, found: Held
    ) -> None:
        with self._lock:
            known = shelf.held.pop(key, None)
            # Numbers only grow, but for a restore: what was built last is in place.
            shelf.held[key] = (number, found)
            while len(shelf.held) > _MOST:
                del shelf.held[next(iter(shelf.held))]
        del known

    def _build(
        self, factory: SessionFactory, shelf: _Shelf[Key, Held], key: Key
    ) -> None:
        """Begin to build, unless somebody has."""
        with self._lock:
            if key not in shelf.building:
                shelf.building[key] = self._builders.submit(
                    self._build_now, factory, shelf, key
                )

    def _build_now(
        self, factory: SessionFactory, shelf: _Shelf[Key, Held], key: Key
    ) -> None:
        try:
            with factory() as session:
                # One snapshot: the number and the shapes are of the same moment.
                session.connection(
                    execution_options={"isolation_level": "REPEATABLE READ"}
                )
                number = number_of(session, decides=False)
                found = self._read(session, key)
            self._keep(shelf, key, number, found)
        except Exception:
            # Whoever asks is answered by the database, and the next one asks again.
            _LOG.exception("the geography could not be read into memory")
        finally:
            with self._lock:
                del shelf.building[key]

    def wait(self, session: Session) -> None:
        """Wait for what is being built, as a test and a long batch may."""
        factory = factory_of(session)
        with self._lock:
            shelf = None if factory is None else self._shelves.get(factory)
            builds = [] if shelf is None else list(shelf.building.values())
        for build in builds:
            build.result()
