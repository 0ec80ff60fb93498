"""CSV and xlsx as lines of cells, or why they cannot be read.

What is uploaded was written by anybody: nothing of it is believed, and lines are read
one after the other, so that no file is larger in memory than what is kept of it.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from typing import IO, Any

from openpyxl import load_workbook

from geo_api.errors import InvalidInput

_ZIP = b"PK\x03\x04"
# A ledger of 100,000 lines unpacks to 60 MB of sheet and strings; styles are small.
_SHEET_BYTES = 150_000_000
_OTHER_BYTES = 3_000_000
_SHEET_PARTS = ("xl/worksheets/", "xl/sharedStrings")
# The reader holds one row, or one string, in memory as a whole.
_PIECE = re.compile(rb"</?(?:[\w.-]+:)?(?:row|si)[\s/>]")
_PIECES = 3_000_000
_PIECE_BYTES = 1 << 20
# Where a sheet ends in every spreadsheet program, whatever a file claims.
_LAST_ROW = 1_048_576
_COLUMNS = 32


def refused(msg: str, mend: str, **params: Any) -> InvalidInput:
    """The error of a file that cannot be read at all."""
    return InvalidInput(msg, loc=("file",), mend=mend, **params)


def read_lines(blob: bytes) -> Iterator[tuple[int, list[str]]]:
    """Lines that are not blank with their number, as the spreadsheet counts them.

    Formulas are refused: what they show depends on who opens them.
    """
    lines = _xlsx(blob) if blob.startswith(_ZIP) else _csv(blob)
    for number, line in lines:
        cells = [cell.strip() for cell in line]
        if any(cell.startswith(("=", "@")) for cell in cells):
            raise refused(
                "Row %(row)s holds a formula", "Paste values only", row=number
            )
        if any(cells):
            yield number, cells


def _csv(blob: bytes) -> Iterator[tuple[int, list[str]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = blob.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        text = "\0"
    if "\0" in text:
        raise refused("This is not a text file", "Save it as CSV (UTF-8) or as xlsx")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from enumerate(reader, 1)
    except csv.Error as error:
        raise refused(
            "The CSV is broken in line %(line)s",
            "Save it again as CSV",
            line=reader.line_num,
        ) from error


def _xlsx(blob: bytes) -> Iterator[tuple[int, list[str]]]:
    # There is no end to what a broken file makes its reader raise.
    try:
        _refuse_bomb(blob)
        book = load_workbook(io.BytesIO(blob), read_only=True)
        sheet = book.worksheets[0]
        # Some programs write a wrong size; believed, it hides the lines beyond it.
        sheet.reset_dimensions()
        lines = sheet.iter_rows(max_col=_COLUMNS, values_only=True)
        for number, row in zip(range(1, _LAST_ROW + 1), lines, strict=False):
            if row.count(None) < len(row):
                yield number, [_cell(value) for value in row]
    except InvalidInput:
        raise
    except Exception as error:
        raise refused("This is not an xlsx file", "Save it again as xlsx") from error


def _refuse_bomb(blob: bytes) -> None:
    """A few kilobytes can unpack to gigabytes: what is declared is what is read."""
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        sizes = {True: 0, False: 0}
        for part in archive.infolist():
            sizes[part.filename.startswith(_SHEET_PARTS)] += part.file_size
        if sizes[True] > _SHEET_BYTES or sizes[False] > _OTHER_BYTES:
            raise _too_large()
        for part in archive.infolist():
            if part.filename.startswith(_SHEET_PARTS):
                with archive.open(part) as content:
                    _refuse_crowd(content)


def _refuse_crowd(content: IO[bytes]) -> None:
    """Small enough as a whole, a sheet may still be a single row of a million cells."""
    pieces = gap = 0
    while chunk := content.read(_PIECE_BYTES):
        found = len(_PIECE.findall(chunk))
        pieces, gap = pieces + found, 0 if found else gap + 1
        # No program writes comments here, where they could hide what is counted.
        if pieces > _PIECES or gap > 1 or b"<!" in chunk:
            raise _too_large()


def _too_large() -> InvalidInput:
    return refused(
        "The xlsx file unpacks to more than a ledger can be",
        "Copy the ledger's lines into an empty template, without pictures",
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, datetime):
        # Spreadsheets know no days, only midnights.
        is_day = value.time() == time()
        return str(value.date()) if is_day else value.isoformat(timespec="seconds")
    # Formulas over several cells come as objects.
    return "=" if hasattr(value, "ref") else str(value)
