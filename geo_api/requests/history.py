"""What is written of each act: event, decision, and who is to be told of it.

Whatever happens to a request is written by ``append``, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.db.arrays import among
from geo_api.db.model import new_public_id
from geo_api.db.writing import Rows, write
from geo_api.dispatch.choice import Outcome, Verdict
from geo_api.dispatch.explanation import Language, explain, with_text
from geo_api.dispatch.inputs import Inputs
from geo_api.dispatch.record import from_json, to_json
from geo_api.dispatch.service import Decision
from geo_api.notices import outbox
from geo_api.notices.outbox import Notice
from geo_api.notices.rules import Audience
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.requests.rules import Verb


def event_row(
    sequence: int, verb: Verb, at: datetime, actor: Actor, payload: dict[str, Any]
) -> dict[str, Any]:
    """A row of the history, still without its request."""
    return {
        "public_id": new_public_id(),
        "sequence": sequence,
        "verb": verb.value,
        "at": at,
        "caller_kind": actor.kind.value,
        "account_id": actor.account_id,
        "person_id": actor.person_id,
        "payload": payload,
        "schema_version": 1,
    }


def decision_row(sequence: int, at: datetime, decision: Decision) -> dict[str, Any]:
    """A row of the decisions, still without its request."""
    return {
        "sequence": sequence,
        "at": at,
        "edition_id": decision.place.edition_id,
        "handler_id": decision.handler_id,
        "duty_id": decision.duty_id,
        "inputs": to_json(decision.inputs),
        "verdicts": to_json(decision.outcome.verdicts),
        "explanation": None,
        "schema_version": 2,
    }


def outcome_of(row: DispatchDecision) -> Outcome:
    """Who leads by a stored decision, and everybody's verdict."""
    try:
        verdicts = tuple(from_json(Verdict, said) for said in row.verdicts or ())
    except (TypeError, ValueError):  # what a foreign hand has written is no verdict
        verdicts = ()
    return Outcome(row.handler_id, row.duty_id or 0, verdicts)


def explanation_of(row: DispatchDecision, language: Language) -> dict[str, Any]:
    """Why this handler, in words; as it was stored, of decisions without inputs."""
    if row.inputs is None:
        said = {"step": None, "candidates": [], **(row.explanation or {})}
        candidates = [with_text(c, language) for c in said["candidates"]]
        return {**said, "candidates": candidates}
    try:
        return explain(from_json(Inputs, row.inputs), outcome_of(row), language)
    except ValueError:  # what a later or a foreign hand has written
        return {"step": None, "candidates": []}


def dispatch_payload(decision: Decision) -> dict[str, Any]:
    """What the history says of a dispatch."""
    chosen = decision.chosen
    name = decision.inputs.name_of(chosen) or chosen.place_code
    return {"step": decision.step.value, "place": name}


@dataclass(frozen=True)
class Chapter:
    """What has happened to one request, and whom it may concern."""

    request_id: int
    audience: Audience
    events: Sequence[dict[str, Any]]
    decisions: Sequence[dict[str, Any]]


def append(
    session: Session,
    chapters: Sequence[Chapter],
    *,
    now: datetime,
    beside: Rows | None = None,
) -> None:
    """Write events with their decisions, and give each to whoever waits for it.

    Together with the rows ``beside`` them, by one statement.
    """
    events = [
        {**row, "request_id": chapter.request_id}
        for chapter in chapters
        for row in chapter.events
    ]
    decisions = [
        {**row, "request_id": chapter.request_id}
        for chapter in chapters
        for row in chapter.decisions
    ]
    notices = [
        Notice(row["public_id"], row["at"], chapter.audience)
        for chapter in chapters
        for row in chapter.events
    ]
    write(
        session,
        *([beside] if beside is not None else []),
        Rows(RequestEvent, events),
        Rows(DispatchDecision, decisions),
        outbox.rows_of(notices, now=now),
    )


def audience_of(request: ServiceRequest) -> Audience:
    """Whom what happens to a request may concern, as the request stands."""
    return Audience(
        area_ids=frozenset(request.place.ids),
        zone_id=request.zone_id,
        household_id=request.household_id,
        person_ids=frozenset({request.handler_id}),
        request_public_id=request.public_id,
    )


def list_events(session: Session, request: ServiceRequest) -> list[RequestEvent]:
    """The whole history, oldest first."""
    return list(
        session.scalars(
            select(RequestEvent)
            .where(RequestEvent.request_id == request.id)
            .order_by(RequestEvent.sequence)
        )
    )


def list_decisions(session: Session, request: ServiceRequest) -> list[DispatchDecision]:
    """Every decision about who handles it, oldest first."""
    return list(
        session.scalars(
            select(DispatchDecision)
            .where(DispatchDecision.request_id == request.id)
            .order_by(DispatchDecision.sequence)
        )
    )


def first_places(
    session: Session, request_ids: Collection[int]
) -> dict[int, Mapping[str, Any]]:
    """What the first decision of each request says of its place: basis, other side."""
    decision = DispatchDecision
    rows = session.execute(
        select(
            decision.request_id,
            func.coalesce(decision.inputs["where"], decision.explanation),
        )
        .ext(distinct_on(decision.request_id))
        .where(among(decision.request_id, request_ids))
        .order_by(decision.request_id, decision.sequence)
    )
    return dict(rows.all())
