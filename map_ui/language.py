"""Which language a page speaks, and the words its scripts need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from babel.messages.extract import extract
from starlette.requests import Request

LANGUAGES = ("zh-CN", "en")

# The visitor's own choice by ?lang= outlives the address it was made at.
COOKIE = "minqing_lang"

Words = Callable[[str], Mapping[str, str]]


def choose_language(request: Request, default: str) -> str:
    """``?lang=``, else the earlier choice, else Accept-Language, else ``default``."""
    for asked in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return asked
    for tag in _accepted(request.headers.get("accept-language", "")):
        # Whoever reads any Chinese, or any English, reads ours.
        for language in LANGUAGES:
            if tag.lower().split("-")[0] == language.split("-")[0]:
                return language
    return default


def _accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header, best first."""
    weighted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, weight = part.partition(";q=")
        try:
            weighted.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(weighted, key=lambda pair: pair[0]) if tag]


def words_in_scripts(folder: Path) -> frozenset[str]:
    """Every msgid which the scripts of ``folder`` pass to ``_()`` or ``ngettext()``.

    Of the latter it is the singular.
    """
    found: set[str] = set()
    for path in sorted(folder.rglob("*.js")):
        with path.open("rb") as script:
            for _line, msgid, *_rest in extract(
                "javascript", script, keywords={"_": None, "ngettext": (1, 2)}
            ):
                found.add(msgid if isinstance(msgid, str) else msgid[0])
    return frozenset(found)
