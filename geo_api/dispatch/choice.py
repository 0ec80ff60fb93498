"""Chooses who handles a request: inputs in, one leader and all reasons out. Pure.

Pure and deterministic: the order of the candidates does not matter, ties are settled
by codes and dates, and no score of persons exists anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from geo_api.dispatch.inputs import Candidate, Inputs, Question
from geo_api.duties.rules import DESKS, DutyKind, Hindrance


class Reason(StrEnum):
    """Why somebody was chosen or passed over."""

    CHOSEN = "chosen"
    CHOSEN_AS_SUBSTITUTE = "chosen_as_substitute"
    ON_LEAVE = "on_leave"
    SUBSTITUTE_LEFT = "substitute_left"
    SUBSTITUTE_AWAY = "substitute_away"
    SUBSTITUTE_NO_DESK = "substitute_no_desk"
    SUBSTITUTE_BARRED = "substitute_barred"
    DECLINED_BEFORE = "declined_before"
    IS_SUBJECT = "is_subject"
    CONFIDENTIAL = "confidential"
    TOWN_DECIDES = "town_decides"
    BELOW_SERVICE = "below_service"
    NARROWER_FOUND = "narrower_found"
    SAME_RANK = "same_rank"


@dataclass(frozen=True)
class Verdict:
    """What was found about one candidate."""

    duty_id: int
    person_id: int
    reason: Reason
    # Why they would have been passed over, had there been anybody else.
    was: Reason | None = None


@dataclass(frozen=True)
class Outcome:
    """Who leads, by which duty, and everybody's verdict in the order of asking."""

    person_id: int
    duty_id: int
    verdicts: tuple[Verdict, ...]


def question_of(
    first: DutyKind,
    *,
    is_confidential: bool,
    about_person_id: int | None = None,
    declined: frozenset[int] = frozenset(),
    town_decides: bool = False,
) -> Question:
    """What must be decided about a request for a service that asks ``first`` first."""
    return Question(
        service_duty=DutyKind.TOWN_DESK if is_confidential else first,
        is_confidential=is_confidential,
        about_person_id=about_person_id,
        declined_person_ids=declined,
        town_decides=town_decides,
    )


def may_answer(question: Question, candidate: Candidate) -> bool:
    """Whether a candidate may ever hold this request: the chain of its place."""
    if candidate.person_id == question.about_person_id:
        return False
    return not question.is_confidential or candidate.kind in DESKS


def chain_of(inputs: Inputs) -> dict[int, int]:
    """People who may accept, substitutes included, each with the nearest duty."""
    found: dict[int, int] = {}
    for candidate in inputs.ranked:
        if not may_answer(inputs.question, candidate):
            continue
        found.setdefault(candidate.person_id, candidate.duty_id)
        substitute = candidate.stand_in(inputs.day)
        if substitute is not None and substitute != inputs.question.about_person_id:
            found.setdefault(substitute, candidate.duty_id)
    return found


def choose(inputs: Inputs) -> Outcome | None:
    """The first of the chain who can, or None where the chain has no desk at all.

    By the function of the version that the inputs name.
    """
    return CHOOSERS[inputs.chooser](inputs)


def _choose(inputs: Inputs) -> Outcome | None:
    """The service names the duty that is asked first.

    If nobody from there upward can, the last desk is named even though it declined or
    is on leave: a request without a handler would be worse.
    """
    ordered = inputs.ranked
    verdicts: list[Verdict] = []
    chosen: tuple[Candidate, int] | None = None
    for candidate in ordered:
        reason, handler = _judge(inputs, candidate)
        if reason is None and chosen is not None:
            is_same = _step(chosen[0]) == _step(candidate)
            reason = Reason.SAME_RANK if is_same else Reason.NARROWER_FOUND
        if reason is None:
            chosen = (candidate, handler)
            stands_in = handler != candidate.person_id
            reason = Reason.CHOSEN_AS_SUBSTITUTE if stands_in else Reason.CHOSEN
        verdicts.append(Verdict(candidate.duty_id, candidate.person_id, reason))
    if chosen is None:
        last = _last_resort(inputs.question, ordered)
        if last is None:
            return None
        chosen = (last, last.person_id)
        verdicts = [
            Verdict(v.duty_id, v.person_id, Reason.CHOSEN, was=v.reason)
            if v.duty_id == last.duty_id
            else v
            for v in verdicts
        ]
    candidate, handler = chosen
    return Outcome(handler, candidate.duty_id, tuple(verdicts))


def _step(candidate: Candidate) -> tuple[str, str]:
    return candidate.kind, candidate.place_kind


def _judge(inputs: Inputs, candidate: Candidate) -> tuple[Reason | None, int]:
    """Why a candidate cannot be chosen, or None with the person who would handle it."""
    question, handler = inputs.question, candidate.person_id
    chain, is_desk = inputs.terms.chain, candidate.kind in DESKS
    if handler == question.about_person_id:
        return Reason.IS_SUBJECT, handler
    if question.is_confidential and not is_desk:
        return Reason.CONFIDENTIAL, handler
    if question.town_decides and not is_desk:
        return Reason.TOWN_DECIDES, handler
    if chain.index(candidate.kind) < chain.index(question.service_duty):
        return Reason.BELOW_SERVICE, handler
    if handler in question.declined_person_ids:
        return Reason.DECLINED_BEFORE, handler
    if candidate.leave_on(inputs.day) is not None:
        return _judge_substitute(question, candidate, inputs.day)
    return None, handler


_HINDERED = {
    Hindrance.LEFT: Reason.SUBSTITUTE_LEFT,
    Hindrance.AWAY: Reason.SUBSTITUTE_AWAY,
    Hindrance.NO_DESK: Reason.SUBSTITUTE_NO_DESK,
}


def _judge_substitute(
    question: Question, candidate: Candidate, day: date
) -> tuple[Reason | None, int]:
    """The same of whoever stands in for a candidate on leave."""
    leave, substitute = candidate.leave, candidate.stand_in(day)
    if leave is not None and leave.hindrance is not None:
        return _HINDERED[leave.hindrance], candidate.person_id
    if substitute is None:
        return Reason.ON_LEAVE, candidate.person_id
    if substitute in (*question.declined_person_ids, question.about_person_id):
        return Reason.SUBSTITUTE_BARRED, candidate.person_id
    return None, substitute


def _last_resort(question: Question, ordered: Sequence[Candidate]) -> Candidate | None:
    """The widest desk that is not itself the subject, even on leave."""
    desks = [
        c
        for c in ordered
        if c.kind in DESKS and c.person_id != question.about_person_id
    ]
    everybody = desks or [c for c in ordered if c.kind in DESKS]
    return everybody[-1] if everybody else None


# A function that has chosen is not changed: another one gets the next number, and what
# the older one decided is recomputed by it.
CHOOSERS: Mapping[int, Callable[[Inputs], Outcome | None]] = {1: _choose}
CHOOSER = max(CHOOSERS)
