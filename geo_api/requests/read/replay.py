"""Replays stored decisions, of one request or of all, and says what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.catalogue.queries import terms_by_version
from geo_api.catalogue.rules import Terms
from geo_api.dispatch.replay import (
    Cannot,
    Difference,
    Field,
    differences,
    recompute,
)
from geo_api.duties.models import Duty
from geo_api.people.queries import people_by_id
from geo_api.requests.history import outcome_of
from geo_api.requests.models import DispatchDecision, ServiceRequest

# Rows in memory at a time, however many there are.
_CHUNK = 500


@dataclass(frozen=True)
class Replayed:
    """What came of one decision the second time."""

    at: datetime
    differences: tuple[Difference, ...] = ()
    cannot: Cannot | None = None


@dataclass(frozen=True)
class Told:
    """A difference in terms that people know: codes of people, duties by their id."""

    field: Field
    stored: str | None
    replayed: str | None
    duty_id: UUID | None = None
    duty: str | None = None


_Versions = Mapping[tuple[int, str], Terms]


def replay(session: Session, decisions: Iterable[DispatchDecision]) -> list[Replayed]:
    """Decide again from the stored inputs and compare."""
    versions = terms_by_version(session)
    return [_again(decision, versions) for decision in decisions]


def _again(decision: DispatchDecision | Any, versions: _Versions) -> Replayed:
    again = recompute(decision.inputs, versions)
    if isinstance(again, Cannot):
        return Replayed(decision.at, cannot=again)
    found = differences(outcome_of(decision), again)
    return Replayed(decision.at, tuple(found))


def replay_all(
    session: Session, *, since: datetime | None
) -> Iterator[tuple[str, list[Replayed]]]:
    """Every request's number with its decisions from ``since`` on, a few at a time."""
    decision = DispatchDecision
    wanted = (
        select(
            ServiceRequest.number,
            decision.at,
            decision.handler_id,
            decision.duty_id,
            decision.inputs,
            decision.verdicts,
        )
        .join(ServiceRequest, ServiceRequest.id == decision.request_id)
        .order_by(decision.request_id, decision.sequence)
    )
    if since is not None:
        wanted = wanted.where(decision.at >= since)
    versions = terms_by_version(session)
    rows = session.execute(wanted, execution_options={"yield_per": _CHUNK})
    for number, decisions in groupby(rows, key=lambda row: row.number):
        yield number, [_again(row, versions) for row in decisions]


def tell(session: Session, found: Iterable[Difference]) -> list[Told]:
    """Differences with the codes of people and duties, looked up once for all."""
    found = list(found)
    people = people_by_id(session, _ids(found, Field.HANDLER, Field.PERSON))
    named = {d.duty_id for d in found if d.duty_id}
    named |= _ids(found, Field.DUTY, Field.ORDER)
    duties = {
        row.id: row
        for row in session.execute(
            select(Duty.id, Duty.public_id, Duty.kind).where(Duty.id.in_(named))
        )
    }

    def said(field: Field, value: Any) -> str | None:
        if value is None:
            return None
        if field in (Field.HANDLER, Field.PERSON) and value in people:
            return people[value].code
        if field in (Field.DUTY, Field.ORDER) and value in duties:
            return str(duties[value].public_id)
        # A reason; or an id that is nobody's, as it stands there.
        return str(value)

    return [
        Told(
            d.field,
            said(d.field, d.stored),
            said(d.field, d.replayed),
            duty_id=duties[d.duty_id].public_id if d.duty_id in duties else None,
            duty=duties[d.duty_id].kind if d.duty_id in duties else None,
        )
        for d in found
    ]


def _ids(found: Sequence[Difference], *fields: Field) -> set[Any]:
    return {
        value
        for d in found
        if d.field in fields
        for value in (d.stored, d.replayed)
        if value is not None
    }
