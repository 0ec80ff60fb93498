"""A table as it comes out of a file: sheets of lines of cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from geo_api.ingest.cells import Cell


@dataclass(frozen=True)
class Line:
    """A line that is not blank, with the number that the spreadsheet shows."""

    number: int
    cells: list[Cell]
    is_hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook, or one way to understand a text."""

    name: str
    # Anew with each call: who looks at the first lines has read nothing yet.
    lines: Callable[[], Iterator[Line]]
    is_hidden: bool = False
