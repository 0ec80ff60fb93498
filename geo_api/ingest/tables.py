"""Ledgers as CSV or xlsx: read into rows by their Chinese headers, or say why not."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from geo_api.errors import InvalidInput

_MAX_ROWS = 100_000
_MAX_BYTES = 50_000_000
_MAX_CELL = 500
# A cell that begins so is run as a formula by spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """A column of a ledger: header, field, and what it must hold."""

    header: str
    name: str
    is_required: bool = False
    example: str = ""


@dataclass(frozen=True)
class RowProblem:
    """What is wrong with one cell; rows are counted as the spreadsheet shows them."""

    row: int
    column: str
    msg: str
    mend: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass
class TableReport:
    """Counts and problems of a ledger's import."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    is_committed: bool = False

    @property
    def is_acceptable(self) -> bool:
        """Whether nothing refuses the file."""
        return not self.problems

    def lines(self, say: Callable[[str, dict[str, Any]], str]) -> list[str]:
        """The report for a terminal, a hundred problems at most."""
        counts = {"rows": self.rows, "added": self.added, "changed": self.changed}
        shown = [f"{say(name, {})}: {n}" for name, n in counts.items()]
        for p in self.problems[:100]:
            what, mend = say(p.msg, p.params), say(p.mend, p.params)
            shown.append(f"✗ {p.row} · {p.column}: {what} → {mend}")
        if len(self.problems) > 100:
            shown.append(f"… +{len(self.problems) - 100}")
        return shown


def _refuse(msg: str, mend: str, **params: Any) -> InvalidInput:
    return InvalidInput(msg, loc=("file",), mend=mend, **params)


def read_rows(
    content: BinaryIO, filename: str, columns: Sequence[Column]
) -> list[dict[str, str]]:
    """Rows by field name; the header must be the first line. Formulas are refused."""
    blob = content.read(_MAX_BYTES + 1)
    if len(blob) > _MAX_BYTES:
        raise _refuse(
            "The file is larger than %(limit)s bytes", "Split it", limit=_MAX_BYTES
        )
    lines = _xlsx(blob) if filename.lower().endswith(".xlsx") else _csv(blob)
    if not lines:
        raise _refuse("The file is empty", "Fill in the template")
    header = [cell.strip().lstrip("\ufeff") for cell in lines[0]]
    missing = [c.header for c in columns if c.is_required and c.header not in header]
    unknown = [h for h in header if h and h not in {c.header for c in columns}]
    if missing or unknown:
        raise _refuse(
            "The header does not fit: missing %(missing)s; unknown %(unknown)s",
            "Use the template; leave its first line as it is",
            missing=", ".join(missing) or "-",
            unknown=", ".join(unknown) or "-",
        )
    if len(lines) - 1 > _MAX_ROWS:
        raise _refuse(
            "The file has more than %(limit)s rows", "Split it", limit=_MAX_ROWS
        )
    names = {c.header: c.name for c in columns}
    return [
        {
            "_row": str(number),
            **{
                names[h]: cell.strip()
                for h, cell in zip(header, line, strict=False)
                if h
            },
        }
        for number, line in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in line)
    ]


def _csv(blob: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = blob.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        try:
            return list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as error:
            raise _refuse(
                "The CSV is broken: %(why)s", "Save it again as CSV", why=str(error)
            ) from error
    raise _refuse("This is not a text file", "Save it as CSV (UTF-8) or as xlsx")


def _xlsx(blob: bytes) -> list[list[str]]:
    try:
        book = load_workbook(io.BytesIO(blob), read_only=True, data_only=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise _refuse("This is not an xlsx file", "Save it again as xlsx") from error
    sheet = book.worksheets[0]
    lines = []
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > _MAX_ROWS + 1:
            break
        line = []
        for value in row:
            if isinstance(value, str) and value.startswith("="):
                raise _refuse(
                    "Row %(row)s holds a formula", "Paste values only", row=number
                )
            line.append(_cell(value))
        lines.append(line)
    book.close()
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "date") and callable(value.date):
        return str(value.date().isoformat())
    return str(value)


def find_missing(
    rows: Sequence[dict[str, str]], columns: Sequence[Column]
) -> list[RowProblem]:
    """Empty required cells and cells that are far too long."""
    problems = []
    for row in rows:
        for column in columns:
            value = row.get(column.name, "")
            if column.is_required and not value:
                problems.append(
                    RowProblem(
                        int(row["_row"]), column.header, "This is empty", "Fill it in"
                    )
                )
            elif len(value) > _MAX_CELL:
                problems.append(
                    RowProblem(
                        int(row["_row"]),
                        column.header,
                        "This is longer than %(limit)s characters",
                        "Shorten it",
                        {"limit": _MAX_CELL},
                    )
                )
    return problems


def inert(text: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_template(columns: Sequence[Column]) -> bytes:
    """An xlsx with the header and one example line."""
    book = Workbook()
    sheet = book.active
    sheet.append([column.header for column in columns])
    sheet.append([inert(column.example) for column in columns])
    for i, column in enumerate(columns, start=1):
        sheet.column_dimensions[sheet.cell(1, i).column_letter].width = max(
            14, 2 * len(column.header) + 2
        )
        if column.is_required:
            sheet.cell(1, i).font = Font(bold=True)
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
