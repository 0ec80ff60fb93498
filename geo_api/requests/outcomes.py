"""What a verb is told, what it comes to, and what there is to say of one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.errors import DomainError
from geo_api.requests.rules import (
    Case,
    Channel,
    KnownBy,
    Rating,
    RequestState,
    Stage,
    Verb,
)


@dataclass(frozen=True)
class Said:
    """What comes with a verb; each takes what its body holds."""

    note: str = ""
    # A code of the verb's closed list, or free words where it has none.
    reason: str = ""
    score: Rating | None = None
    channel: Channel | None = None
    # Whom it is about: to whom it goes, or from whom.
    person_id: UUID | None = None
    attachment_id: UUID | None = None
    media_type: str = ""


@dataclass(frozen=True)
class Act:
    """A verb that somebody wants done at a moment."""

    verb: Verb
    actor: Actor
    at: datetime
    said: Said = field(default_factory=Said)


@dataclass(frozen=True)
class Again:
    """That somebody is to be chosen anew, and who not."""

    declined: frozenset[int] = frozenset()
    town_decides: bool = False


@dataclass(frozen=True)
class Effect:
    """What one verb makes of a case: the event's payload and the row's changes."""

    payload: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    again: Again | None = None


@dataclass(frozen=True)
class Outcome:
    """What is to be stored of an act: its event, the row, and what is to be decided."""

    act: Act
    payload: Mapping[str, Any]
    before: RequestState
    state: RequestState
    # Until it is decided who holds it from now on.
    again: Again | None = None

    def decided(self, handler_id: int, duty_id: int | None) -> Outcome:
        """The outcome with whom dispatch has named."""
        state = replace(self.state, **handed(handler_id, duty_id, self.act.at))
        return replace(self, state=state, again=None)

    @property
    def has_new_handler(self) -> bool:
        """Whether somebody else holds it afterwards."""
        return self.state.handler_id != self.before.handler_id


class Need(Enum):
    """What of a case must have been read for a verb, apart from its state."""

    PLACE = auto()  # as it was decided before
    CHAIN = auto()  # of that place
    PEOPLE = auto()  # of the chain
    DESK = auto()
    LINK = auto()
    DUE = auto()
    PHOTOS = auto()


class Body(Enum):
    """What a verb is told over HTTP."""

    NOTHING = auto()
    NOTE = auto()
    REASON = auto()
    REASON_IF_ANY = auto()
    DECLINE = auto()
    TRANSFER = auto()
    RATE = auto()


@dataclass(frozen=True)
class Rule:
    """All that there is to say of one verb."""

    sources: frozenset[Stage]
    # None where the stage stays.
    target: Stage | None
    effect: Callable[[Case, Act], Effect]
    # None where the system itself does it.
    can: Callable[[Actor, Case], DomainError | None] | None
    needs: frozenset[Need] = frozenset()
    # Its door: what it is told, in a word, in a sentence; None where another has one.
    door: tuple[Body, str, str] | None = None


def handed(handler_id: int, duty_id: int | None, at: datetime) -> dict[str, Any]:
    """Held by another; the clock of the deadline runs on."""
    return {
        "handler_id": handler_id,
        "handler_duty_id": duty_id,
        "dispatched_at": at,
    }


def known_by(actor: Actor) -> dict[str, str]:
    """Of a resident the history says how they showed that they are."""
    if actor.kind is not CallerKind.RESIDENT:
        return {}
    return {"by": (KnownBy.FOUND if actor.is_link_found else KnownBy.LINK).value}
