"""What is written of each act, event and decision, and read again in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.db.model import new_public_id
from geo_api.dispatch.rules import Decision
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.requests.rules import Verb
from geo_api.requests.state import WITH_NULLS


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
        "edition_id": decision.edition_id,
        "handler_id": decision.handler_id,
        "duty_id": decision.duty_id,
        "explanation": decision.explanation,
        "schema_version": 1,
    }


def dispatch_payload(decision: Decision) -> dict[str, Any]:
    """What the history says of a dispatch."""
    chosen = next(
        c for c in decision.explanation["candidates"] if c["verdict"] == "chosen"
    )
    return {"step": decision.step, "place": chosen["place_name"]}


def append(
    session: Session,
    parts: Sequence[tuple[int, Sequence[dict[str, Any]], Sequence[dict[str, Any]]]],
) -> None:
    """Write what has happened to requests: of each its id, events and decisions."""
    events = [{**row, "request_id": id_} for id_, rows, _ in parts for row in rows]
    decisions = [{**row, "request_id": id_} for id_, _, rows in parts for row in rows]
    session.execute(insert(RequestEvent), events, execution_options=WITH_NULLS)
    if decisions:
        session.execute(
            insert(DispatchDecision), decisions, execution_options=WITH_NULLS
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
