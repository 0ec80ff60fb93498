"""Text within a sentence: it turns nothing around it and leaves room for it. Pure.

The browser's own means do not do: an unmatched end mark inside the text would end
their isolation, too.
"""

from __future__ import annotations

import re

_FIRST_STRONG, _END = "\u2068", "\u2069"
# Marks of direction, and the scripts that run from right to left.
_TURNING = re.compile(
    "[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]"
)
_MARKS = re.compile("[\u2066-\u2069]")


def isolated(text: str) -> str:
    """``text`` for a place in a sentence; only what can turn others is wrapped."""
    if not _TURNING.search(text):
        return text
    depth = before = 0
    for mark in _MARKS.findall(text):
        depth += -1 if mark == _END else 1
        # What ends more than the text began is given something to end.
        if depth < 0:
            depth, before = 0, before + 1
    return _FIRST_STRONG * (before + 1) + text + _END * (depth + 1)


def shortened(text: str, longest: int) -> str:
    """``text``, or its beginning where it is longer than that."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
