"""What a cell holds, and what a spreadsheet made of it on the way. Pure.

A number has fifteen digits in every spreadsheet: the rest of a code becomes zeros, and
nobody sees it. A format shows one thing and keeps another; "1-2" becomes a day.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Any, NamedTuple

from geo_api.signs import normalise

# What is wrong, how to mend it, and what stands in the sentences' places.
Flaw = tuple[str, str, dict[str, Any]]

_DIGITS = 15
# Formats that show the digits of a whole number as they are, however they are padded.
_PLAIN_FORMATS = frozenset({"", "General", "G/通用格式", "@", "0", "#"})
_PADDING = re.compile(r"_.|\\ |\[[^\]]*\]")
# As Excel writes a long number into a CSV.
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+)?E\+\d+", re.IGNORECASE)
_ERRORS = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|#+)"
)
_LOST = "\ufffd"
_AS_TEXT = "Format the column as text and type it again"


class Kind(Enum):
    """What a spreadsheet takes a cell for."""

    TEXT = auto()
    NUMBER = auto()
    MOMENT = auto()
    TRUTH = auto()
    FORMULA = auto()
    ERROR = auto()
    # Covered by the cell beside or above it.
    MERGED = auto()


class Cell(NamedTuple):
    """A cell's text, and what it was before it was text."""

    text: str
    kind: Kind = Kind.TEXT
    shown_as: str = ""


class Form(Enum):
    """What a column holds; the first three name somebody or something."""

    CODE = auto()
    IDENTITY = auto()
    PHONE = auto()
    LINE = auto()
    # Several lines are allowed.
    PROSE = auto()

    @property
    def is_identity(self) -> bool:
        """Whether one lost digit is somebody else."""
        return self in _IDENTITIES


_IDENTITIES = (Form.CODE, Form.IDENTITY, Form.PHONE)


def find_flaw(cell: Cell, form: Form) -> Flaw | None:
    """What makes a cell's text something else than was meant, if anything."""
    if cell.kind is Kind.FORMULA:
        return "This cell holds a formula", "Paste values only", {}
    if cell.kind is Kind.MERGED:
        msg = "This cell is merged with another and holds nothing of its own"
        return msg, "Take the merging back and fill in each row", {}
    text = cell.text
    if cell.kind is Kind.ERROR or (text[:1] == "#" and _ERRORS.fullmatch(text)):
        msg = "This cell holds an error of the spreadsheet: %(text)s"
        return msg, "Write what is meant, or empty the cell", {"text": text[:20]}
    if _LOST in text:
        msg = "This holds signs that were lost when the file was saved: %(text)s"
        mend = "Type it again, and save the file as xlsx or as CSV (UTF-8)"
        return msg, mend, {"text": text[:40]}
    if form not in _IDENTITIES:
        return None
    if cell.kind is not Kind.TEXT:
        return _find_lost_digits(cell)
    if "+" in text and _SCIENTIFIC.fullmatch(text):
        msg = "A spreadsheet shortened this number: its last digits are lost"
        return msg, _AS_TEXT, {}
    return None


def _find_lost_digits(cell: Cell) -> Flaw | None:
    if cell.kind is not Kind.NUMBER:
        msg = "A spreadsheet took this for a date or a truth: %(text)s"
        return msg, _AS_TEXT, {"text": cell.text[:20]}
    if len(cell.text) > _DIGITS or "e" in cell.text:
        msg = "A number of more than 15 digits: its last digits are lost"
        return msg, _AS_TEXT, {}
    if not cell.text.isdecimal():
        return "This is a number with a fraction or a sign", _AS_TEXT, {}
    if _PADDING.sub("", cell.shown_as.split(";")[0]).strip() not in _PLAIN_FORMATS:
        msg = "The cell shows something else than the %(text)s that it holds"
        return msg, _AS_TEXT, {"text": cell.text}
    return None


def clean(text: str, form: Form) -> str:
    """A cell's text as it is kept: signs that look alike are one."""
    text = text.strip()
    if form is not Form.PROSE and not (text.isascii() and "  " not in text):
        text = normalise(text)
    return plain_phone(text) if form is Form.PHONE else text


_PHONE = re.compile(r"\+?[\d\s().\-–—]+")
_ABROAD = re.compile(r"(?:\+|00)86(?=\d{7})")


def plain_phone(text: str) -> str:
    """A phone number without spaces, dashes and China's own code; else as it is."""
    if not _PHONE.fullmatch(text):
        return text
    digits = re.sub(r"[^\d+]", "", text)
    ours = _ABROAD.sub("", digits)
    if ours != digits and not ours.startswith(("0", "1")):
        return f"0{ours}"  # an area code, which abroad goes without its zero
    return ours
