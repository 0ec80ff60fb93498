"""How a request goes on: its state, and what of it is still to be stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geo_api.accounts.rules import Actor
from geo_api.dispatch.rules import ResolvedPlace
from geo_api.dispatch.service import Decision
from geo_api.requests.history import decision_row, dispatch_payload, event_row
from geo_api.requests.outcomes import Outcome
from geo_api.requests.rules import RequestState, Verb


@dataclass(kw_only=True)
class Course:
    """A request under way, stored already or not yet."""

    state: RequestState
    service_id: int
    is_confidential: bool
    about_person_id: int | None
    entered_by: int | None
    # Where it was ordered, as it was decided then; read only where somebody asks.
    place: ResolvedPlace | None
    # What was done so far, in order: each verb, and the person who did it.
    deeds: list[tuple[str, int | None]] = field(default_factory=list)
    # The place of the last of them in the history.
    last: int = 0
    photos: int = 0
    # Still to be stored.
    events: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def take(self, outcome: Outcome, decision: Decision | None) -> None:
        """Go on by an outcome: the state, its event, and the decision it asked for."""
        act = outcome.act
        self.state = outcome.state
        self.add_event(act.verb, act.at, act.actor, dict(outcome.payload))
        if decision is not None:
            self.add_dispatch(act.at, decision)

    def add_dispatch(self, at: datetime, decision: Decision) -> None:
        """Append a decision, which belongs to an event of its own."""
        self.add_event(Verb.DISPATCH, at, Actor(), dispatch_payload(decision))
        self.decisions.append(decision_row(self.last, at, decision))

    def add_event(
        self, verb: Verb, at: datetime, actor: Actor, payload: dict[str, Any]
    ) -> None:
        """Append to the history."""
        self.last += 1
        self.deeds.append((verb.value, actor.person_id))
        self.events.append(event_row(self.last, verb, at, actor, payload))
