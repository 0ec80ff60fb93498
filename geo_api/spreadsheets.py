"""Text for spreadsheets: none runs it as a formula, none chokes on it. Pure."""

from __future__ import annotations

import re

# A cell that begins so is run as a formula by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What XML has no way to write.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def inert(text: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    written = _UNWRITABLE.sub("", text)
    return f"'{written}" if written.startswith(_FORMULA) else written
