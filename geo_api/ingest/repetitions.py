"""Rows of one ledger that say the same thing twice, or of one thing two things."""

from __future__ import annotations

from collections.abc import Sequence

from geo_api.ingest.table_report import TableReport
from geo_api.ingest.tables import Column


def note_contradictions(
    rows: Sequence[dict[str, str]],
    columns: Sequence[Column],
    names: Sequence[str],
    report: TableReport,
) -> None:
    """Note rows of one code that differ in what a code has only one of."""
    headers = {column.name: column.header for column in columns}
    first: dict[str, dict[str, str]] = {}
    for row in rows:
        if not row.get("code"):
            continue
        other = first.setdefault(row["code"], row)
        for name in names:
            if row.get(name, "") != other.get(name, "") and not report.is_refused(
                other, headers[name]
            ):
                report.refuse(
                    row,
                    headers[name],
                    "Row %(other)s says something else of this code",
                    "Write the same in all rows of one code",
                    other=other["_row"],
                )


def note_doubles(
    rows: Sequence[dict[str, str]],
    column: Column,
    msg: str,
    mend: str,
    report: TableReport,
) -> None:
    """Note values that stand in a row before already."""
    seen: dict[str, str] = {}
    for row in rows:
        value = row.get(column.name, "")
        if value and value in seen:
            report.refuse(row, column.header, msg, mend, other=seen[value])
        seen.setdefault(value, row["_row"])
