"""What somebody reads on a page: words, the order of their letters, what sticks out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from letters import han_in, latin_in
from playwright.sync_api import Page

_SCRIPT = Path(__file__).with_name("reading.js").read_text("utf-8")
_BEGIN, _END = "\u2066\u2067\u2068", "\u2069"
_TURN = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"


def read_page(page: Page) -> list[dict[str, Any]]:
    """Every text on the page with its place."""
    found: list[dict[str, Any]] = page.evaluate(f"{_SCRIPT}.read()")
    return found


def sticking_out(page: Page) -> list[str]:
    """What does not fit into the window."""
    found: list[str] = page.evaluate(f"{_SCRIPT}.stickingOut()")
    return found


def turned(texts: Iterable[dict[str, Any]], known: Collection[str]) -> list[str]:
    """Texts whose marks of direction reach the words beside them."""
    return [
        f"{found['place']}: {found['text'][:80]!r}"
        for found in texts
        if _leaks(found["text"])
        and not (found["isAlone"] and found["text"].strip() in known)
    ]


def _leaks(text: str) -> bool:
    """Whether a mark turns anything beyond the text that it was written in."""
    depth = 0
    for sign in text:
        if sign in _BEGIN:
            depth += 1
        elif sign == _END:
            depth = max(0, depth - 1)
        elif sign in _TURN and depth == 0:
            return True
    return depth > 0


def foreign_words(
    texts: Iterable[dict[str, Any]], known: Collection[str], language: str
) -> set[str]:
    """Words of another language than the page's that are nobody's data."""
    longest_first = sorted(known, key=len, reverse=True)
    words: set[str] = set()
    for text in {found["text"] for found in texts}:
        left = text
        for value in longest_first:
            left = left.replace(value, " ")
        words |= han_in(left) if language == "en" else latin_in(left)
    return words
