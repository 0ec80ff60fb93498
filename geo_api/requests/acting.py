"""The verbs: the row is locked, the rules are asked, one event is written.

Two at once are one after the other: the second finds another stage and gets Conflict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.rules import Place
from geo_api.catalogue.models import Service
from geo_api.catalogue.service import read_catalogue
from geo_api.dispatch.service import (
    Ask,
    Basis,
    Decider,
    Decision,
    Question,
    ResolvedPlace,
)
from geo_api.errors import DomainError, Gone, InvalidInput, NotFound
from geo_api.requests import rules
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.requests.queries import visible_to
from geo_api.requests.rules import (
    Act,
    DeclineReason,
    Facts,
    Rating,
    RequestState,
    Stage,
    Verb,
)
from geo_api.requests.storing import decision_row, dispatch_payload, event_row
from geo_api.settings import Settings
from geo_api.zones.models import Duty
from geo_api.zones.rules import DESKS, DutyKind
from geo_api.zones.service import people_by_id

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
        """Lock a request in the caller's scope; NotFound for every other."""
        request = session.scalar(
            visible_to(actor)
            .where(ServiceRequest.public_id == public_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if request is None:
            raise NotFound("There is no such request", loc=("path", "id"))
        service = session.get_one(Service, request.service_id)
        return cls(session, actor, request, service, now, settings)

    @property
    def state(self) -> RequestState:
        """The changing half of the row."""
        values = {f.name: getattr(self.request, f.name) for f in fields(RequestState)}
        return RequestState(**{**values, "stage": Stage(self.request.stage)})

    def place(self) -> ResolvedPlace:
        """Where it was ordered, as it was decided then."""
        row = self.request
        return ResolvedPlace(
            basis=Basis.HOUSEHOLD if row.household_id else Basis.AREA,
            place=Place(row.county_id, row.town_id, row.village_id, row.group_id),
            edition_id=row.edition_id,
            zone_id=row.zone_id,
            household_id=row.household_id,
        )

    def question(self, *, declined: frozenset[int] = frozenset()) -> Question:
        """What dispatch is asked again; after too many returns the town decides."""
        confidential = self.request.is_confidential
        limit = self.settings.dispatch.max_declines
        return Question(
            service_duty=DutyKind.TOWN_DESK
            if confidential
            else DutyKind(self.service.duty_kind),
            is_confidential=confidential,
            about_person_id=self.request.about_person_id,
            declined_person_ids=declined,
            town_decides=bool(declined) and self.request.decline_count + 1 > limit,
        )

    def decider(self) -> Decider:
        """Duties and leaves of the place, now."""
        return Decider(
            self.session,
            [self.place()],
            since=self.now,
            until=self.now,
            tz=self.settings.place.tz,
        )

    def facts(self, *, with_chain: bool = False) -> Facts:
        """What the right to act depends on."""
        chain: frozenset[int] = frozenset()
        if with_chain:
            chain = self.decider().chain(Ask(self.place(), self.question(), self.now))
        duty_id = self.request.handler_duty_id
        duty = self.session.get(Duty, duty_id) if duty_id is not None else None
        return Facts(
            handler_id=self.request.handler_id,
            about_person_id=self.request.about_person_id,
            entered_by=self.request.entered_by,
            completed_at=self.request.completed_at,
            chain=chain,
            handler_is_desk=duty is not None and DutyKind(duty.kind) in DESKS,
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
        days = self.settings.dispatch.rating_days
        if not rules.is_within(self.request.completed_at, self.now, days):
            raise Gone(
                "Rating and reopening were possible for %(days)s days",
                mend="Order again; mention the old number",
                days=days,
            )

    def write(
        self,
        act: Act,
        *,
        actor: Actor | None = None,
        decision: Decision | None = None,
    ) -> None:
        """Change the row by the rules and append to its history."""
        state = rules.apply(self.state, act)
        for name in (f.name for f in fields(RequestState)):
            value = getattr(state, name)
            setattr(self.request, name, value.value if name == "stage" else value)
        self.request.status = state.status.value
        self.log(act.verb, dict(act.payload), actor=actor, decision=decision)

    def log(
        self,
        verb: Verb,
        payload: dict[str, Any],
        *,
        actor: Actor | None = None,
        decision: Decision | None = None,
    ) -> None:
        """Append an event, and the decision that belongs to it."""
        last = self.session.scalar(
            select(func.max(RequestEvent.sequence)).where(
                RequestEvent.request_id == self.request.id
            )
        )
        sequence = (last or 0) + 1
        row = event_row(sequence, verb, self.now, actor or self.actor, payload)
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

    def dispatch_again(self, question: Question) -> Decision:
        """The next handler, by the same decision as the first."""
        return self.decider().decide(Ask(self.place(), question, self.now))


def accept(acting: Acting) -> None:
    """Take the request on: the named handler or anyone of the place's chain."""
    acting.check(Verb.ACCEPT, rules.can_accept, with_chain=True)
    request, person = acting.request, acting.actor.person_id
    duty_id = request.handler_duty_id if person == request.handler_id else None
    if duty_id is None and person is not None:
        duty_id = _duty_on_chain(acting, person)
    acting.write(
        Act(Verb.ACCEPT, acting.now, handler_id=person, handler_duty_id=duty_id)
    )


def _duty_on_chain(acting: Acting, person_id: int) -> int | None:
    for candidate in acting.decider().candidates(acting.place(), acting.now):
        if person_id in (candidate.person_id, candidate.substitute_id):
            return candidate.duty_id
    return None


def decline(acting: Acting, *, reason: DeclineReason, note: str) -> None:
    """Give it back with a reason; the next of the chain is asked at once.

    The deadline does not wait. After the permitted number of returns a desk decides.
    """
    acting.check(Verb.DECLINE, rules.can_decline)
    if reason is DeclineReason.OTHER and not note:
        raise InvalidInput(
            "This reason needs a note",
            loc=("body", "note"),
            mend="Say in a sentence why",
        )
    request = acting.request
    earlier = acting.session.scalars(
        select(RequestEvent.person_id).where(
            RequestEvent.request_id == request.id,
            RequestEvent.verb == Verb.DECLINE.value,
        )
    )
    declined = frozenset(
        {request.handler_id, *(person for person in earlier if person is not None)}
    )
    decision = acting.dispatch_again(acting.question(declined=declined))
    acting.write(
        Act(
            Verb.DECLINE,
            acting.now,
            handler_id=decision.handler_id,
            handler_duty_id=decision.duty_id,
            payload={"reason": reason.value, "note": note},
        )
    )
    acting.log(
        Verb.DISPATCH, dispatch_payload(decision), actor=Actor(), decision=decision
    )


def transfer(acting: Acting, *, person_id: UUID, note: str) -> None:
    """Hand it to somebody else of the place's chain."""
    acting.check(Verb.TRANSFER, rules.can_transfer)
    chain = acting.facts(with_chain=True).chain - {acting.request.handler_id}
    people = people_by_id(acting.session, chain)
    target = next((p for p in people.values() if p.public_id == person_id), None)
    if target is None:
        raise InvalidInput(
            "This person is not on the chain of the place",
            loc=("body", "person_id"),
            mend="Choose one of the candidates of GET /api/requests/{id}/dispatch",
        )
    acting.write(
        Act(
            Verb.TRANSFER,
            acting.now,
            handler_id=target.id,
            handler_duty_id=_duty_on_chain(acting, target.id),
            payload={"to": str(target.public_id), "note": note},
        )
    )


def progress(acting: Acting, *, note: str) -> None:
    """Say how it goes, without changing the stage."""
    acting.check(Verb.PROGRESS, rules.can_handle)
    acting.write(Act(Verb.PROGRESS, acting.now, payload={"note": note}))


def complete(acting: Acting, *, note: str) -> None:
    """Close it with what was done."""
    acting.check(Verb.COMPLETE, rules.can_handle)
    acting.write(Act(Verb.COMPLETE, acting.now, payload={"note": note}))


def rate(acting: Acting, *, score: Rating, note: str, channel: str) -> None:
    """The resident's word on the result, once."""
    acting.check(Verb.RATE, rules.can_rate)
    acting.check_time()
    acting.write(
        Act(
            Verb.RATE,
            acting.now,
            rating=score,
            payload={"score": score.value, "note": note, "channel": channel},
        )
    )


def reopen(acting: Acting, *, reason: str) -> None:
    """Open it again with a new deadline; dispatched like a new order."""
    acting.check(Verb.REOPEN, rules.can_reopen)
    acting.check_time()
    tz = acting.settings.place.tz
    day = acting.now.astimezone(tz).date()
    catalogue = read_catalogue(acting.session, since=day, until=day)
    due = catalogue.due_at(acting.service, acting.now, tz)
    decision = acting.dispatch_again(acting.question())
    acting.write(
        Act(
            Verb.REOPEN,
            acting.now,
            handler_id=decision.handler_id,
            handler_duty_id=decision.duty_id,
            due_at=due.at,
            payload={"reason": reason, "due_is_certain": due.is_certain},
        )
    )
    acting.log(
        Verb.DISPATCH, dispatch_payload(decision), actor=Actor(), decision=decision
    )


def withdraw(acting: Acting, *, reason: str) -> None:
    """The resident no longer needs it."""
    acting.check(Verb.WITHDRAW, rules.can_withdraw)
    acting.write(Act(Verb.WITHDRAW, acting.now, payload={"reason": reason}))
