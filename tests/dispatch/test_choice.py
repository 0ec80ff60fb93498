"""The choice: never nobody, never by chance, and a reason for each candidate."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from make_inputs import (
    CARE,
    DAY,
    FULL_CHAIN,
    candidate,
    candidates,
    inputs,
    leave,
    questions,
)

from geo_api.dispatch import choice
from geo_api.dispatch.choice import Outcome, Reason, may_answer
from geo_api.dispatch.inputs import Candidate, Question
from geo_api.duties.rules import DESKS, DutyKind


def choose(question: Question, found: Sequence[Candidate]) -> Outcome | None:
    return choice.choose(inputs(question, found))


def _step(outcome: Outcome | None, found: Sequence[Candidate]) -> DutyKind:
    assert outcome is not None
    return next(c.kind for c in found if c.duty_id == outcome.duty_id)


@given(questions, candidates, st.randoms())
def test_the_order_of_the_candidates_does_not_matter(question, found, random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert choose(question, found) == choose(question, shuffled)


@given(questions, candidates)
def test_nobody_is_left_without_a_handler_while_a_desk_exists(question, found) -> None:
    desk = candidate(99, DutyKind.COUNTY_DESK, place_code="z")
    outcome = choose(question, [*found, desk])
    assert outcome is not None
    chosen = [v for v in outcome.verdicts if v.reason.value.startswith("chosen")]
    assert len(chosen) == 1
    held = [c for c in found if c.holds_on(DAY)]
    assert len(outcome.verdicts) == len(held) + 1


@given(questions, candidates)
def test_a_confidential_request_only_goes_to_a_desk(question, found) -> None:
    desk = candidate(99, DutyKind.COUNTY_DESK, place_code="z")
    outcome = choose(question, [*found, desk])
    assert outcome is not None
    if question.is_confidential:
        assert _step(outcome, [*found, desk]) in DESKS


@given(questions, candidates)
def test_nobody_handles_a_request_about_themselves(question, found) -> None:
    desk = candidate(99, DutyKind.COUNTY_DESK, place_code="z")
    outcome = choose(question, [*found, desk])
    assert outcome is not None
    assert outcome.person_id != question.about_person_id


def test_each_step_of_the_chain_is_asked_in_turn() -> None:
    left = list(FULL_CHAIN)
    steps = []
    while left:
        outcome = choose(CARE, left)
        assert outcome is not None
        steps.append(_step(outcome, left))
        left = [c for c in left if c.kind is not steps[-1]]
    assert steps == [
        DutyKind.HOUSEHOLD_CARE,
        DutyKind.GRID,
        DutyKind.VILLAGE_DESK,
        DutyKind.STATIONED,
        DutyKind.VILLAGE_LEAD,
        DutyKind.TOWN_DESK,
        DutyKind.COUNTY_DESK,
    ]


def test_a_service_starts_at_its_own_duty() -> None:
    outcome = choose(Question(DutyKind.GRID), FULL_CHAIN)
    assert outcome is not None
    assert _step(outcome, FULL_CHAIN) is DutyKind.GRID
    assert outcome.verdicts[0].reason is Reason.BELOW_SERVICE


def test_leave_goes_to_the_substitute_and_without_one_up_the_chain() -> None:
    away = candidate(1, DutyKind.HOUSEHOLD_CARE, leave=leave(7))
    outcome = choose(CARE, [away, *FULL_CHAIN[1:]])
    assert outcome is not None
    assert outcome.person_id == 7
    assert outcome.verdicts[0].reason is Reason.CHOSEN_AS_SUBSTITUTE
    alone = candidate(1, DutyKind.HOUSEHOLD_CARE, leave=leave())
    outcome = choose(CARE, [alone, *FULL_CHAIN[1:]])
    assert outcome is not None
    assert _step(outcome, FULL_CHAIN) is DutyKind.GRID
    assert outcome.verdicts[0].reason is Reason.ON_LEAVE


def test_who_declined_is_not_asked_again_and_then_the_town_decides() -> None:
    declined = Question(DutyKind.HOUSEHOLD_CARE, declined_person_ids=frozenset({1}))
    outcome = choose(declined, FULL_CHAIN)
    assert outcome is not None
    assert _step(outcome, FULL_CHAIN) is DutyKind.GRID
    town = Question(DutyKind.HOUSEHOLD_CARE, town_decides=True)
    outcome = choose(town, FULL_CHAIN)
    assert outcome is not None
    assert _step(outcome, FULL_CHAIN) is DutyKind.TOWN_DESK


def test_the_smaller_place_code_wins_a_tie_whatever_the_ids() -> None:
    high = candidate(1, DutyKind.HOUSEHOLD_CARE, place_code="002", duty_id=1)
    low = candidate(2, DutyKind.HOUSEHOLD_CARE, place_code="001", duty_id=900)
    outcome = choose(CARE, [high, low])
    assert outcome is not None
    assert outcome.person_id == 2


def test_without_any_desk_there_is_no_choice_to_make() -> None:
    assert choose(Question(DutyKind.TOWN_DESK), FULL_CHAIN[:2]) is None


def test_the_chain_of_a_confidential_request_is_its_desks() -> None:
    question = Question(DutyKind.TOWN_DESK, is_confidential=True, about_person_id=7)
    kinds = {c.kind for c in FULL_CHAIN if may_answer(question, c)}
    assert kinds == {DutyKind.TOWN_DESK}
