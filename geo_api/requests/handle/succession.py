"""What somebody who has left still held: it goes on to whom dispatch names now.

Set-based: one look for all requests, one decider for their places, and the same few
statements for one request as for hundreds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit, record_audits
from geo_api.accounts.rules import Actor
from geo_api.catalogue.models import Service
from geo_api.db.arrays import among
from geo_api.dispatch.rules import ResolvedPlace
from geo_api.dispatch.service import Ask, Decider, question_of
from geo_api.duties.ledger import end_person, is_still_held
from geo_api.duties.models import Duty
from geo_api.errors import Conflict
from geo_api.people.models import Person
from geo_api.requests.history import decision_row, dispatch_payload, event_row
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.requests.rules import (
    Act,
    HandOnReason,
    RequestState,
    Status,
    Verb,
    apply,
    decliners,
)
from geo_api.requests.state import WITH_NULLS, decided_place, state_of, state_values
from geo_api.settings import Settings


def end_people_of(
    session: Session,
    actor: Actor,
    account_id: int,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    """End who signs in with an account, with their duties, and hand on their work.

    Raises Conflict while one of them is the last holder of a compulsory desk.
    """
    day = now.astimezone(settings.place.tz).date()
    people = session.scalars(
        select(Person)
        .where(Person.account_id == account_id, Person.ended_at.is_(None))
        .order_by(Person.id)
    ).all()
    for person in people:
        end_person(session, person, day=day, now=now)
        record_audit(
            session,
            actor,
            action="person.change",
            subject_kind="person",
            subject_id=person.public_id,
            fields=["is_ended"],
            now=now,
        )
    ids = [person.id for person in people]
    hand_on(session, actor, ids, now=now, settings=settings)


def hand_on(
    session: Session,
    actor: Actor,
    person_ids: Collection[int] | None,
    *,
    now: datetime,
    settings: Settings,
    limit: int | None = None,
) -> int:
    """Hand on open requests whose holder has ended, or the duty that made them one.

    Of these people and of whoever stood in for them; of everybody if None. How many.
    """
    session.flush()
    day = now.astimezone(settings.place.tz).date()
    held = _lock_held(session, person_ids, day=day, limit=limit)
    if held:
        _Handing(session, actor, held, now=now, settings=settings).carry_out(day)
    return len(held)


# A request, and who may not hold it any more.
_Held = tuple[ServiceRequest, Person]


def _lock_held(
    session: Session,
    person_ids: Collection[int] | None,
    *,
    day: date,
    limit: int | None,
) -> list[_Held]:
    wanted = (
        select(ServiceRequest, Person)
        .join(Person, Person.id == ServiceRequest.handler_id)
        .outerjoin(Duty, Duty.id == ServiceRequest.handler_duty_id)
        .where(
            ServiceRequest.status == Status.OPEN.value,
            or_(Person.ended_at.is_not(None), Duty.valid_to <= day),
        )
        # In one order by all: two of them wait for each other, and none for ever.
        .order_by(ServiceRequest.id)
        .limit(limit)
        .with_for_update(of=ServiceRequest)
        .execution_options(populate_existing=True)
    )
    if person_ids is not None:
        duties = session.scalars(
            select(Duty.id).where(among(Duty.person_id, person_ids))
        ).all()
        # Others hold by a duty of theirs, too: who stood in for them.
        wanted = wanted.where(
            or_(
                among(ServiceRequest.handler_id, person_ids),
                among(ServiceRequest.handler_duty_id, duties),
            )
        )
    return [(request, holder) for request, holder in session.execute(wanted)]


class _Handing:
    """Decides anew about requests whose holder has left, and writes it down."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        held: Sequence[_Held],
        *,
        now: datetime,
        settings: Settings,
    ) -> None:
        self._session, self._actor, self._held = session, actor, held
        self._now, self._settings = now, settings
        requests = [request for request, _ in held]
        ids = [request.id for request in requests]
        self._services = {
            service.id: service
            for service in session.scalars(
                select(Service).where(Service.id.in_({r.service_id for r in requests}))
            )
        }
        said = _first_explanations(session, ids)
        self._places: dict[int, ResolvedPlace] = {
            request.id: decided_place(request, said[request.id]) for request in requests
        }
        self._decider = Decider(
            session,
            list(self._places.values()),
            since=now,
            until=now,
            tz=settings.place.tz,
        )
        self._last, self._deeds = _histories(session, ids)
        self._states: dict[int, RequestState] = {}
        self._events: list[dict[str, Any]] = []
        self._decisions: list[dict[str, Any]] = []

    def carry_out(self, day: date) -> None:
        """Find out who holds each from now on, and write it with its history."""
        for request, holder in self._held:
            self._decide(request, holder)
        states = self._states.values()
        if not is_still_held(
            self._session,
            {state.handler_id for state in states},
            {state.handler_duty_id for state in states},
            day=day,
        ):
            raise Conflict("Who would hold it has just left", mend="Try it again")
        self._session.execute(
            update(ServiceRequest),
            [{"id": i, **state_values(state)} for i, state in self._states.items()],
        )
        self._session.execute(
            insert(RequestEvent), self._events, execution_options=WITH_NULLS
        )
        if self._decisions:
            self._session.execute(
                insert(DispatchDecision), self._decisions, execution_options=WITH_NULLS
            )
        record_audits(
            self._session,
            self._actor,
            action="request.hand_on",
            subject_kind="request",
            subject_ids=[request.public_id for request, _ in self._held],
            now=self._now,
        )

    def _decide(self, request: ServiceRequest, holder: Person) -> None:
        """Who still answers there by another duty goes on; else the next is asked."""
        ask = self._ask(request)
        has_left = holder.ended_at is not None
        duty_id = None if has_left else self._decider.duty_of(ask, holder.id)
        decision = self._decider.decide(ask) if duty_id is None else None
        reason = HandOnReason.PERSON_ENDED if has_left else HandOnReason.DUTY_ENDED
        act = Act(
            Verb.HAND_ON,
            self._now,
            handler_id=decision.handler_id if decision else holder.id,
            handler_duty_id=decision.duty_id if decision else duty_id,
            payload={"reason": reason.value, "from": str(holder.public_id)},
        )
        self._states[request.id] = apply(state_of(request), act)
        self._log(request, act.verb, dict(act.payload), self._actor)
        if decision is not None:
            payload = dispatch_payload(decision)
            sequence = self._log(request, Verb.DISPATCH, payload, Actor())
            row = decision_row(sequence, self._now, decision)
            self._decisions.append({**row, "request_id": request.id})

    def _ask(self, request: ServiceRequest) -> Ask:
        """Who shall have it now? Nobody who gave it back while others are left."""
        declined = decliners(self._deeds[request.id])
        most = self._settings.dispatch.max_declines
        question = question_of(
            self._services[request.service_id],
            is_confidential=request.is_confidential,
            about_person_id=request.about_person_id,
            declined=declined,
            town_decides=request.decline_count >= most,
        )
        return Ask(self._places[request.id], question, self._now)

    def _log(
        self,
        request: ServiceRequest,
        verb: Verb,
        payload: dict[str, Any],
        actor: Actor,
    ) -> int:
        self._last[request.id] += 1
        sequence = self._last[request.id]
        row = event_row(sequence, verb, self._now, actor, payload)
        self._events.append({**row, "request_id": request.id})
        return sequence


def _first_explanations(
    session: Session, request_ids: Collection[int]
) -> dict[int, dict[str, Any]]:
    rows = session.execute(
        select(DispatchDecision.request_id, DispatchDecision.explanation)
        .ext(distinct_on(DispatchDecision.request_id))
        .where(among(DispatchDecision.request_id, request_ids))
        .order_by(DispatchDecision.request_id, DispatchDecision.sequence)
    )
    return dict(rows.all())


def _histories(
    session: Session, request_ids: Collection[int]
) -> tuple[dict[int, int], dict[int, list[tuple[str, int | None]]]]:
    """The last sequence of each request's history, and who did what, in order."""
    rows = session.execute(
        select(
            RequestEvent.request_id,
            RequestEvent.sequence,
            RequestEvent.verb,
            RequestEvent.person_id,
        )
        .where(among(RequestEvent.request_id, request_ids))
        .order_by(RequestEvent.request_id, RequestEvent.sequence)
    )
    last: dict[int, int] = {}
    deeds: dict[int, list[tuple[str, int | None]]] = defaultdict(list)
    for request_id, sequence, verb, person_id in rows:
        last[request_id] = sequence
        deeds[request_id].append((verb, person_id))
    return last, deeds
