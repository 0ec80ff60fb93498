"""Every sentence that a person may read has its Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from letters import han_in, latin_in

import geo_api
import map_ui
from geo_api.http.language import say, translations

ROOT = Path(geo_api.__file__).parent
PAGES = Path(map_ui.__file__).parent
_ERRORS = {
    "BadRequest", "NotSignedIn", "WrongPassword", "NotAllowed", "MustChangePassword",
    "NotFound", "Conflict", "Gone", "TooLarge", "InvalidInput", "RateLimited",
    "LockedOut", "Unavailable", "DomainError", "Problem", "Verdict", "_refused",
    "refuse", "_refuse", "Finding", "Words",
    # What the terminal is told while the demo works.
    "_say", "line", "tell",
}  # fmt: skip
# These take what mends it as an argument of its own place.
_MENDED = {"Problem", "Verdict", "_refused", "refuse", "_refuse"}
# Here a validator's ValueError is read by whoever sent or wrote it.
_VALIDATING = {"schemas.py", "declaration.py", "settings.py"}

# What is to be written in a ledger is named as the ledger has it.
_AS_IN_A_LEDGER = {
    "Write 是 or 否",
    "Write 12345热线, 网站, 微信, 电话, 来访 or 巡查",
    "联户, 网格, 驻村, 村两委, 包村 …",
}


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
                is_said = name == "ValueError" and path.name in _VALIDATING
                if name in _ERRORS or is_said:
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
    wrong = [
        msgid
        for msgid, text in _catalogue().items()
        if set(place.findall(msgid)) != set(place.findall(text))
    ]
    assert wrong == []


def test_each_language_is_written_in_its_own_letters() -> None:
    english = {msgid for msgid in _catalogue() if han_in(msgid)} - _AS_IN_A_LEDGER
    assert english == set()
    foreign = {text: latin_in(text) for text in _catalogue().values() if latin_in(text)}
    assert foreign == {}


def test_the_catalogue_holds_no_sentence_that_nothing_says() -> None:
    said = {
        node.value
        for root in (ROOT, PAGES)
        for path in root.glob("**/*.py")
        if "node_modules" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for _file, _line, message, _comments, _context in extract_from_dir(
        PAGES,
        [("templates/**.html", "jinja2"), ("static/js/**.js", "javascript")],
        keywords={"_": None, "ngettext": (1, 2)},
    ):
        said.add(message if isinstance(message, str) else message[0])
    assert set(_catalogue()) - said == set()


def test_what_counts_one_thing_is_told_from_what_counts_more() -> None:
    """A place followed by a plural word is right for one, too, or has a singular."""
    counts = re.compile(r"%\((?:count|minutes|days|rows)\)s [a-z]+s\b")
    wrong = {i for i in _catalogue() if counts.search(i)} - {
        # Always more than one.
        "by %(count)s weeks",
        "%(count)s areas",
        "%(count)s households",
        "%(count)s people",
        "%(count)s requests",
        "%(count)s zones",
        # Settings of weeks or months.
        "Name and number are erased %(days)s days after the matter is closed. "
        "The order itself stays as a record.",
        "Rating and reopening were possible for %(days)s days",
    }
    assert wrong == set()


def _catalogue() -> dict[str, str]:
    """Chinese by msgid; of what counts, by its singular."""
    path = ROOT / "locale" / "zh_CN" / "LC_MESSAGES" / "geo_api.po"
    with path.open("rb") as file:
        found: Catalog = read_po(file, locale="zh_CN")
    return {
        m.id if isinstance(m.id, str) else m.id[0]: (
            m.string if isinstance(m.string, str) else m.string[0]
        )
        for m in found
        if m.id
    }


def test_a_sentence_is_said_in_the_callers_language() -> None:
    assert say("Not found", {}, "en") == "Not found"
    assert say("Not found", {}, "zh-CN") == "没有找到"
