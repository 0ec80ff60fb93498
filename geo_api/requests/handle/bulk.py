"""Carries many requests through planned stages by the same rules, then stores them.

For a demonstration year and for imports with a history: an act that the rules forbid
raises, so that no state is ever invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.catalogue.service import Catalogue
from geo_api.db.cipher import Cipher
from geo_api.dispatch.choice import Question, may_answer
from geo_api.dispatch.service import Ask, Decider
from geo_api.duties.rules import DESKS
from geo_api.requests import rights, rules
from geo_api.requests.history import dispatch_payload
from geo_api.requests.order.drafts import OrderDraft, make_drafts
from geo_api.requests.order.storage import Draft, Ordered, store
from geo_api.requests.rights import Facts
from geo_api.requests.rules import Act, DeclineReason, KnownBy, Rating, Verb
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


@dataclass
class _Carrier:
    """Carries one draft; knows who may do what at each moment."""

    draft: Draft
    decider: Decider
    catalogue: Catalogue
    settings: Settings
    declined: frozenset[int] = field(default_factory=frozenset)

    def ask(self, question: Question, at: datetime) -> Ask:
        """The question about this draft's place."""
        return Ask(self.draft.place, question, at)

    def carry(self, planned: PlannedAct) -> None:
        """Do one act, or raise what the rules say against it."""
        rules.next_stage(self.draft.state.stage, planned.verb)
        actor = self._actor(planned)
        refused = _CHECKS[planned.verb](actor, self._facts(planned))
        if refused is not None:
            raise refused
        if planned.verb in (Verb.RATE, Verb.REOPEN):
            rules.check_time(
                self.draft.state.completed_at,
                planned.at,
                self.settings.dispatch.rating_days,
            )
        act = Act(planned.verb, planned.at, payload=_payload(planned))
        match planned.verb:
            case Verb.ACCEPT:
                act = self._accepted(act, actor)
            case Verb.RATE:
                act = replace(act, rating=planned.score)
            case Verb.DECLINE | Verb.REOPEN:
                self._dispatched_again(act, actor)
                return
            case Verb.TRANSFER:
                target = self._other(planned.at)
                act = replace(act, handler_id=target[0], handler_duty_id=target[1])
        self._write(act, actor)

    def _write(self, act: Act, actor: Actor) -> None:
        self.draft.state = rules.apply(self.draft.state, act)
        self.draft.add_event(act.verb, act.at, actor, dict(act.payload))

    def _accepted(self, act: Act, actor: Actor) -> Act:
        person = actor.person_id
        if person == self.draft.state.handler_id:
            duty = self.draft.state.handler_duty_id
        else:
            duty = self._other(act.at)[1]
        return replace(act, handler_id=person, handler_duty_id=duty)

    def _dispatched_again(self, act: Act, actor: Actor) -> None:
        state, question = self.draft.state, self.draft.question
        if act.verb is Verb.DECLINE:
            self.declined |= {state.handler_id}
            question = replace(
                question,
                declined_person_ids=self.declined,
                town_decides=rules.does_town_decide(
                    state.decline_count, self.settings.dispatch.max_declines
                ),
            )
        decision = self.decider.decide(self.ask(question, act.at))
        act = replace(
            act, handler_id=decision.handler_id, handler_duty_id=decision.duty_id
        )
        if act.verb is Verb.REOPEN:
            tz = self.settings.place.tz
            due = self.catalogue.due_at(self.draft.service, act.at, tz)
            payload = {**act.payload, "due_is_certain": due.is_certain}
            act = replace(act, due_at=due.at, payload=payload)
            self.declined = frozenset()
        self._write(act, actor)
        self.draft.add_event(
            Verb.DISPATCH,
            act.at,
            Actor(),
            dispatch_payload(decision),
            decision=decision,
        )

    def _facts(self, planned: PlannedAct) -> Facts:
        """What the rules ask about; the chain is only looked up where they do."""
        state, draft = self.draft.state, self.draft
        chain: frozenset[int] = frozenset()
        if planned.verb is Verb.ACCEPT:
            chain = self.decider.chain(self.ask(draft.question, planned.at))
        return Facts(
            handler_id=state.handler_id,
            about_person_id=draft.question.about_person_id,
            entered_by=draft.fixed["entered_by"],
            chain=chain,
            handler_is_desk=planned.verb is Verb.DECLINE
            and any(
                c.duty_id == state.handler_duty_id and c.kind in DESKS
                for c in self.decider.candidates(draft.place, planned.at)
            ),
        )

    def _actor(self, planned: PlannedAct) -> Actor:
        match planned.by:
            case By.RESIDENT:
                return Actor(kind=CallerKind.RESIDENT)
            case By.LEADER:
                return Actor(kind=CallerKind.ACCOUNT, role=Role.TOWN_LEADER)
            case By.CHAIN:
                person = self._other(planned.at)[0]
            case By.HANDLER:
                person = self.draft.state.handler_id
        return Actor(kind=CallerKind.ACCOUNT, role=Role.HANDLER, person_id=person)

    def _other(self, at: datetime) -> tuple[int, int]:
        """Person and duty of the next on the chain who is not the handler."""
        state = self.draft.state
        for candidate in self.decider.candidates(self.draft.place, at):
            is_other = candidate.person_id != state.handler_id
            is_free = not candidate.is_on_leave
            if is_other and is_free and may_answer(self.draft.question, candidate):
                return candidate.person_id, candidate.duty_id
        return state.handler_id, state.handler_duty_id or 0


_CHECKS = {
    Verb.ACCEPT: rights.can_accept,
    Verb.DECLINE: rights.can_decline,
    Verb.TRANSFER: rights.can_transfer,
    Verb.PROGRESS: rights.can_handle,
    Verb.COMPLETE: rights.can_handle,
    Verb.RATE: rights.can_rate,
    Verb.REOPEN: rights.can_reopen,
    Verb.WITHDRAW: rights.can_withdraw,
}


def _payload(planned: PlannedAct) -> dict[str, str]:
    said = _said(planned)
    return said | {"by": KnownBy.LINK.value} if planned.by is By.RESIDENT else said


def _said(planned: PlannedAct) -> dict[str, str]:
    match planned.verb:
        case Verb.DECLINE:
            return {"reason": planned.reason.value, "note": planned.note}
        case Verb.RATE:
            score = planned.score.value
            return {"score": score, "note": planned.note, "channel": "web"}
        case Verb.REOPEN | Verb.WITHDRAW:
            return {"reason": planned.note}
        case Verb.ACCEPT:
            return {}
        case _:
            return {"note": planned.note}


def carry_many(
    session: Session, plans: Sequence[Plan], *, cipher: Cipher, settings: Settings
) -> list[Ordered]:
    """Order and carry many requests; all are stored, or the first error is raised."""
    ordered: list[Ordered] = []
    for start in range(0, len(plans), _BATCH):
        batch = plans[start : start + _BATCH]
        drafts, decider, catalogue = make_drafts(
            session,
            [plan.order for plan in batch],
            cipher=cipher,
            settings=settings,
            look_across=False,
        )
        for plan, draft in zip(batch, drafts, strict=True):
            carrier = _Carrier(draft, decider, catalogue, settings)
            for planned in plan.acts:
                carrier.carry(planned)
        ordered += store(session, drafts, settings=settings)
    return ordered
