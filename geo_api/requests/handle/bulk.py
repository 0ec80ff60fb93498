"""Carries many requests through planned stages by the same rules, then stores them.

For a demonstration year and for imports with a history: an act that the rules forbid
raises, so that no state is ever invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.db.cipher import Cipher
from geo_api.dispatch.choice import may_answer
from geo_api.dispatch.service import Matter
from geo_api.people.queries import people_by_id
from geo_api.requests.handle.acts import Acts, Turn, gather
from geo_api.requests.order.drafts import OrderDraft, make_drafts
from geo_api.requests.order.storage import Draft, Ordered, store
from geo_api.requests.outcomes import Act, Said
from geo_api.requests.rules import DeclineReason, Rating, Verb
from geo_api.settings import Settings

_BATCH = 2_500


class By(StrEnum):
    """Who does a planned act."""

    HANDLER = "handler"
    CHAIN = "chain"  # somebody else who may accept
    RESIDENT = "resident"
    LEADER = "leader"


@dataclass(frozen=True)
class PlannedAct:
    """One verb that is to happen to a request."""

    verb: Verb
    at: datetime
    by: By = By.HANDLER
    note: str = ""
    reason: DeclineReason = DeclineReason.BEYOND_MY_POWER
    score: Rating = Rating.SATISFIED


@dataclass(frozen=True)
class Plan:
    """An order and what is to happen to it."""

    order: OrderDraft
    acts: Sequence[PlannedAct] = ()


def carry_many(
    session: Session, plans: Sequence[Plan], *, cipher: Cipher, settings: Settings
) -> list[Ordered]:
    """Order and carry many requests; all are stored, or the first error is raised."""
    ordered: list[Ordered] = []
    for start in range(0, len(plans), _BATCH):
        batch = plans[start : start + _BATCH]
        drafts, catalogue = make_drafts(
            session,
            [plan.order for plan in batch],
            cipher=cipher,
            settings=settings,
            look_across=False,
        )
        rounds = [
            [
                (draft, plan.acts[n])
                for plan, draft in zip(batch, drafts, strict=True)
                if n < len(plan.acts)
            ]
            for n in range(max(len(plan.acts) for plan in batch))
        ]
        courses = [(draft, planned.at) for acts in rounds for draft, planned in acts]
        known = iter(gather(session, courses, catalogue=catalogue, settings=settings))
        for going_on in rounds:
            matters = [next(known) for _ in going_on]
            Acts(
                session,
                _turns(session, going_on, matters),
                settings=settings,
                matters=matters,
                catalogue=catalogue,
            ).carry_out()
        ordered += store(session, drafts, settings=settings)
    return ordered


def _turns(
    session: Session,
    going_on: Sequence[tuple[Draft, PlannedAct]],
    matters: Sequence[Matter],
) -> list[Turn]:
    """Planned acts as what somebody of the place does."""
    others = [
        _other(draft, matter)
        for (draft, _), matter in zip(going_on, matters, strict=True)
    ]
    receivers = {
        other
        for other, (_, planned) in zip(others, going_on, strict=True)
        if planned.verb is Verb.TRANSFER
    }
    people = people_by_id(session, receivers) if receivers else {}
    turns: list[Turn] = []
    for other, (draft, planned) in zip(others, going_on, strict=True):
        is_return = planned.verb is Verb.DECLINE
        said = Said(
            note=planned.note,
            reason=planned.reason.value if is_return else planned.note,
            score=planned.score,
            person_id=people[other].public_id if other in people else None,
        )
        actor = _actor(planned.by, draft, other)
        turns.append((draft, Act(planned.verb, actor, planned.at, said)))
    return turns


def _actor(by: By, draft: Draft, other: int) -> Actor:
    match by:
        case By.RESIDENT:
            return Actor(kind=CallerKind.RESIDENT)
        case By.LEADER:
            return Actor(kind=CallerKind.ACCOUNT, role=Role.TOWN_LEADER)
        case By.CHAIN:
            person = other
        case By.HANDLER:
            person = draft.state.handler_id
    return Actor(kind=CallerKind.ACCOUNT, role=Role.HANDLER, person_id=person)


def _other(draft: Draft, matter: Matter) -> int:
    """The next on the chain who is not the handler; the handler if nobody else is."""
    handler_id, inputs = draft.state.handler_id, matter.inputs
    for candidate in inputs.ranked:
        is_away = candidate.leave_on(inputs.day) is not None
        if candidate.person_id == handler_id or is_away:
            continue
        if may_answer(inputs.question, candidate):
            return candidate.person_id
    return handler_id
