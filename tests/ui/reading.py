"""What somebody reads on a page: words, the order of their letters, what sticks out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from letters import han_in, latin_in, turns_others
from playwright.sync_api import Page

_SCRIPT = Path(__file__).with_name("reading.js").read_text("utf-8")


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
        if turns_others(found["text"])
        and not (found["isAlone"] and found["text"].strip() in known)
    ]


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
