"""Signs that look alike are one sign: codes and names as they are stored. Pure.

A code typed with a Chinese input method in full width, or copied with an invisible
mark, looks like its neighbour in every list and is found by nobody.
"""

from __future__ import annotations

import re
import unicodedata

# Full-width signs that are how Chinese is written, not another form of a Latin one.
_CHINESE = "！（），：；？～"
_WIDE = re.compile(f"[^{_CHINESE}…]+")
# Selectors of a glyph and fillers are no Cf, and as invisible.
_FILLERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
_SPACES = re.compile(r"[\u0020\u1680]+")


def normalise(text: str) -> str:
    """NFKC without invisible signs, spaces at the ends or twice.

    Chinese punctuation stays; control characters stay, to be refused.
    """
    seen = "".join(sign for sign in text if not _is_invisible(sign))
    narrow = _WIDE.sub(lambda run: unicodedata.normalize("NFKC", run[0]), seen)
    return _SPACES.sub(" ", narrow).strip()


def _is_invisible(sign: str) -> bool:
    return (
        unicodedata.category(sign) == "Cf"
        or sign in _FILLERS
        or "\ufe00" <= sign <= "\ufe0f"
        or "\U000e0100" <= sign <= "\U000e01ef"
    )
