"""Workbooks (xlsx) as sheets, or why they cannot be read.

What is uploaded was written by anybody: nothing of it is believed, and lines are read
one after the other, so that no file is larger in memory than what is kept of it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils import range_boundaries
from openpyxl.utils.datetime import from_excel
from openpyxl.worksheet._reader import WorkSheetParser

from geo_api.errors import InvalidInput
from geo_api.ingest.cells import Cell, Kind
from geo_api.ingest.foreign_files import refused
from geo_api.ingest.sheets import Line, Sheet

# A ledger of 100,000 lines unpacks to 60 MB of sheet and strings; styles are small.
_SHEET_BYTES = 150_000_000
_OTHER_BYTES = 3_000_000
_SHEET_PARTS = ("xl/worksheets/", "xl/sharedStrings")
# The reader holds one row, or one string, in memory as a whole.
_PIECE = re.compile(rb"</?(?:[\w.-]+:)?(?:row|si)[\s/>]")
_PIECES = 3_000_000
_PIECE_BYTES = 1 << 20
_MERGED = re.compile(rb'<(?:[\w.-]+:)?mergeCell\s+ref="([A-Z0-9:]{5,21})"')
_LONGEST_MERGED = 100
_MOST_MERGED, _MOST_MERGED_AT_ONCE = 20_000, 500
_COLUMNS = 256
# Where a sheet ends in every spreadsheet program, whatever a file claims.
_LAST_ROW = 1_048_576
# Formats of days in Chinese, which a file names by number alone.
_CHINESE_DAYS = frozenset({*range(27, 37), *range(50, 59)})

# First and last row, first and last column.
_Range = tuple[int, int, int, int]


def read_workbook(blob: bytes) -> list[Sheet]:
    """A workbook's sheets of cells, hidden ones included."""
    # There is no end to what a broken file makes its reader raise.
    try:
        merged = _refuse_bomb(blob)
        book = load_workbook(io.BytesIO(blob), read_only=True)
        sheets = [
            Sheet(
                sheet.title,
                _Reading(book, sheet, merged.get(sheet._worksheet_path, [])).lines,
                sheet.sheet_state != "visible",
            )
            for sheet in book.worksheets
        ]
    except InvalidInput:
        raise
    except Exception as error:
        raise _broken() from error
    if not sheets:
        raise _broken()
    return sheets


def _broken() -> InvalidInput:
    return refused("This is not an xlsx file", "Save it again as xlsx")


def _refuse_bomb(blob: bytes) -> dict[str, list[_Range]]:
    """A few kilobytes can unpack to gigabytes: what is declared is what is read.

    Returns the merged ranges of each part: a sheet names them behind its lines.
    """
    merged: dict[str, list[_Range]] = {}
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        sizes = {True: 0, False: 0}
        for part in archive.infolist():
            sizes[part.filename.startswith(_SHEET_PARTS)] += part.file_size
        if sizes[True] > _SHEET_BYTES or sizes[False] > _OTHER_BYTES:
            raise _too_large()
        for part in archive.infolist():
            if part.filename.startswith(_SHEET_PARTS):
                with archive.open(part) as content:
                    merged[part.filename] = _refuse_crowd(content)
    return merged


def _refuse_crowd(content: IO[bytes]) -> list[_Range]:
    """Small enough as a whole, a sheet may still be a single row of a million cells."""
    pieces = gap = 0
    tail = b""
    merged: set[_Range] = set()
    while chunk := content.read(_PIECE_BYTES):
        found = len(_PIECE.findall(chunk))
        pieces, gap = pieces + found, 0 if found else gap + 1
        for ref in _MERGED.findall(tail + chunk):
            left, top, right, bottom = range_boundaries(ref.decode())
            merged.add((top, bottom, left, right))
        tail = chunk[-_LONGEST_MERGED:]
        # No program writes comments here, where they could hide what is counted.
        if pieces > _PIECES or gap > 1 or b"<!" in chunk or len(merged) > _MOST_MERGED:
            raise _too_large()
    return sorted(merged)


