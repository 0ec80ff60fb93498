"""A decision is its inputs: stored exactly, decided again from them, and compared."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from make_inputs import CARE, FULL_CHAIN, everything, inputs, leave, leaves

from geo_api.dispatch import choice
from geo_api.dispatch.choice import CHOOSER, Outcome, Reason, choose
from geo_api.dispatch.explanation import explain
from geo_api.dispatch.inputs import Inputs, Leave
from geo_api.dispatch.record import from_json, to_json
from geo_api.dispatch.replay import (
    Cannot,
    Difference,
    Field,
    differences,
    recompute,
)
from geo_api.duties.rules import DutyKind, Hindrance
from geo_api.http.language import translations

INPUTS = inputs(CARE, FULL_CHAIN)


def _outcome(given: Inputs = INPUTS) -> Outcome:
    outcome = choose(given)
    assert outcome is not None
    return outcome


@given(everything)
def test_inputs_are_stored_and_read_again_exactly(given: Inputs) -> None:
    read = from_json(Inputs, json.loads(json.dumps(to_json(given))))
    assert read == given
    assert to_json(read) == to_json(given)


@given(everything)
def test_what_was_stored_decides_alike(given: Inputs) -> None:
    outcome = choose(given)
    assert recompute(to_json(given)) == outcome
    if outcome is not None:
        assert from_json(Outcome, to_json(outcome)) == outcome
        said = explain(given, outcome, str)
        assert [c["verdict"] for c in said["candidates"]].count("chosen") == 1


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_why_is_said_in_any_language_from_the_same_inputs(language: str) -> None:
    said = explain(INPUTS, _outcome(), translations(language).gettext)
    assert said["step"] == "household_care"
    texts = [c["text"] for c in said["candidates"]]
    assert len(set(texts)) == len(FULL_CHAIN)
    assert ("请其办理" in texts[0]) == (language == "zh-CN")


_ALTERED = {
    "the leader goes on leave": (
        0,
        {"leave": to_json(leave())},
        [
            Difference(Field.HANDLER, 1, 2),
            Difference(Field.DUTY, 1001, 1002),
            Difference(Field.CANDIDATE, Reason.CHOSEN, Reason.ON_LEAVE, 1001),
            Difference(Field.CANDIDATE, Reason.NARROWER_FOUND, Reason.CHOSEN, 1002),
        ],
    ),
    "another has been away": (
        3,
        {"leave": to_json(leave())},
        [Difference(Field.CANDIDATE, Reason.NARROWER_FOUND, Reason.ON_LEAVE, 1004)],
    ),
    "another's duty had ended": (
        3,
        {"valid_to": "2025-01-01"},
        [Difference(Field.CANDIDATE, Reason.NARROWER_FOUND, None, 1004)],
    ),
    "it was somebody else": (
        3,
        {"person_id": 77},
        [Difference(Field.PERSON, 4, 77, 1004)],
    ),
    "another had another duty and was asked later": (
        3,
        {"kind": "village_lead"},
        [Difference(Field.ORDER, 1004, 1003)],
    ),
}


@pytest.mark.parametrize("what", _ALTERED)
def test_one_altered_candidate_is_told_and_nothing_else(what: str) -> None:
    which, change, expected = _ALTERED[what]
    said = to_json(INPUTS)
    assert differences(_outcome(), recompute(said)) == []
    said["candidates"][which] |= change
    assert differences(_outcome(), recompute(said)) == expected


def test_why_the_last_desk_would_have_been_passed_over_is_compared_too() -> None:
    desk = replace(FULL_CHAIN[-1], leave=leave())
    before, after = (
        _outcome(inputs(CARE, [replace(desk, leave=away)]))
        for away in (leave(), leave(1, Hindrance.LEFT))
    )
    assert differences(before, after) == [
        Difference(
            Field.CANDIDATE, Reason.ON_LEAVE, Reason.SUBSTITUTE_LEFT, desk.duty_id
        )
    ]


@given(
    everything,
    st.integers(0, 11),
    st.sampled_from(list(DutyKind)),
    st.sampled_from(["a", "b", "c"]),
    st.none() | leaves,
)
def test_outcomes_are_equal_or_differ_in_something(
    given: Inputs, which: int, kind: DutyKind, place_code: str, away: Leave | None
) -> None:
    before = choose(given)
    assume(before is not None)
    assert before is not None
    found = list(given.candidates)
    which %= len(found)
    found[which] = replace(found[which], kind=kind, place_code=place_code, leave=away)
    after = choose(replace(given, candidates=tuple(found)))
    assert (differences(before, after) == []) == (before == after)


@pytest.mark.parametrize(
    "altered",
    [
        {**to_json(INPUTS), "candidates": [{"kind": "king"}]},
        {**to_json(INPUTS), "chooser": [1]},
        {"chooser": CHOOSER},
        {},
        [],
    ],
)
def test_inputs_that_nothing_follows_from_differ_in_everything(altered) -> None:
    found = differences(_outcome(), recompute(altered))
    assert len(found) == 2 + len(FULL_CHAIN)
    assert {d.replayed for d in found} == {None}


def test_an_older_decision_is_replayed_by_its_own_rule_or_says_that_it_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last of the chain was asked once, under a rule that is here still."""

    def older(given: Inputs) -> Outcome:
        last = given.ranked[-1]
        return Outcome(last.person_id, last.duty_id, ())

    monkeypatch.setitem(choice.CHOOSERS, 0, older)
    before = replace(INPUTS, chooser=0)
    assert recompute(to_json(before)) == Outcome(7, 1007, ())
    assert recompute(to_json(replace(INPUTS, chooser=CHOOSER))) == _outcome()
    assert recompute(to_json(replace(INPUTS, chooser=99))) is Cannot.NO_CHOOSER
    assert recompute(None) is Cannot.NO_INPUTS
