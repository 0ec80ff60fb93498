"""Ledgers as tables: rows by their Chinese headers, or what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

from geo_api.errors import InvalidInput
from geo_api.households.rules import CODE_PATTERN, LINE_PATTERN
from geo_api.ingest.cells import Cell, Flaw, Form, clean, find_flaw
from geo_api.ingest.delimited import read_delimited
from geo_api.ingest.foreign_files import ZIP, refuse_other_files, refused
from geo_api.ingest.sheets import Line, Sheet
from geo_api.ingest.table_report import TableReport
from geo_api.ingest.workbooks import read_workbook
from geo_api.signs import normalise

_MAX_ROWS = 100_000
_MAX_BYTES = 50_000_000
# How far down a header is looked for: titles and dates stand above it.
_ABOVE = 20
# What a header says beside its word: that it must be filled in.
_MARKS = re.compile(r"\s+|[*＊]|[(（](?:必填|选填|必填项)[)）]")
# Columns that people keep for themselves.
_OWN = frozenset({"序号", "备注", "说明", "备考", "No", "No.", "NO", "NO."})


@dataclass(frozen=True)
class Column:
    """A column of a ledger: header, field, and what it must hold."""

    header: str
    name: str
    is_required: bool = False
    example: str = ""
    longest: int = 60
    form: Form = Form.LINE


@dataclass(frozen=True)
class _Header:
    """Where a sheet's header stands and what it names."""

    line: Line | None
    # Titles above it.
    above: tuple[int, ...]
    words: tuple[str, ...]
    # How many of the required words are there, and of all.
    fit: tuple[int, int]
    error: InvalidInput | None = None


def read_rows(
    content: BinaryIO, columns: Sequence[Column], report: TableReport
) -> list[dict[str, str]]:
    """Rows by field name; what is wrong with a cell is noted, and the cell empty.

    ``_row`` is the number that the spreadsheet shows. The template's example, left as
    it is, is no row.
    """
    blob = content.read(_MAX_BYTES + 1)
    if len(blob) > _MAX_BYTES:
        raise refused(
            "The file is larger than %(limit)s bytes", "Split it", limit=_MAX_BYTES
        )
    refuse_other_files(blob)
    sheets = read_workbook(blob) if blob.startswith(ZIP) else read_delimited(blob)
    sheet, header = _choose(sheets, columns, report)
    _check_header(header, columns)
    reading = _Reading(columns, header, report)
    rows = reading.rows(sheet.lines())
    reading.tell()
    report.rows = len(rows)
    if not rows:
        mend = "Fill in the lines below the header; the template's example is no row"
        report.refuse({"_row": "1"}, "", "There are no rows", mend)
    return rows


def _choose(
    sheets: Sequence[Sheet], columns: Sequence[Column], report: TableReport
) -> tuple[Sheet, _Header]:
    """The sheet whose header fits best, of those that are shown."""
    shown = [sheet for sheet in sheets if not sheet.is_hidden] or sheets
    headers = [_find_header(sheet, columns) for sheet in shown]
    best = max(range(len(shown)), key=lambda i: headers[i].fit)
    others = [
        sheet.name
        for sheet in sheets
        if sheet is not shown[best] and sheet.name and any(islice(sheet.lines(), 1))
    ]
    if others:
        msg = "Only the sheet %(name)s was read, and not: %(others)s"
        said = ", ".join(name[:40] for name in others[:10])
        report.remark(msg, name=shown[best].name[:40], others=said)
    return shown[best], headers[best]


def _find_header(sheet: Sheet, columns: Sequence[Column]) -> _Header:
    required = {column.header for column in columns if column.is_required}
    known = {column.header for column in columns}
    best = _Header(None, (), (), (0, 0))
    above: list[int] = []
    try:
        for line in islice(sheet.lines(), _ABOVE):
            words = tuple(_word(cell) for cell in line.cells)
            fit = len(required & set(words)), len(known & set(words))
            if best.line is None or fit > best.fit:
                best = _Header(line, tuple(above), words, fit)
            above.append(line.number)
    except InvalidInput as error:
        if best.line is None:
            return replace(best, fit=(-1, -1), error=error)
    return best


def _word(cell: Cell) -> str:
    return _MARKS.sub("", normalise(cell.text))


def _check_header(header: _Header, columns: Sequence[Column]) -> None:
    if header.error is not None:
        raise header.error
    if header.line is None:
        raise refused("The file is empty", "Fill in the template")
    known = [column.header for column in columns]
    missing = [
        c.header for c in columns if c.is_required and c.header not in header.words
    ]
    doubled = [word for word in known if header.words.count(word) > 1]
    if missing or doubled:
        unknown = [word[:40] for word in header.words if word and word not in known]
        raise refused(
            "The header does not fit: missing %(missing)s; unknown %(unknown)s; "
            "doubled %(doubled)s",
            "Use the template; leave its first line as it is",
            missing=", ".join(missing) or "-",
            unknown=", ".join(unknown[:10]) or "-",
            doubled=", ".join(doubled) or "-",
        )


