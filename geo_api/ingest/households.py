"""Households from a ledger."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.rules import Crs
from geo_api.areas.service import current_edition
from geo_api.db.cipher import Cipher
from geo_api.errors import InvalidInput
from geo_api.households.models import Household
from geo_api.households.rules import HouseholdDraft
from geo_api.households.service import add_many, visible_to
from geo_api.ingest.tables import (
    Column,
    RowProblem,
    TableReport,
    find_missing,
    read_rows,
)
from geo_api.settings import Settings

COLUMNS = (
    Column("户编码", "code", True, "620171103202003-0012"),
    Column("户主姓名", "head_name", True, "王某某"),
    Column("地址", "address", True, "西岔镇岘子村三社12号"),
    Column("经度", "lon", True, "103.62"),
    Column("纬度", "lat", True, "36.51"),
    Column("坐标系", "crs", True, "cgcs2000"),
    Column("电话", "phone", False, "10012345678"),
    Column("身份证号", "id_number"),
    Column("人口", "member_count", False, "4"),
)
# The fields of a draft, as the ledger's header calls them.
_HEADERS = {column.name: column.header for column in COLUMNS}


def import_households(
    session: Session,
    cipher: Cipher,
    content: BinaryIO,
    *,
    filename: str,
    commit: bool,
    now: datetime,
    settings: Settings,
    actor: Actor | None = None,
) -> TableReport:
    """Add households, or change them by code; all rows or none.

    ``actor`` narrows it to the caller's own areas; None is the person at the server.
    """
    rows = read_rows(content, filename, COLUMNS)
    report = TableReport(rows=len(rows), problems=find_missing(rows, COLUMNS))
    drafts = [_draft(row, report) for row in rows]
    _find_doubles(rows, report)
    if not report.is_acceptable:
        return report
    day = now.astimezone(settings.place.tz).date()
    edition_id = current_edition(session, day=day).id
    codes = [draft.code for draft in drafts]
    known = session.scalar(
        select(func.count()).select_from(Household).where(Household.code.in_(codes))
    )
    report.changed = known or 0
    report.added = len(drafts) - report.changed
    savepoint = session.begin_nested()
    try:
        ids = add_many(session, cipher, drafts, edition_id=edition_id, now=now)
        if actor is not None:
            _refuse_foreign(session, actor, ids, rows, report, edition_id=edition_id)
    except InvalidInput as error:
        _note(error, rows, report)
    if commit and report.is_acceptable:
        savepoint.commit()
        report.is_committed = True
    else:
        savepoint.rollback()
    return report


def _draft(row: dict[str, str], report: TableReport) -> HouseholdDraft:
    def number(name: str) -> float:
        text = row.get(name, "")
        try:
            return float(text)
        except ValueError:
            if text:
                report.problems.append(
                    RowProblem(
                        int(row["_row"]),
                        _HEADERS[name],
                        "This is not a number",
                        "Write digits with a decimal point",
                    )
                )
            return math.nan

    crs = row.get("crs", "").lower()
    if crs and crs not in set(Crs):
        report.problems.append(
            RowProblem(
                int(row["_row"]),
                _HEADERS["crs"],
                "%(crs)s is not a coordinate system known here",
                "Send wgs84, cgcs2000, gcj02 or bd09",
                {"crs": crs[:40]},
            )
        )
    members = row.get("member_count", "")
    count = number("member_count") if members else math.nan
    return HouseholdDraft(
        code=row.get("code", ""),
        address=row.get("address", ""),
        head_name=row.get("head_name", ""),
        lon=number("lon"),
        lat=number("lat"),
        crs=crs,
        phone=row.get("phone", ""),
        id_number=row.get("id_number", ""),
        member_count=int(count) if math.isfinite(count) else None,
    )


def _find_doubles(rows: Sequence[dict[str, str]], report: TableReport) -> None:
    seen: dict[str, str] = {}
    for row in rows:
        code = row.get("code", "")
        if code and code in seen:
            report.problems.append(
                RowProblem(
                    int(row["_row"]),
                    _HEADERS["code"],
                    "This code stands in row %(other)s already",
                    "Give each household its own code",
                    {"other": seen[code]},
                )
            )
        seen.setdefault(code, row["_row"])


def _note(
    error: InvalidInput, rows: Sequence[dict[str, str]], report: TableReport
) -> None:
    """Put the service's problems at their rows."""
    for problem in error.problems:
        _, index, name = (*problem.loc, "lon")[:3]
        report.problems.append(
            RowProblem(
                int(rows[int(index)]["_row"]),
                _HEADERS.get(str(name), str(name)),
                problem.msg,
                problem.mend or "",
                dict(problem.params),
            )
        )


def _refuse_foreign(
    session: Session,
    actor: Actor,
    ids: Sequence[int],
    rows: Sequence[dict[str, str]],
    report: TableReport,
    *,
    edition_id: int,
) -> None:
    mine = set(
        session.scalars(
            visible_to(actor, edition_id=edition_id)
            .with_only_columns(Household.id)
            .where(Household.id.in_(ids))
        )
    )
    for id_, row in zip(ids, rows, strict=True):
        if id_ not in mine:
            report.problems.append(
                RowProblem(
                    int(row["_row"]),
                    _HEADERS["lon"],
                    "The point lies outside your areas",
                    "Leave it to the village in whose area it lies",
                )
            )
