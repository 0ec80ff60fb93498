"""Requests from another system's export: a hotline's, loaded as often as it comes.

The other system's number, with its channel, is an order's identity: what is here
already is counted and left alone. A row under a known number that says something else
refuses the file: it may be somebody's order that nobody else has told of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy.orm import Session

from geo_api.catalogue.queries import list_services
from geo_api.db.cipher import Cipher
from geo_api.dispatch.placement import resolve_many
from geo_api.errors import DomainError
from geo_api.ingest.orders import COLUMNS, HEADERS, Line, Reader, service_word
from geo_api.ingest.table_report import TableReport
from geo_api.ingest.tables import read_rows
from geo_api.requests.handle.bulk import carry_many
from geo_api.requests.order.known_orders import KnownOrder, find_known
from geo_api.requests.order.orders import order_many
from geo_api.settings import Settings

__all__ = ["COLUMNS", "RequestsReport", "import_requests"]


@dataclass
class RequestsReport(TableReport):
    """A report that also counts what was here already."""

    known: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """What is told of it in numbers, by msgid."""
        return {"rows": self.rows, "added": self.added, "known": self.known}


def import_requests(
    session: Session,
    cipher: Cipher,
    content: BinaryIO,
    *,
    commit: bool,
    now: datetime,
    settings: Settings,
) -> RequestsReport:
    """Order what is not here yet; all rows or none."""
    report = RequestsReport()
    rows = read_rows(content, COLUMNS, report)
    services = [service for service, _ in list_services(session, now)]
    words = {
        service_word(word): service.code
        for service in services
        for word in (service.name, service.code)
    }
    names = [service.name for service in services]
    reader = Reader(report, words, names, now, settings.place.tz)
    lines = [reader.read(row) for row in rows]
    # Two channels may use the same number.
    _note_doubles(lines, report)
    if not report.is_acceptable:
        return report
    known = find_known(session, cipher, [line.order for line in lines])
    _find_clashes(lines, known, report)
    if not report.is_acceptable:
        return report
    fresh = [line for line in lines if line.order.key not in known]
    report.known, report.added = len(lines) - len(fresh), len(fresh)
    savepoint = session.begin_nested()
    try:
        _order(session, fresh, report, cipher=cipher, settings=settings)
    except DomainError as error:
        savepoint.rollback()
        _find_misplaced(session, fresh, report, error, now=now, settings=settings)
        return report
    if commit:
        savepoint.commit()
        report.is_committed = True
    else:
        savepoint.rollback()
    return report


def _order(
    session: Session,
    lines: Sequence[Line],
    report: TableReport,
    *,
    cipher: Cipher,
    settings: Settings,
) -> None:
    open_ = [line for line in lines if line.completed_at is None]
    done = [line for line in lines if line.completed_at is not None]
    orders = [line.order for line in open_]
    ordered = order_many(session, orders, cipher=cipher, settings=settings)
    plans = [line.plan for line in done]
    ordered += carry_many(session, plans, cipher=cipher, settings=settings)
    for line, order in zip([*open_, *done], ordered, strict=True):
        for note in order.notes:
            report.remark(note.msg, line.row, HEADERS["area_code"], **note.params)


def _note_doubles(lines: Sequence[Line], report: TableReport) -> None:
    seen: dict[tuple[str, str], str] = {}
    for line in lines:
        key = line.order.key
        if line.order.external_id and key in seen:
            report.refuse(
                line.row,
                HEADERS["external_id"],
                "This number stands in row %(other)s already",
                "Keep one of the two rows",
                other=seen[key],
            )
        seen.setdefault(key, line.row["_row"])


def _find_clashes(
    lines: Sequence[Line],
    known: Mapping[tuple[str, str], KnownOrder],
    report: TableReport,
) -> None:
    """Note every row whose number another order has already."""
    for line in lines:
        here = known.get(line.order.key)
        if here is not None and here.differing:
            report.refuse(
                line.row,
                HEADERS["external_id"],
                "Another order has the number %(external_id)s already: it is "
                "%(number)s here, and this differs: %(fields)s",
                "Give another matter a number of its own; leave the row out if it "
                "is the same matter in new words",
                external_id=line.order.external_id,
                number=here.number,
                fields=here.words,
            )


def _find_misplaced(
    session: Session,
    lines: Sequence[Line],
    report: RequestsReport,
    error: DomainError,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    """Note every row whose place is wrong; raise the error if it is about none."""
    resolved = resolve_many(
        session,
        [line.order.location for line in lines],
        day=now.astimezone(settings.place.tz).date(),
        settings=settings.place,
        look_across=False,
    )
    for line, place in zip(lines, resolved, strict=True):
        if isinstance(place, DomainError):
            for problem in place.problems:
                header = HEADERS.get(str(problem.loc[-1]), HEADERS["lon"])
                report.refuse_for(line.row, header, problem)
    if report.is_acceptable:
        raise error
    report.added = report.known = 0
