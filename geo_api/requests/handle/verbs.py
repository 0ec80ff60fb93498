"""The verbs: the rules are asked, the row changes, one event is written."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from geo_api.accounts.rules import Actor
from geo_api.catalogue.service import read_catalogue
from geo_api.errors import InvalidInput
from geo_api.people.queries import people_by_id
from geo_api.requests import rights
from geo_api.requests.handle.case import Acting
from geo_api.requests.history import dispatch_payload
from geo_api.requests.models import RequestEvent
from geo_api.requests.rules import Act, DeclineReason, KnownBy, Rating, Verb, decliners


def accept(acting: Acting) -> None:
    """Take the request on: the named handler or anyone of the place's chain."""
    acting.check(Verb.ACCEPT, rights.can_accept, with_chain=True)
    request, person = acting.request, acting.actor.person_id
    duty_id = request.handler_duty_id if person == request.handler_id else None
    if duty_id is None and person is not None:
        duty_id = acting.decider.duty_of(acting.ask(), person)
    acting.write(
        Act(Verb.ACCEPT, acting.now, handler_id=person, handler_duty_id=duty_id)
    )


def decline(acting: Acting, *, reason: DeclineReason, note: str) -> None:
    """Give it back with a reason; the next of the chain is asked at once.

    The deadline does not wait. After the permitted number of returns a desk decides.
    """
    acting.check(Verb.DECLINE, rights.can_decline)
    if reason is DeclineReason.OTHER and not note:
        raise InvalidInput(
            "This reason needs a note",
            loc=("body", "note"),
            mend="Say in a sentence why",
        )
    declined = _declined_so_far(acting) | {acting.request.handler_id}
    decision = acting.dispatch_again(declined=declined)
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


def _declined_so_far(acting: Acting) -> frozenset[int]:
    deeds = acting.session.execute(
        select(RequestEvent.verb, RequestEvent.person_id)
        .where(RequestEvent.request_id == acting.request.id)
        .order_by(RequestEvent.sequence)
    )
    return decliners((verb, person_id) for verb, person_id in deeds)


def transfer(acting: Acting, *, person_id: UUID, note: str) -> None:
    """Hand it to somebody else of the place's chain."""
    acting.check(Verb.TRANSFER, rights.can_transfer)
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
            handler_duty_id=acting.decider.duty_of(acting.ask(), target.id),
            payload={"to": str(target.public_id), "note": note},
        )
    )


def progress(acting: Acting, *, note: str) -> None:
    """Say how it goes, without changing the stage."""
    acting.check(Verb.PROGRESS, rights.can_handle)
    acting.write(Act(Verb.PROGRESS, acting.now, payload={"note": note}))


def complete(acting: Acting, *, note: str) -> None:
    """Close it with what was done."""
    acting.check(Verb.COMPLETE, rights.can_handle)
    acting.write(Act(Verb.COMPLETE, acting.now, payload={"note": note}))


def rate(acting: Acting, *, score: Rating, note: str, channel: str) -> None:
    """The resident's word on the result, once."""
    acting.check(Verb.RATE, rights.can_rate)
    acting.check_time()
    payload = {"score": score.value, "note": note, "channel": channel}
    if acting.actor.is_staff:
        payload["by"] = KnownBy.CALLBACK.value
    acting.write(Act(Verb.RATE, acting.now, rating=score, payload=payload))


def reopen(acting: Acting, *, reason: str) -> None:
    """Open it again with a new deadline; dispatched like a new order."""
    acting.check(Verb.REOPEN, rights.can_reopen)
    acting.check_time()
    tz = acting.settings.place.tz
    day = acting.now.astimezone(tz).date()
    catalogue = read_catalogue(acting.session, since=day, until=day)
    due = catalogue.due_at(acting.service, acting.now, tz)
    decision = acting.dispatch_again()
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
    acting.check(Verb.WITHDRAW, rights.can_withdraw)
    acting.write(Act(Verb.WITHDRAW, acting.now, payload={"reason": reason}))


def remind(acting: Acting, *, note: str) -> None:
    """A leader's instruction to whoever handles it; nothing else changes."""
    acting.check(Verb.REMIND, rights.can_remind)
    acting.write(Act(Verb.REMIND, acting.now, payload={"note": note}))
