"""Watches how statements are carried out: which tables they read as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

# They grow with every order, household or reading.
GROWING = frozenset(
    {
        "attachment",
        "audit_entry",
        "contact",
        "counter",
        "dispatch_decision",
        "household",
        "household_place",
        "idempotent_reply",
        "live_event",
        "outbox",
        "request_event",
        "service_request",
        "token",
        "zone_household",
    }
)
_ASKED = ("SELECT", "WITH", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Whole:
    """A growing table that a statement reads from end to end."""

    table: str
    by: str
    statement: str

    def __str__(self) -> str:
        return f"{self.table} by {self.by}: {' '.join(self.statement.split())}"


@dataclass(frozen=True)
class Explained:
    """A statement on a growing table, and how it is carried out."""

    statement: str
    plan: dict[str, Any]

    @property
    def wholes(self) -> list[Whole]:
        """The growing tables that it reads from end to end."""
        return [Whole(*scan, self.statement) for scan in _wholes(self.plan)]

    def goes_by(self, index: str) -> bool:
        """Whether an index finds the rows."""
        return f"'Index Name': '{index}'" in str(self.plan)


@contextmanager
def explained(where: Connection | Engine) -> Iterator[list[Explained]]:
    """Every statement on a growing table meanwhile, in order."""
    found: list[Explained] = []

    def explain(
        _conn: Any, cursor: Any, statement: str, parameters: Any, _ctx: Any, many: bool
    ) -> None:
        if many or not statement.lstrip().startswith(_ASKED):
            return
        if any(table in statement for table in GROWING):
            cursor.execute("EXPLAIN (FORMAT JSON) " + statement, parameters)
            found.append(Explained(statement, cursor.fetchone()[0][0]["Plan"]))

    event.listen(where, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(where, "before_cursor_execute", explain)


def _wholes(
    node: dict[str, Any], *, is_page: bool = False
) -> Iterator[tuple[str, str]]:
    """Table and way of each scan without a condition; a page may follow an order."""
    kind, table = node["Node Type"], node.get("Relation Name")
    is_page = is_page or kind == "Limit"
    if table in GROWING:
        if kind == "Seq Scan":
            yield table, kind
        elif kind.startswith("Index") and "Index Cond" not in node and not is_page:
            yield table, node["Index Name"]
    for inner in node.get("Plans", ()):
        # Below a sort all is read before the first row of the page is known.
        yield from _wholes(inner, is_page=is_page and kind not in ("Sort", "Aggregate"))