def _too_large() -> InvalidInput:
    return refused(
        "The xlsx file unpacks to more than a ledger can be",
        "Copy the ledger's lines into an empty template, without pictures",
    )


class _Reading:
    """One sheet of a workbook."""

    def __init__(self, book: Any, sheet: Any, merged: list[_Range]) -> None:
        self._book = book
        self._sheet = sheet
        self._merged = merged

    def lines(self) -> Iterator[Line]:
        try:
            yield from self._lines()
        except InvalidInput:
            raise
        except Exception as error:
            raise _broken() from error

    def _lines(self) -> Iterator[Line]:
        coming, open_ = iter([*self._merged, (_LAST_ROW + 1, 0, 0, 0)]), []
        range_ = next(coming)
        with self._sheet._get_source() as source:
            parser = self._parser(source)
            for number, row in parser.parse():
                # What the parser keeps of every row would fill the memory.
                about = parser.row_dimensions.pop(str(number), {})
                if number > _LAST_ROW:
                    break
                cells = self._cells(row)
                while range_[0] <= number:
                    open_.append(range_)
                    range_ = next(coming)
                if open_:
                    open_ = [r for r in open_ if r[1] >= number]
                    if len(open_) > _MOST_MERGED_AT_ONCE:
                        raise _too_large()
                    _mark_merged(cells, number, open_)
                if any(cell.text for cell in cells):
                    is_hidden = about.get("hidden") in ("1", "true")
                    yield Line(number, cells, is_hidden)

    def _parser(self, source: IO[bytes]) -> Any:
        book = self._book
        return WorkSheetParser(
            source,
            self._sheet._shared_strings,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )

    def _cells(self, row: list[dict[str, Any]]) -> list[Cell]:
        filled = [cell for cell in row if cell["value"] is not None]
        if not filled:
            return []
        width = max(cell["column"] for cell in filled)
        if width > _COLUMNS:
            raise refused(
                "The sheet has more than %(limit)s columns",
                "Delete what stands to the right of the ledger",
                limit=_COLUMNS,
            )
        cells = [Cell("")] * width
        for cell in filled:
            cells[cell["column"] - 1] = self._cell(cell)
        return cells

    def _cell(self, cell: dict[str, Any]) -> Cell:
        value, type_ = cell["value"], cell["data_type"]
        if type_ == "f":
            return Cell("=", Kind.FORMULA)
        if type_ == "e":
            return Cell(str(value), Kind.ERROR)
        if isinstance(value, str):
            return Cell(value.strip())
        if isinstance(value, bool):
            return Cell(str(value), Kind.TRUTH)
        if isinstance(value, int | float):
            id_ = self._book._cell_styles[cell["style_id"]].numFmtId
            if id_ not in _CHINESE_DAYS:
                return Cell(_digits(value), Kind.NUMBER, self._format(id_))
            value = from_excel(value, self._book.epoch)
        if isinstance(value, datetime):
            # Spreadsheets know no days, only midnights.
            is_day = value.time() == time()
            text = str(value.date()) if is_day else value.isoformat(" ", "seconds")
            return Cell(text, Kind.MOMENT)
        return Cell(str(value), Kind.MOMENT)

    def _format(self, id_: int) -> str:
        if id_ < BUILTIN_FORMATS_MAX_SIZE:
            return str(BUILTIN_FORMATS.get(id_, ""))
        return str(self._book._number_formats[id_ - BUILTIN_FORMATS_MAX_SIZE])


def _digits(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _mark_merged(cells: list[Cell], number: int, ranges: list[_Range]) -> None:
    for top, _, left, right in ranges:
        last = min(right, _COLUMNS)
        cells += [Cell("")] * (last - len(cells))
        for column in range(left, last + 1):
            if (number, column) != (top, left) and not cells[column - 1].text:
                cells[column - 1] = Cell("", Kind.MERGED)
