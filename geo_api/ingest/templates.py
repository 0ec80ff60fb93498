"""Empty ledgers to fill in."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.styles.numbers import FORMAT_TEXT

from geo_api.ingest.tables import Column
from geo_api.spreadsheets import inert


def write_template(columns: Sequence[Column]) -> bytes:
    """An xlsx with the header and one example line.

    What names somebody is text down to the last row: as a number it would lose digits.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = "台账"
    sheet.append([column.header for column in columns])
    sheet.append([inert(column.example) for column in columns])
    for i, column in enumerate(columns, start=1):
        whole = sheet.column_dimensions[sheet.cell(1, i).column_letter]
        whole.width = max(14, 2 * len(column.header) + 2)
        if column.form.is_identity:
            whole.number_format = FORMAT_TEXT
            sheet.cell(2, i).number_format = FORMAT_TEXT
        if column.is_required:
            sheet.cell(1, i).font = Font(bold=True)
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
