"""Text with separators (CSV), in whichever encoding and with whichever separator.

Nothing in such a file says either. Each way that is possible is offered as a sheet of
its own; the header, whose words are known, tells which one was meant.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from geo_api.ingest.cells import Cell
from geo_api.ingest.foreign_files import refused
from geo_api.ingest.sheets import Line, Sheet

_SEPARATORS = (",", ";", "\t", "，", "；", "|")
# How much of a text bears witness, and how much of that must be usual signs.
_HEAD, _USUAL = 500, 0.8
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
# How a spreadsheet is told the separator; it shows the next line as the first.
_TOLD = re.compile(r'\ufeff?"?sep=(.)"?\r?\n', re.IGNORECASE)
# How a spreadsheet is told that a number is text.
_QUOTED = re.compile(r'="([^"]*)"')


def read_delimited(blob: bytes) -> list[Sheet]:
    """Every way to understand a text; raises InvalidInput where it is none."""
    texts = [text for text in _decoded(blob) if "\0" not in text]
    if not texts:
        raise refused(
            "This is not a text in UTF-8, GB18030 or UTF-16",
            "Save it as CSV (UTF-8) or as xlsx",
        )
    sheets = []
    for text in texts:
        told = _TOLD.match(text)
        rest = text[told.end() :] if told else text
        sheets += [
            Sheet("", _Reading(rest, separator).lines)
            for separator in (told[1] if told else _SEPARATORS)
        ]
    return sheets


def _decoded(blob: bytes) -> list[str]:
    """The text, in the encoding that it bears witness to."""
    for mark, encoding in _MARKS.items():
        if blob.startswith(mark):
            return _decode(blob, encoding)
    if b"\0" in blob[:_HEAD]:
        # Half of the bytes of an ASCII sign are zero.
        guesses = [*_decode(blob, "utf-16-le"), *_decode(blob, "utf-16-be")]
    else:
        text = _decode(blob, "utf-8-sig")
        if text:
            return text
        guesses = _decode(blob, "gb18030")
    return [text for text in guesses if _is_chinese(text[:_HEAD])]


def _is_chinese(text: str) -> bool:
    """Whether signs are those that Chinese is written with; most others are rare."""
    beyond = [sign for sign in text if not sign.isascii()]
    usual = sum(bool(sign.encode("gb2312", "ignore")) for sign in beyond)
    return usual >= _USUAL * len(beyond) > 0


def _decode(blob: bytes, encoding: str) -> list[str]:
    try:
        return [blob.decode(encoding)]
    except UnicodeDecodeError:
        return []


class _Reading:
    """A text with one separator."""

    def __init__(self, text: str, separator: str) -> None:
        self._text = text
        self._separator = separator

    def lines(self) -> Iterator[Line]:
        reader = csv.reader(
            io.StringIO(self._text, newline=""), strict=True, delimiter=self._separator
        )
        try:
            for number, texts in enumerate(reader, 1):
                cells = [_cell(text.strip()) for text in texts]
                if any(cell.text for cell in cells):
                    yield Line(number, cells)
        except csv.Error as error:
            raise refused(
                "The CSV is broken in line %(line)s",
                "Save it again as CSV",
                line=reader.line_num,
            ) from error


def _cell(text: str) -> Cell:
    quoted = _QUOTED.fullmatch(text) if text[:1] == "=" else None
    return Cell(quoted[1] if quoted else text)
