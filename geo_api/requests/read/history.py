"""The history of a request and its decisions, as a caller may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account
from geo_api.accounts.rules import Actor, mask_name
from geo_api.dispatch.rules import render_verdict
from geo_api.http.language import Translate
from geo_api.people.models import Person
from geo_api.people.queries import people_by_id
from geo_api.requests.models import DispatchDecision, RequestEvent
from geo_api.requests.read.schemas import EventOut
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
    ids = {c["person_id"] for d in decisions for c in d.explanation["candidates"]}
    names = {
        str(public_id): name
        for public_id, name in session.execute(
            select(Person.public_id, Person.name).where(Person.public_id.in_(ids))
        )
    }
    shown = []
    for decision in decisions:
        candidates = [
            {
                **candidate,
                "name": names.get(candidate["person_id"], ""),
                "text": render_verdict(candidate, translate),
            }
            for candidate in decision.explanation["candidates"]
        ]
        chosen = next(c for c in candidates if c["verdict"] == "chosen")
        shown.append(
            {
                **decision.explanation,
                "at": decision.at,
                "fallback_step": decision.explanation["step"],
                "candidates": candidates,
                "chosen": chosen,
                "text": chosen["text"],
            }
        )
    return shown
