"""What telling of events must ask of the rooms in which they happen."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor

# Of some events, by id, those that a caller may see, and what is told of each.
Show = Callable[[Session, Actor, Collection[UUID]], dict[UUID, dict[str, Any]]]


@dataclass(frozen=True)
class LiveHooks:
    """Filled by ``geo_api.consumers``."""

    # Raises unless the caller could be told of any event at all.
    check_listener: Callable[[Actor], None]
    show: Show
