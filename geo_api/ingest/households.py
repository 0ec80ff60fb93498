"""Households from a ledger."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.datums import Crs
from geo_api.areas.service import current_edition
from geo_api.db.arrays import among
from geo_api.db.cipher import Cipher
from geo_api.errors import InvalidInput
from geo_api.households.ledger import add_many
from geo_api.households.models import Household
from geo_api.households.queries import ids_in_own_areas
from geo_api.households.rules import ADDRESS_LENGTH, NAME_LENGTH, HouseholdDraft
from geo_api.ingest.cells import Form
from geo_api.ingest.repetitions import note_doubles
from geo_api.ingest.table_report import TableReport
from geo_api.ingest.tables import Column, read_rows
from geo_api.settings import Settings

COLUMNS = (
    Column("户编码", "code", True, "620171103202003-0012", form=Form.CODE),
    Column("户主姓名", "head_name", True, "王某某", NAME_LENGTH),
    Column("地址", "address", True, "西岔镇岘子村三社12号", ADDRESS_LENGTH),
    Column("经度", "lon", True, "103.62"),
    Column("纬度", "lat", True, "36.51"),
    Column("坐标系", "crs", True, "cgcs2000"),
    Column("电话", "phone", False, "10012345678", form=Form.PHONE),
    Column("身份证号", "id_number", form=Form.IDENTITY),
    Column("人口", "member_count", False, "4"),
)
# The fields of a draft, as the ledger's header calls them.
_HEADERS = {column.name: column.header for column in COLUMNS}


def import_households(
    session: Session,
    cipher: Cipher,
    content: BinaryIO,
    *,
    commit: bool,
    now: datetime,
    settings: Settings,
    actor: Actor | None = None,
) -> TableReport:
    """Add households, or change them by code; all rows or none.

    ``actor`` narrows it to the caller's own areas; None is the person at the server.
    """
    report = TableReport()
    rows = read_rows(content, COLUMNS, report)
    drafts = [_draft(row, report) for row in rows]
    note_doubles(
        rows,
        COLUMNS[0],
        "This code stands in row %(other)s already",
        "Give each household its own code",
        report,
    )
    if not report.is_acceptable:
        return report
    day = now.astimezone(settings.place.tz).date()
    edition_id = current_edition(session, day=day).id
    known = _known(session, [draft.code for draft in drafts])
    report.changed, report.added = len(known), len(drafts) - len(known)
    if actor is not None:
        _refuse_others(session, actor, known, rows, report, edition_id=edition_id)
    if not report.is_acceptable:
        return report
    savepoint = session.begin_nested()
    try:
        ids = add_many(session, cipher, drafts, edition_id=edition_id, now=now)
        if actor is not None:
            _refuse_outside(session, actor, ids, rows, report, edition_id=edition_id)
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
                mend = "Write digits with a decimal point"
                report.refuse(row, _HEADERS[name], "This is not a number", mend)
            return math.nan

    crs = row.get("crs", "").lower()
    if crs and crs not in set(Crs):
        report.refuse(
            row,
            _HEADERS["crs"],
            "%(crs)s is not a coordinate system known here",
            "Write wgs84, cgcs2000, gcj02 or bd09",
            crs=crs[:40],
        )
    return HouseholdDraft(
        code=row.get("code", ""),
        address=row.get("address", ""),
        head_name=row.get("head_name", ""),
        lon=number("lon"),
        lat=number("lat"),
        crs=crs,
        # A file without the column says nothing; an empty cell says that there is none.
        phone=row.get("phone"),
        id_number=row.get("id_number"),
        member_count=_members(row, report),
    )


def _members(row: dict[str, str], report: TableReport) -> int | None:
    text = row.get("member_count", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        mend = "Write a whole number"
        report.refuse(row, _HEADERS["member_count"], "This is not a whole number", mend)
        return None
    return int(text)


def _known(session: Session, codes: Sequence[str]) -> dict[str, int]:
    rows = session.execute(
        select(Household.code, Household.id).where(among(Household.code, codes))
    )
    return {code: id_ for code, id_ in rows}  # noqa: C416  rows are not pairs to mypy


def _note(
    error: InvalidInput, rows: Sequence[dict[str, str]], report: TableReport
) -> None:
    """Put the service's problems at their rows."""
    for problem in error.problems:
        _, index, name = (*problem.loc, "lon")[:3]
        header = _HEADERS.get(str(name), str(name))
        report.refuse_for(rows[int(index)], header, problem)


def _refuse_others(
    session: Session,
    actor: Actor,
    known: Mapping[str, int],
    rows: Sequence[dict[str, str]],
    report: TableReport,
    *,
    edition_id: int,
) -> None:
    """A code may not take over a household that is in somebody else's ledger."""
    mine = ids_in_own_areas(session, actor, known.values(), edition_id=edition_id)
    for row in rows:
        if row["code"] in known and known[row["code"]] not in mine:
            report.refuse(
                row,
                _HEADERS["code"],
                "This household is in the ledger of another village",
                "Use another code",
            )


def _refuse_outside(
    session: Session,
    actor: Actor,
    ids: Sequence[int],
    rows: Sequence[dict[str, str]],
    report: TableReport,
    *,
    edition_id: int,
) -> None:
    mine = ids_in_own_areas(session, actor, ids, edition_id=edition_id)
    for id_, row in zip(ids, rows, strict=True):
        if id_ not in mine:
            report.refuse(
                row,
                _HEADERS["lon"],
                "The point lies outside your areas",
                "Leave it to the village in whose area it lies",
            )
