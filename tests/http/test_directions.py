"""A text within a sentence turns nothing around it, whatever marks it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import turns_others

from geo_api.directions import isolated
from geo_api.http.language import say

MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text("a反\u05d0" + MARKS, max_size=12))
def test_no_marks_reach_beyond_their_text(text: str) -> None:
    within = isolated(text)
    assert text in within
    assert not turns_others(f"前{within}后")


@pytest.mark.parametrize("text", ["", "上河村", "=1+1 <b>", "${x}\n\t\u200b"])
def test_a_text_that_turns_nothing_stays_as_it_is(text: str) -> None:
    assert isolated(text) == text


def test_a_text_that_runs_from_the_right_is_set_apart() -> None:
    assert isolated("\u05d0\u05d1 12") == "\u2068\u05d0\u05d1 12\u2069"


def test_a_sentence_keeps_its_order_around_a_name() -> None:
    said = say("There is no service %(code)s", {"code": "\u2069\u202eX"}, "en")
    assert said.startswith("There is no service \u2068")
    assert not turns_others(said)
