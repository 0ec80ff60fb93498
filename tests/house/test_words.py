"""Every sentence that a person may read has its Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import geo_api
from geo_api.http.language import say, translations

ROOT = Path(geo_api.__file__).parent
_ERRORS = {
    "BadRequest", "NotSignedIn", "WrongPassword", "NotAllowed", "MustChangePassword",
    "NotFound", "Conflict", "Gone", "TooLarge", "InvalidInput", "RateLimited",
    "LockedOut", "Unavailable", "DomainError", "Problem", "Verdict", "_refused",
    # What the terminal is told while the demo works.
    "_say", "line", "tell",
}  # fmt: skip
# These take what mends it as an argument of its own place.
_MENDED = {"Problem", "Verdict", "_refused"}


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _messages() -> dict[str, str]:
    """msgids of errors and their mends, with the place they stand at."""
    found: dict[str, str] = {}
    for path in ROOT.rglob("*.py"):
        if "versions" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in _ERRORS:
                    for i, argument in enumerate(node.args[:3]):
                        text = _text(argument)
                        if text and (i == 0 or name in _MENDED):
                            found[text] = where
                    for keyword in node.keywords:
                        text = _text(keyword.value)
                        if text and keyword.arg in {"mend", "msg", "detail", "title"}:
                            found[text] = where
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    text, name = _text(node.value), getattr(target, "id", "")
                    is_title = path.name == "errors.py" and name == "title"
                    if text and (is_title or name.startswith("_MEND")):
                        found[text] = where
    return found


def test_every_error_has_its_chinese() -> None:
    chinese = translations("zh-CN")
    missing = {
        message: where
        for message, where in _messages().items()
        if chinese.gettext(message) == message
    }
    assert missing == {}


def test_translations_keep_the_places_of_their_sentences() -> None:
    place = re.compile(r"%\((\w+)\)")
    catalogue = getattr(translations("zh-CN"), "_catalog", {})
    wrong = [
        msgid
        for msgid, text in catalogue.items()
        if msgid and set(place.findall(msgid)) != set(place.findall(text))
    ]
    assert wrong == []


def test_a_sentence_is_said_in_the_callers_language() -> None:
    assert say("Not found", {}, "en") == "Not found"
    assert say("Not found", {}, "zh-CN") == "没有找到"