class _Reading:
    """The lines below a header."""

    def __init__(
        self, columns: Sequence[Column], header: _Header, report: TableReport
    ) -> None:
        by_header = {column.header: column for column in columns}
        self._words = header.words
        self._columns = [by_header.get(word) for word in header.words]
        self._above = header.above
        self._begin = header.line.number if header.line else 0
        self._report = report
        used = [column for column in self._columns if column is not None]
        self._example = {column.name: column.example for column in used}
        self._nothing = {column.name: "" for column in used}
        # Who leaves out a column leaves it out of every row.
        self._required = sum(column.is_required for column in used)
        self._hidden: list[int] = []
        self._strange: set[str] = set()

    def rows(self, lines: Iterator[Line]) -> list[dict[str, str]]:
        """What they say, by field name."""
        rows: list[dict[str, str]] = []
        for line in lines:
            if line.number <= self._begin:
                continue
            self._refuse_more_cells(line)
            if self._is_example(line):
                continue
            if len(rows) == _MAX_ROWS:
                raise refused(
                    "The file has more than %(limit)s rows", "Split it", limit=_MAX_ROWS
                )
            if line.is_hidden:
                self._hidden.append(line.number)
            rows.append(self._row(line))
        return rows

    def tell(self) -> None:
        """Remark on what is not read, and on what is read though nobody sees it."""
        remark = self._report.remark
        if self._above:
            said = ", ".join(str(number) for number in self._above)
            remark("Lines above the header are not read: %(rows)s", rows=said)
        for word, column in zip(self._words, self._columns, strict=True):
            if word and column is None and word not in self._strange:
                remark("The column %(name)s is not read", name=word[:40])
        if self._hidden:
            said = ", ".join(str(number) for number in self._hidden[:10])
            msg = "Hidden rows are read, too: %(rows)s (%(count)s)"
            remark(msg, rows=said, count=len(self._hidden))

    def _is_example(self, line: Line) -> bool:
        cells = dict(self._nothing)
        for column, cell in zip(self._columns, line.cells, strict=False):
            if column is not None:
                cells[column.name] = cell.text
        return cells == self._example

    def _refuse_more_cells(self, line: Line) -> None:
        words = self._words
        if any(cell.text for cell in line.cells[len(words) :]) or any(
            cell.text for word, cell in zip(words, line.cells, strict=False) if not word
        ):
            raise refused(
                "Row %(row)s has more cells than the header",
                "A comma inside a cell needs quotes; or use xlsx",
                row=line.number,
            )

    def _row(self, line: Line) -> dict[str, str]:
        row = {"_row": str(line.number), **self._nothing}
        if self._required > 1 and sum(bool(cell.text) for cell in line.cells) == 1:
            mend = "Delete the row if it is a title, a sum or a note"
            self._report.refuse(row, "", "Only one cell of this row is filled", mend)
            return row
        missing = len(self._words) - len(line.cells)
        cells = [*line.cells, *[Cell("")] * missing]
        for word, column, cell in zip(self._words, self._columns, cells, strict=False):
            if column is not None:
                row[column.name] = self._text(row, column, cell)
            elif cell.text and word not in _OWN and word not in self._strange:
                self._strange.add(word)
                msg = "This column is not known here, and it is filled"
                mend = "Delete the column, or name it as the template does"
                self._report.refuse(row, word[:40], msg, mend)
        return row

    def _text(self, row: dict[str, str], column: Column, cell: Cell) -> str:
        """A cell as it is kept; where something is wrong with it, empty."""
        text = clean(cell.text, column.form)
        flaw = find_flaw(cell, column.form) or _find_wrong(text, column)
        if flaw is None:
            return text
        msg, mend, params = flaw
        self._report.refuse(row, column.header, msg, mend, **params)
        return ""


def _find_wrong(value: str, column: Column) -> Flaw | None:
    """Whether a text is empty, too long, or holds what no cell of its kind may hold."""
    if not value:
        return ("This is empty", "Fill it in", {}) if column.is_required else None
    if len(value) > column.longest:
        limit = {"limit": column.longest}
        return "This is longer than %(limit)s characters", "Shorten it", limit
    if column.form is Form.CODE and not re.fullmatch(CODE_PATTERN, value):
        mend = "Letters, digits, points and hyphens, 60 at most"
        return "This is not a ledger code", mend, {}
    if value.isprintable():
        return None
    line = re.sub(r"[\r\n\t]", " ", value) if column.form is Form.PROSE else value
    if not re.fullmatch(LINE_PATTERN, line):
        mend = "Write one line without control characters"
        return "This is not one line of text", mend, {}
    return None
