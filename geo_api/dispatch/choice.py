"""Chooses who handles a request: candidates in, one name and all reasons out. Pure.

Pure and deterministic: the order of the candidates does not matter, ties are settled
by codes and dates, and no score of persons exists anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from geo_api.duties.rules import CHAIN, DESKS, DutyKind, Hindrance, PlaceKind

_PLACES = tuple(PlaceKind)


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
class Candidate:
    """Somebody with a duty on the place or on what contains it."""

    person_id: int
    person_code: str
    duty_id: int
    kind: DutyKind
    place_kind: PlaceKind
    place_code: str
    place_name: str
    valid_from: date
    is_on_leave: bool = False
    # Who stands in while on leave, or why who was named to stand in cannot.
    substitute_id: int | None = None
    hindrance: Hindrance | None = None

    @cached_property
    def rank(self) -> tuple[int, int, str, date, str]:
        """The order in which candidates are asked: never a row id."""
        return (
            CHAIN.index(self.kind),
            _PLACES.index(self.place_kind),
            self.place_code,
            self.valid_from,
            self.person_code,
        )


@dataclass(frozen=True)
class Question:
    """What is to be decided, apart from the place."""

    service_duty: DutyKind
    is_confidential: bool = False
    about_person_id: int | None = None
    declined_person_ids: frozenset[int] = frozenset()
    # Too many declines, or too many orders from one caller: a desk looks at it.
    town_decides: bool = False


@dataclass(frozen=True)
class Verdict:
    """What was found about one candidate."""

    candidate: Candidate
    reason: Reason
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """The handler, the duty that makes them one, and everybody's verdict."""

    person_id: int
    duty_id: int
    step: DutyKind
    verdicts: tuple[Verdict, ...]


def may_answer(question: Question, candidate: Candidate) -> bool:
    """Whether a candidate may ever hold this request: the chain of its place."""
    if candidate.person_id == question.about_person_id:
        return False
    return not question.is_confidential or candidate.kind in DESKS


def choose(question: Question, candidates: Sequence[Candidate]) -> Choice | None:
    """The first of the chain who can, or None where the chain has no desk at all.

    The service names the duty that is asked first. If nobody from there upward can,
    the last desk is named even though it declined or is on leave: a request without a
    handler would be worse.
    """
    ordered = sorted(candidates, key=lambda c: c.rank)
    verdicts: list[Verdict] = []
    chosen: tuple[Candidate, int] | None = None
    for candidate in ordered:
        reason, handler = _judge(question, candidate)
        if reason is None and chosen is not None:
            is_same = chosen[0].rank[:2] == candidate.rank[:2]
            reason = Reason.SAME_RANK if is_same else Reason.NARROWER_FOUND
        if reason is None:
            chosen = (candidate, handler)
            stands_in = handler != candidate.person_id
            reason = Reason.CHOSEN_AS_SUBSTITUTE if stands_in else Reason.CHOSEN
        verdicts.append(Verdict(candidate, reason))
    if chosen is None:
        last = _last_resort(question, ordered)
        if last is None:
            return None
        chosen = (last, last.person_id)
        verdicts = [
            Verdict(v.candidate, Reason.CHOSEN, {"was": v.reason.value})
            if v.candidate is last
            else v
            for v in verdicts
        ]
    candidate, handler = chosen
    return Choice(handler, candidate.duty_id, candidate.kind, tuple(verdicts))


def _judge(question: Question, candidate: Candidate) -> tuple[Reason | None, int]:
    """Why a candidate cannot be chosen, or None with the person who would handle it."""
    handler = candidate.person_id
    is_desk = candidate.kind in DESKS
    if handler == question.about_person_id:
        return Reason.IS_SUBJECT, handler
    if question.is_confidential and not is_desk:
        return Reason.CONFIDENTIAL, handler
    if question.town_decides and not is_desk:
        return Reason.TOWN_DECIDES, handler
    if CHAIN.index(candidate.kind) < CHAIN.index(question.service_duty):
        return Reason.BELOW_SERVICE, handler
    if handler in question.declined_person_ids:
        return Reason.DECLINED_BEFORE, handler
    if candidate.is_on_leave:
        return _judge_substitute(question, candidate)
    return None, handler


_HINDERED = {
    Hindrance.LEFT: Reason.SUBSTITUTE_LEFT,
    Hindrance.AWAY: Reason.SUBSTITUTE_AWAY,
    Hindrance.NO_DESK: Reason.SUBSTITUTE_NO_DESK,
}


def _judge_substitute(
    question: Question, candidate: Candidate
) -> tuple[Reason | None, int]:
    """The same of whoever stands in for a candidate on leave."""
    if candidate.hindrance is not None:
        return _HINDERED[candidate.hindrance], candidate.person_id
    if candidate.substitute_id is None:
        return Reason.ON_LEAVE, candidate.person_id
    if candidate.substitute_id in (
        *question.declined_person_ids,
        question.about_person_id,
    ):
        return Reason.SUBSTITUTE_BARRED, candidate.person_id
    return None, candidate.substitute_id


def _last_resort(question: Question, ordered: Sequence[Candidate]) -> Candidate | None:
    """The widest desk that is not itself the subject, even on leave."""
    desks = [
        c
        for c in ordered
        if c.kind in DESKS and c.person_id != question.about_person_id
    ]
    everybody = desks or [c for c in ordered if c.kind in DESKS]
    return everybody[-1] if everybody else None
