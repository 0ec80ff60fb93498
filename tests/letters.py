"""Whether a text is written in the letters of its language."""

from __future__ import annotations

import re
from pathlib import Path

_NAMES = {
    word
    for line in Path(__file__).with_name("latin_words.txt").read_text().splitlines()
    if not line.startswith("#")
    for word in line.split()
}
_LATIN = re.compile(r"(?<!\w)[A-Za-z][\w-]{2,}", re.ASCII)
# With the signs that are written between them.
_HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
# What is typed as it stands: a code, an address of the API, a file, a sentence's place,
# an id or its beginning.
_TYPED = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f-]{27})?\b|'[^']*'|%\(\w+\)s|\w*://\S+|/[a-z]\S*"
    r"|\bdocs/\S+|\{id\}"
)
_BEGIN, _END = "\u2066\u2067\u2068", "\u2069"
_TURN = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"


def latin_in(text: str) -> set[str]:
    """Words in a Chinese text that somebody forgot to translate."""
    found = _LATIN.findall(_TYPED.sub(" ", text))
    # With or without the number of a version.
    return {w for w in found if not {w, w.rstrip("-0123456789")} & _NAMES}


def han_in(text: str) -> set[str]:
    """Chinese in an English text."""
    return set(_HAN.findall(text))


def turns_others(text: str) -> bool:
    """Whether a mark of direction reaches beyond the text that it was written in."""
    depth = 0
    for sign in text:
        if sign in _BEGIN:
            depth += 1
        elif sign == _END:
            depth = max(0, depth - 1)
        elif sign in _TURN and depth == 0:
            return True
    return depth > 0
