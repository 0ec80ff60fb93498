"""What was found in a ledger: what refuses it first, one message for each cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geo_api.errors import Problem

_SHOWN = 100
# Who fills in a table sends no fields and knows no paths.
_MENDS = {
    "lon and lat belong together": "Fill in longitude and latitude, or neither",
    "A coordinate is not a number": "Write digits with a decimal point",
    "The point names no coordinate system": "Fill in the coordinate system: wgs84, "
    "cgcs2000, gcj02 or bd09; 220 m lie between them",
    "%(crs)s is not a coordinate system known here": "Write wgs84, cgcs2000, gcj02 or "
    "bd09",
    "lon and lat are exchanged": "Exchange longitude and latitude",
    "The point is not on earth": "Check longitude and latitude: degrees "
    "with a decimal point",
    "There is no area %(code)s": "Look the code up again in the county's list of areas",
    "It is not said where": "Fill in an address, a code or a point",
}

# By field name; ``_row`` is the number that the spreadsheet shows.
Row = Mapping[str, str]


@dataclass(frozen=True)
class RowProblem:
    """What is wrong with one cell; rows are counted as the spreadsheet shows them."""

    row: int
    column: str
    msg: str
    mend: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Remark:
    """What is worth knowing and refuses nothing; without a row, of the whole file."""

    msg: str
    params: dict[str, Any] = field(default_factory=dict)
    row: int | None = None
    column: str = ""


@dataclass
class TableReport:
    """Counts, problems and remarks of a ledger's import."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    is_committed: bool = False
    remarks: list[Remark] = field(default_factory=list)
    _problems: dict[tuple[int, str], RowProblem] = field(default_factory=dict)

    @property
    def problems(self) -> list[RowProblem]:
        """What refuses the file, by row."""
        return sorted(self._problems.values(), key=lambda problem: problem.row)

    @property
    def is_acceptable(self) -> bool:
        """Whether nothing refuses the file."""
        return not self._problems

    @property
    def counts(self) -> dict[str, int]:
        """What is told of it in numbers, by msgid."""
        return {"rows": self.rows, "added": self.added, "changed": self.changed}

    def refuse(self, row: Row, column: str, msg: str, mend: str, **params: Any) -> None:
        """Note what is wrong with a cell; what follows from that is not told again."""
        number = int(row["_row"])
        problem = RowProblem(number, column, msg, mend, params)
        self._problems.setdefault((number, column), problem)

    def refuse_for(self, row: Row, column: str, problem: Problem) -> None:
        """Note what another room finds wrong, with a mend for who fills in tables."""
        mend = _MENDS.get(problem.msg, problem.mend or "")
        self.refuse(row, column, problem.msg, mend, **problem.params)

    def is_refused(self, row: Row, column: str) -> bool:
        """Whether something is wrong with a cell already."""
        return (int(row["_row"]), column) in self._problems

    def remark(
        self, msg: str, row: Row | None = None, column: str = "", **params: Any
    ) -> None:
        """Note what refuses nothing."""
        number = int(row["_row"]) if row is not None else None
        self.remarks.append(Remark(msg, params, number, column))

    def lines(self, say: Callable[[str, dict[str, Any]], str]) -> list[str]:
        """The report for a terminal: counts, a hundred problems, a hundred remarks."""
        shown = [f"{say(name, {})}: {n}" for name, n in self.counts.items()]
        problems = self.problems
        for p in problems[:_SHOWN]:
            where = f"{p.row} · {p.column}" if p.column else f"{p.row}"
            what, mend = say(p.msg, p.params), say(p.mend, p.params)
            shown.append(f"✗ {where}: {what} → {mend}")
        if len(problems) > _SHOWN:
            shown.append(f"✗ … +{len(problems) - _SHOWN}")
        for r in self.remarks[:_SHOWN]:
            where = " · ".join(str(part) for part in (r.row, r.column) if part)
            shown.append(f"· {where}: " if where else "· ")
            shown[-1] += say(r.msg, r.params)
        if len(self.remarks) > _SHOWN:
            shown.append(f"· … +{len(self.remarks) - _SHOWN}")
        return shown
