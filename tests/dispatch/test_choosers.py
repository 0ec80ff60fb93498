"""What each chooser decided when it was new it decides for ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geo_api.dispatch.choice import CHOOSER, CHOOSERS, Reason
from geo_api.dispatch.record import to_json
from geo_api.dispatch.replay import recompute

# A file for each, by its number: inputs as they were stored, and what came of them. A
# new chooser gets one of its own; those that stand here are never written again.
FOLDER = Path(__file__).with_name("decided")


def test_every_chooser_has_its_decisions() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {str(n) for n in CHOOSERS}


@pytest.mark.parametrize("number", CHOOSERS)
def test_what_was_decided_is_decided_again(number: int) -> None:
    text = (FOLDER / f"{number}.json").read_text(encoding="utf-8")
    decided = json.loads(text)
    for case in decided:
        assert case["inputs"]["chooser"] == number
        assert to_json(recompute(case["inputs"])) == case["outcome"]
    said = {
        reason
        for case in decided
        for verdict in case["outcome"]["verdicts"]
        for reason in (verdict["reason"], verdict["was"])
    }
    if number == CHOOSER:
        assert set(Reason) <= said
