"""The history of a request and its decisions, as a caller may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account
from geo_api.accounts.rules import Actor, mask_name
from geo_api.dispatch.replay import CANNOT_WORDS
from geo_api.http.language import Translate
from geo_api.people.models import Person
from geo_api.people.queries import people_by_id
from geo_api.requests.history import explanation_of
from geo_api.requests.models import DispatchDecision, RequestEvent
from geo_api.requests.read.replay import replay, tell
from geo_api.requests.read.schemas import (
    DifferenceOut,
    EventOut,
    NotReplayableOut,
    ReplayOut,
)
from geo_api.requests.rules import Verb

_TOLD_RESIDENTS = frozenset(
    {
        Verb.PROGRESS.value,
        Verb.COMPLETE.value,
        Verb.RATE.value,
        Verb.REOPEN.value,
        Verb.WITHDRAW.value,
        Verb.ATTACH.value,
    }
)


def show_events(
    session: Session, actor: Actor, events: Sequence[RequestEvent]
) -> list[EventOut]:
    """The history with masked names.

    Residents see verbs and times, their own words and what was done for them; why
    somebody gave it back or handed it on stays in the house.
    """
    people = people_by_id(session, {e.person_id for e in events if e.person_id})
    accounts = {
        account.id: account
        for account in session.scalars(
            select(Account).where(
                Account.id.in_({e.account_id for e in events if e.account_id})
            )
        )
    }
    return [_event(actor, event, people, accounts) for event in events]


def _event(
    actor: Actor,
    event: RequestEvent,
    people: dict[int, Person],
    accounts: dict[int, Account],
) -> EventOut:
    by: dict[str, Any] = {"kind": event.caller_kind}
    account = accounts.get(event.account_id or 0)
    person = people.get(event.person_id or 0)
    if account is not None and actor.is_staff:
        by["role"] = account.role
    name = person.name if person else account.name if account else ""
    if name:
        by["name"] = mask_name(name)
    detail = dict(event.payload)
    note = detail.pop("note", None)
    if not actor.is_staff and event.verb not in _TOLD_RESIDENTS:
        detail, note = {}, None
    return EventOut(verb=event.verb, at=event.at, by=by, note=note, detail=detail)


def show_decisions(
    session: Session, decisions: Sequence[DispatchDecision], translate: Translate
) -> list[dict[str, Any]]:
    """Decisions in words of the caller's language, with the candidates' names."""
    explanations = [explanation_of(decision, translate) for decision in decisions]
    ids = {c["person_id"] for said in explanations for c in said["candidates"]}
    names = {
        str(public_id): name
        for public_id, name in session.execute(
            select(Person.public_id, Person.name).where(Person.public_id.in_(ids))
        )
    }
    shown = []
    for decision, said in zip(decisions, explanations, strict=True):
        candidates = [
            {**candidate, "name": names.get(candidate["person_id"], "")}
            for candidate in said["candidates"]
        ]
        chosen = next((c for c in candidates if c["verdict"] == "chosen"), None)
        shown.append(
            {
                **said,
                "at": decision.at,
                "fallback_step": said["step"],
                "candidates": candidates,
                "chosen": chosen,
                "text": chosen["text"] if chosen else "",
            }
        )
    return shown


def show_replay(
    session: Session, decisions: Sequence[DispatchDecision], translate: Translate
) -> ReplayOut:
    """What comes of the stored inputs now, and where that is something else."""
    replayed = replay(session, decisions)
    found = [(r.at, d) for r in replayed for d in r.differences]
    told = tell(session, [difference for _, difference in found])
    lost = [(r.at, r.cannot) for r in replayed if r.cannot is not None]
    return ReplayOut(
        equal=not found if len(lost) < len(replayed) else None,
        differences=[
            DifferenceOut(at=at, **vars(difference))
            for (at, _), difference in zip(found, told, strict=True)
        ],
        not_replayable=[
            NotReplayableOut(at=at, text=translate(CANNOT_WORDS[why]))
            for at, why in lost
        ],
    )
