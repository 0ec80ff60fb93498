"""One request, locked, with the facts that a verb depends on and its history.

Two at once are one after the other: the second finds another stage and gets Conflict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.catalogue.models import Service
from geo_api.dispatch.choice import Question
from geo_api.dispatch.rules import Decision, ResolvedPlace
from geo_api.dispatch.service import Ask, Decider, question_of
from geo_api.duties.ledger import is_still_held
from geo_api.duties.models import Duty
from geo_api.duties.rules import DESKS, DutyKind
from geo_api.errors import Conflict, DomainError, NotFound
from geo_api.people.models import Person
from geo_api.requests import rules
from geo_api.requests.history import decision_row, event_row
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.requests.queries import visible_to
from geo_api.requests.rights import Facts
from geo_api.requests.rules import Act, KnownBy, RequestState, Stage, Verb
from geo_api.requests.state import decided_place, state_of, state_values
from geo_api.settings import Settings

Check = Callable[[Actor, Facts], DomainError | None]


@dataclass
class Acting:
    """One request, locked, with all that a verb needs to know."""

    session: Session
    actor: Actor
    request: ServiceRequest
    service: Service
    now: datetime
    settings: Settings

    @classmethod
    def on(
        cls,
        session: Session,
        actor: Actor,
        public_id: UUID,
        *,
        now: datetime,
        settings: Settings,
    ) -> Acting:
        """Lock a request in the caller's scope; NotFound for every other.

        Seen first and locked then: who was beaten to it saw it a moment ago and is told
        Conflict, even where another handler puts it out of their sight.
        """
        wanted = ServiceRequest.public_id == public_id
        seen = visible_to(actor).with_only_columns(ServiceRequest.id).where(wanted)
        request_id = session.scalar(seen)
        if request_id is None:
            raise NotFound("There is no such request", loc=("path", "id"))
        request = session.get_one(
            ServiceRequest, request_id, with_for_update=True, populate_existing=True
        )
        service = session.get_one(Service, request.service_id)
        return cls(session, actor, request, service, now, settings)

    @property
    def state(self) -> RequestState:
        """The changing half of the row."""
        return state_of(self.request)

    @cached_property
    def place(self) -> ResolvedPlace:
        """Where it was ordered, as it was decided then: same basis, same edition."""
        said = self.session.scalars(
            select(DispatchDecision.explanation)
            .where(DispatchDecision.request_id == self.request.id)
            .order_by(DispatchDecision.sequence)
            .limit(1)
        ).one()
        return decided_place(self.request, said)

    def question(self, *, declined: frozenset[int] = frozenset()) -> Question:
        """What dispatch is asked again; after too many returns the town decides."""
        return question_of(
            self.service,
            is_confidential=self.request.is_confidential,
            about_person_id=self.request.about_person_id,
            declined=declined,
            town_decides=bool(declined)
            and rules.does_town_decide(
                self.request.decline_count, self.settings.dispatch.max_declines
            ),
        )

    def ask(self, *, declined: frozenset[int] = frozenset()) -> Ask:
        """Who shall have it now?"""
        return Ask(self.place, self.question(declined=declined), self.now)

    @cached_property
    def decider(self) -> Decider:
        """Duties and leaves of the place, now."""
        return Decider(
            self.session,
            [self.place],
            since=self.now,
            until=self.now,
            tz=self.settings.place.tz,
        )

    def facts(self, *, with_chain: bool = False) -> Facts:
        """What the right to act depends on."""
        chain: frozenset[int] = frozenset()
        if with_chain:
            chain = self.decider.chain(self.ask())
        duty_id = self.request.handler_duty_id
        duty = self.session.get(Duty, duty_id) if duty_id is not None else None
        given_to = self.actor.link_given_to
        return Facts(
            handler_id=self.request.handler_id,
            about_person_id=self.request.about_person_id,
            entered_by=self.request.entered_by,
            chain=chain,
            handler_is_desk=duty is not None and DutyKind(duty.kind) in DESKS,
            is_handlers_link=given_to is not None
            and given_to == self._account_of_handler(),
        )

    def _account_of_handler(self) -> int | None:
        person_id = self.request.handler_id
        return self.session.scalar(
            select(Person.account_id).where(Person.id == person_id)
        )

    def check(self, verb: Verb, can: Check, *, with_chain: bool = False) -> None:
        """Raise unless the stage allows the verb and the caller may do it.

        The stage comes first: who was beaten to it learns that, and not that the
        request is somebody else's now.
        """
        rules.next_stage(Stage(self.request.stage), verb)
        refused = can(self.actor, self.facts(with_chain=with_chain))
        if refused is not None:
            raise refused

    def check_time(self) -> None:
        """Raise Gone when the days for rating and reopening are over."""
        rules.check_time(
            self.request.completed_at, self.now, self.settings.dispatch.rating_days
        )

    def write(
        self,
        act: Act,
        *,
        actor: Actor | None = None,
        decision: Decision | None = None,
    ) -> None:
        """Change the row by the rules and append to its history."""
        before, state = self.state, rules.apply(self.state, act)
        if state.handler_id != before.handler_id:
            day = self.now.astimezone(self.settings.place.tz).date()
            if not is_still_held(
                self.session, {state.handler_id}, {state.handler_duty_id}, day=day
            ):
                raise Conflict("Who would hold it has just left", mend="Try it again")
        for name, value in state_values(state).items():
            setattr(self.request, name, value)
        self.log(act.verb, dict(act.payload), actor=actor, decision=decision)

    def log(
        self,
        verb: Verb,
        payload: dict[str, Any],
        *,
        actor: Actor | None = None,
        decision: Decision | None = None,
    ) -> None:
        """Append an event, and the decision that belongs to it.

        Of a resident it says how they showed that they are.
        """
        last = self.session.scalar(
            select(func.max(RequestEvent.sequence)).where(
                RequestEvent.request_id == self.request.id
            )
        )
        sequence = (last or 0) + 1
        actor = actor or self.actor
        if actor.kind is CallerKind.RESIDENT:
            known_by = KnownBy.FOUND if actor.is_link_found else KnownBy.LINK
            payload = {**payload, "by": known_by.value}
        row = event_row(sequence, verb, self.now, actor, payload)
        self.session.execute(
            insert(RequestEvent).values(**row, request_id=self.request.id)
        )
        if decision is not None:
            self.session.execute(
                insert(DispatchDecision).values(
                    **decision_row(sequence, self.now, decision),
                    request_id=self.request.id,
                )
            )

    def dispatch_again(self, *, declined: frozenset[int] = frozenset()) -> Decision:
        """The next handler, by the same decision as the first."""
        return self.decider.decide(self.ask(declined=declined))
