"""Ledgers as tables: rows by their Chinese headers, or what is wrong with them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.styles import Font

from geo_api.households.rules import CODE_PATTERN, LINE_PATTERN
from geo_api.ingest.sheets import read_lines, refused
from geo_api.spreadsheets import inert

_MAX_ROWS = 100_000
_MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class Column:
    """A column of a ledger: header, field, and what it must hold."""

    header: str
    name: str
    is_required: bool = False
    example: str = ""
    longest: int = 60
    is_code: bool = False
    # Several lines are allowed.
    is_prose: bool = False


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

    @property
    def counts(self) -> dict[str, int]:
        """What is told of it in numbers, by msgid."""
        return {"rows": self.rows, "added": self.added, "changed": self.changed}

    def lines(self, say: Callable[[str, dict[str, Any]], str]) -> list[str]:
        """The report for a terminal, a hundred problems at most."""
        shown = [f"{say(name, {})}: {n}" for name, n in self.counts.items()]
        for p in self.problems[:100]:
            what, mend = say(p.msg, p.params), say(p.mend, p.params)
            shown.append(f"✗ {p.row} · {p.column}: {what} → {mend}")
        if len(self.problems) > 100:
            shown.append(f"… +{len(self.problems) - 100}")
        return shown


def read_rows(content: BinaryIO, columns: Sequence[Column]) -> list[dict[str, str]]:
    """Rows by field name; the header must be the first line.

    ``_row`` is the number that the spreadsheet shows. The template's example, left as
    it is, is no row.
    """
    blob = content.read(_MAX_BYTES + 1)
    if len(blob) > _MAX_BYTES:
        raise refused(
            "The file is larger than %(limit)s bytes", "Split it", limit=_MAX_BYTES
        )
    lines = read_lines(blob)
    _, header = next(lines, (0, []))
    fields = _fields(header, columns)
    example = {c.name: c.example for c in columns if c.name in fields}
    rows: list[dict[str, str]] = []
    for number, line in lines:
        if any(line[len(header) :]) or any(
            cell for name, cell in zip(fields, line, strict=False) if not name
        ):
            raise refused(
                "Row %(row)s has more cells than the header",
                "A comma inside a cell needs quotes; or use xlsx",
                row=number,
            )
        cells = dict.fromkeys(fields, "") | dict(zip(fields, line, strict=False))
        cells.pop("", None)
        if cells == example:
            continue
        if len(rows) == _MAX_ROWS:
            raise refused(
                "The file has more than %(limit)s rows", "Split it", limit=_MAX_ROWS
            )
        rows.append({"_row": str(number), **cells})
    return rows


def _fields(header: list[str], columns: Sequence[Column]) -> list[str]:
    """The field of each column of a file; "" where the header is empty."""
    if not header:
        raise refused("The file is empty", "Fill in the template")
    names = {column.header: column.name for column in columns}
    missing = [c.header for c in columns if c.is_required and c.header not in header]
    unknown = [h[:40] for h in header if h and h not in names]
    doubled = [h for h in names if header.count(h) > 1]
    if missing or unknown or doubled:
        raise refused(
            "The header does not fit: missing %(missing)s; unknown %(unknown)s; "
            "doubled %(doubled)s",
            "Use the template; leave its first line as it is",
            missing=", ".join(missing) or "-",
            unknown=", ".join(unknown[:10]) or "-",
            doubled=", ".join(doubled) or "-",
        )
    return [names.get(h, "") for h in header]


def find_bad_cells(
    rows: Sequence[dict[str, str]], columns: Sequence[Column]
) -> list[RowProblem]:
    """Cells that are empty, too long, or hold what no cell of theirs may hold."""
    problems = []
    for row in rows:
        for column in columns:
            found = _wrong(row.get(column.name, ""), column)
            if found is not None:
                problems.append(RowProblem(int(row["_row"]), column.header, *found))
    return problems


def _wrong(value: str, column: Column) -> tuple[str, str, dict[str, Any]] | None:
    if not value:
        return ("This is empty", "Fill it in", {}) if column.is_required else None
    if len(value) > column.longest:
        limit = {"limit": column.longest}
        return "This is longer than %(limit)s characters", "Shorten it", limit
    if column.is_code and not re.fullmatch(CODE_PATTERN, value):
        mend = "Letters, digits, points and hyphens, 60 at most"
        return "This is not a ledger code", mend, {}
    line = re.sub(r"[\r\n\t]", " ", value) if column.is_prose else value
    if not re.fullmatch(LINE_PATTERN, line):
        mend = "Write one line without control characters"
        return "This is not one line of text", mend, {}
    return None


def find_contradictions(
    rows: Sequence[dict[str, str]], columns: Sequence[Column], names: Sequence[str]
) -> list[RowProblem]:
    """Rows of one code that differ in what a code has only one of."""
    headers = {column.name: column.header for column in columns}
    first: dict[str, dict[str, str]] = {}
    problems = []
    for row in rows:
        other = first.setdefault(row.get("code", ""), row)
        for name in names:
            if row.get(name, "") != other.get(name, ""):
                problems.append(
                    RowProblem(
                        int(row["_row"]),
                        headers[name],
                        "Row %(other)s says something else of this code",
                        "Write the same in all rows of one code",
                        {"other": other["_row"]},
                    )
                )
    return problems


def write_template(columns: Sequence[Column]) -> bytes:
    """An xlsx with the header and one example line."""
    book = Workbook()
    sheet = book.active
    sheet.title = "台账"
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
