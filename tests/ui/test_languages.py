"""No word of the pages, of a decision or of a workbook is written past the catalogue.

What the pages show in each language is read in ``test_hostile_text``, where every word
that is data is known; sentences of refusals in ``test_bad_input``.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import make
import make_requests
import pytest
from babel.messages.jslexer import Token, tokenize
from fastapi.testclient import TestClient
from letters import han_in, latin_in
from openpyxl import load_workbook

import map_ui
from geo_api.dispatch.choice import Reason
from geo_api.dispatch.explanation import REASONS
from geo_api.dispatch.rules import DUTY_WORDS
from geo_api.duties.rules import DutyKind
from geo_api.http.language import translations
from geo_api.requests.rules import Channel, Rating, Stage, Verb
from geo_api.requests.words import CHANNEL_WORDS, RATING_WORDS, STAGE_WORDS, VERB_WORDS

FOLDER = Path(map_ui.__file__).parent
SCRIPTS = sorted((FOLDER / "static" / "js").rglob("*.js"))
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
_LETTERS = re.compile(r"[A-Za-z\u3400-\u9fff]{2}")
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_READ_OUT = {"title", "aria-label", "aria-valuetext", "placeholder", "alt", "label"}
_LANGUAGES = {"English", "中文"}


class _Words(HTMLParser):
    """Texts and attributes of a template that people read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = self._is_code or tag in ("script", "style")
        self.found += [value for name, value in attrs if name in _READ_OUT and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code:
            self.found.append(data)


def test_no_template_has_words_of_its_own() -> None:
    found = {path.name: list(_words_in(path)) for path in TEMPLATES}
    assert {name: words for name, words in found.items() if words} == {}


def _words_in(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    # The name of a class is text only to a parser that does not see the block.
    text = re.sub(r"\{% block body_class %\}\w+\{% endblock %\}", "", text)
    reader = _Words()
    reader.feed(_JINJA.sub("", text))
    yield from (found for found in reader.found if _LETTERS.search(found))
    for pair in re.findall(r'\{\{\s*"([^"]*)"\s+if\b[^}]*\belse\s+"([^"]*)"', text):
        yield from set(pair) - _LANGUAGES


# Whatever stands behind one of these is read by people.
_SHOWN = re.compile(
    r'^(text|title|placeholder|alt|label|textContent|"aria-label"|"aria-valuetext"|Error)$'
)


def _shown_literals(source: str) -> Iterator[str]:
    """Literals that reach people without having passed ``_()``."""
    tokens = [t for t in tokenize(source) if not t.type.endswith("comment")]
    for i, token in enumerate(tokens[:-1]):
        name = token.value.rpartition(".")[2]
        follows = [t.value for t in tokens[i + 1 : i + 3]]
        # An object there holds settings of a chart.
        is_given = follows[0] in (":", "=", "(") or name[:1] + follows[0] == '",'
        if _SHOWN.match(name) and is_given and follows[-1] != "{":
            yield from _literals_of_expression(tokens[i + 2 :])


def _literals_of_expression(tokens: list[Token]) -> Iterator[str]:
    opened: list[str] = []
    for i, token in enumerate(tokens):
        if token.value in ("(", "{", "["):
            before = tokens[i - 1]
            is_call = token.value == "(" and before.type == "name"
            opened.append(before.value if is_call else "")
        elif token.value in (")", "}", "]"):
            if not opened:
                return
            opened.pop()
        elif token.value in (",", ";") and not opened:
            return
        elif (
            token.type in ("string", "template_string")
            # What is handed to a function is a msgid, a code or a place.
            and not set(opened) - {"", "joined", "isolated"}
            # One side of a comparison is a code.
            and tokens[i - 1].value not in ("=", "==", "===", "!==")
        ):
            yield re.sub(r"\$\{[^}]*\}", "", token.value[1:-1])


def test_no_script_shows_words_of_its_own() -> None:
    shown = {
        (path.name, text)
        for path in SCRIPTS
        for text in _shown_literals(path.read_text("utf-8"))
        if _LETTERS.search(text)
    }
    # A page whose template lacks an element tells its maker, nobody else.
    assert {name for name, _ in shown} == {"dom.js"}
    assert {text for _, text in shown} == {
        "The page has no element #",
        "The page has no element ",
    }


def test_styles_write_nothing() -> None:
    content = re.compile(r"(?<![-\w])content:\s*([^;]+);")
    written = [
        text
        for path in (FOLDER / "static" / "css").rglob("*.css")
        for text in content.findall(path.read_text("utf-8"))
    ]
    assert len(written) > 5
    # What an element says of itself came through a script or a template.
    assert set(written) <= {'""', "attr(data-label)"}


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (STAGE_WORDS, Stage),
        (VERB_WORDS, Verb),
        (RATING_WORDS, Rating),
        (CHANNEL_WORDS, Channel),
        (DUTY_WORDS, DutyKind),
        (REASONS, Reason),
    ],
)
def test_every_code_has_a_word_in_both_languages(
    words: dict[str, str], codes: type[StrEnum]
) -> None:
    assert {str(code) for code in words} == {code.value for code in codes}
    chinese = translations("zh-CN").gettext
    assert [word for word in words.values() if not han_in(chinese(word))] == []


_FOREIGN = {"zh-CN": latin_in, "en": han_in}


@pytest.mark.parametrize("language", _FOREIGN)
def test_a_decision_and_a_workbook_speak_the_callers_language(
    client: TestClient,
    world: make.World,
    sign_in: Callable[[str], dict[str, str]],
    language: str,
) -> None:
    headers = {**sign_in("county"), "Accept-Language": language}
    ordered = make_requests.order(client, world, address="村口", channel="wechat")
    path = make_requests.path_of(client, ordered)
    handler = sign_in("handler")
    make_requests.act(client, path, "decline", handler, {"reason": "beyond_my_power"})
    grid = sign_in("grid")
    make_requests.act(client, path, "accept", grid)
    make_requests.act(client, path, "complete", grid, {"note": "修好了"})
    make_requests.act(
        client, path, "rate", make_requests.link_of(ordered), {"score": "satisfied"}
    )
    shown = client.get(path, headers=headers).json()
    data = {
        shown["number"], shown["service_name"], shown["description"], "村口",
        f"{shown['handler']['name'][0]}*", shown["zone"]["name"],
        *(area["name"] for area in shown["areas"]),
    }  # fmt: skip
    said = []
    for decision in make_requests.decisions(client, path, headers):
        for candidate in decision["candidates"]:
            data.add(candidate["name"])
            place, _, words = candidate["text"].partition(" · ")
            data.add(place)
            said.append(words)
    workbook = client.get("/api/requests.xlsx", headers=headers)
    book = load_workbook(io.BytesIO(workbook.content))
    cells: list[Any] = [c.value for row in book.worksheets[0] for c in row if c.value]
    said += [book.worksheets[0].title, *(cell for cell in cells if cell not in data)]
    assert len(said) > 25
    foreign = _FOREIGN[language]
    assert {text: foreign(text) for text in said if foreign(text)} == {}
