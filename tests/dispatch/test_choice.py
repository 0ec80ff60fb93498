"""The choice: never nobody, never by chance, and a reason for each candidate."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from geo_api.dispatch.choice import Candidate, Question, Reason, choose, may_answer
from geo_api.duties.rules import DESKS, DutyKind, PlaceKind

_PLACE_OF = {
    DutyKind.HOUSEHOLD_CARE: PlaceKind.ZONE,
    DutyKind.GRID: PlaceKind.GROUP,
    DutyKind.VILLAGE_DESK: PlaceKind.VILLAGE,
    DutyKind.STATIONED: PlaceKind.VILLAGE,
    DutyKind.VILLAGE_LEAD: PlaceKind.VILLAGE,
    DutyKind.TOWN_DESK: PlaceKind.TOWN,
    DutyKind.COUNTY_DESK: PlaceKind.COUNTY,
}


def _candidate(person: int, kind: DutyKind, **changes: object) -> Candidate:
    fields: dict = {
        "person_id": person,
        "person_code": f"P{person:04}",
        "duty_id": 1000 + person,
        "kind": kind,
        "place_kind": _PLACE_OF[kind],
        "place_code": "620171103202001",
        "place_name": "一社",
        "valid_from": date(2024, 1, 1),
    }
    return Candidate(**{**fields, **changes})


CARE = Question(DutyKind.HOUSEHOLD_CARE)
FULL_CHAIN = [_candidate(i, kind) for i, kind in enumerate(DutyKind, start=1)]

candidates = st.lists(
    st.builds(
        _candidate,
        st.integers(1, 12),
        st.sampled_from(list(DutyKind)),
        place_code=st.sampled_from(["a", "b", "c"]),
        valid_from=st.dates(date(2020, 1, 1), date(2020, 1, 4)),
        is_on_leave=st.booleans(),
        substitute_id=st.none() | st.integers(1, 12),
    ),
    max_size=12,
    unique_by=lambda c: (c.person_id, c.kind, c.place_code, c.valid_from),
)
questions = st.builds(
    Question,
    st.sampled_from(list(DutyKind)),
    is_confidential=st.booleans(),
    about_person_id=st.none() | st.integers(1, 12),
    declined_person_ids=st.frozensets(st.integers(1, 12), max_size=4),
    town_decides=st.booleans(),
)


@given(questions, candidates, st.randoms())
def test_the_order_of_the_candidates_does_not_matter(question, found, random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert choose(question, found) == choose(question, shuffled)


@given(questions, candidates)
def test_nobody_is_left_without_a_handler_while_a_desk_exists(question, found) -> None:
    desk = _candidate(99, DutyKind.COUNTY_DESK, place_code="z")
    choice = choose(question, [*found, desk])
    assert choice is not None
    chosen = [v for v in choice.verdicts if v.reason.value.startswith("chosen")]
    assert len(chosen) == 1
    assert len(choice.verdicts) == len(found) + 1


@given(questions, candidates)
def test_a_confidential_request_only_goes_to_a_desk(question, found) -> None:
    desk = _candidate(99, DutyKind.COUNTY_DESK, place_code="z")
    choice = choose(question, [*found, desk])
    assert choice is not None
    if question.is_confidential:
        assert choice.step in DESKS


@given(questions, candidates)
def test_nobody_handles_a_request_about_themselves(question, found) -> None:
    desk = _candidate(99, DutyKind.COUNTY_DESK, place_code="z")
    choice = choose(question, [*found, desk])
    assert choice is not None
    assert choice.person_id != question.about_person_id


def test_each_step_of_the_chain_is_asked_in_turn() -> None:
    left = list(FULL_CHAIN)
    steps = []
    while left:
        choice = choose(CARE, left)
        assert choice is not None
        steps.append(choice.step)
        left = [c for c in left if c.kind is not choice.step]
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
    choice = choose(Question(DutyKind.GRID), FULL_CHAIN)
    assert choice is not None
    assert choice.step is DutyKind.GRID
    assert choice.verdicts[0].reason is Reason.BELOW_SERVICE


def test_leave_goes_to_the_substitute_and_without_one_up_the_chain() -> None:
    away = _candidate(1, DutyKind.HOUSEHOLD_CARE, is_on_leave=True, substitute_id=7)
    choice = choose(CARE, [away, *FULL_CHAIN[1:]])
    assert choice is not None
    assert choice.person_id == 7
    assert choice.verdicts[0].reason is Reason.CHOSEN_AS_SUBSTITUTE
    alone = _candidate(1, DutyKind.HOUSEHOLD_CARE, is_on_leave=True)
    choice = choose(CARE, [alone, *FULL_CHAIN[1:]])
    assert choice is not None
    assert choice.step is DutyKind.GRID
    assert choice.verdicts[0].reason is Reason.ON_LEAVE


def test_who_declined_is_not_asked_again_and_then_the_town_decides() -> None:
    declined = Question(DutyKind.HOUSEHOLD_CARE, declined_person_ids=frozenset({1}))
    choice = choose(declined, FULL_CHAIN)
    assert choice is not None
    assert choice.step is DutyKind.GRID
    town = Question(DutyKind.HOUSEHOLD_CARE, town_decides=True)
    choice = choose(town, FULL_CHAIN)
    assert choice is not None
    assert choice.step is DutyKind.TOWN_DESK


def test_the_smaller_place_code_wins_a_tie_whatever_the_ids() -> None:
    high = _candidate(1, DutyKind.HOUSEHOLD_CARE, place_code="002", duty_id=1)
    low = _candidate(2, DutyKind.HOUSEHOLD_CARE, place_code="001", duty_id=900)
    choice = choose(CARE, [high, low])
    assert choice is not None
    assert choice.person_id == 2


def test_without_any_desk_there_is_no_choice_to_make() -> None:
    assert choose(Question(DutyKind.TOWN_DESK), FULL_CHAIN[:2]) is None


def test_the_chain_of_a_confidential_request_is_its_desks() -> None:
    question = Question(DutyKind.TOWN_DESK, is_confidential=True, about_person_id=7)
    kinds = {c.kind for c in FULL_CHAIN if may_answer(question, c)}
    assert kinds == {DutyKind.TOWN_DESK}
