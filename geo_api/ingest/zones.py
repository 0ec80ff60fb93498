"""Responsibility zones from a ledger: one line for each household of a zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.rules import AreaType
from geo_api.areas.service import current_edition, get_area, scope_areas
from geo_api.db.arrays import among
from geo_api.db.cipher import Cipher
from geo_api.errors import NotFound
from geo_api.households.models import Household
from geo_api.households.queries import places_of
from geo_api.ingest.cells import Form
from geo_api.ingest.repetitions import note_contradictions, note_doubles
from geo_api.ingest.table_report import TableReport
from geo_api.ingest.tables import Column, read_rows
from geo_api.settings import Settings
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.ledger import add_zones_many
from geo_api.zones.membership import set_zone_households
from geo_api.zones.models import ResponsibilityZone
from geo_api.zones.rules import ZoneKind

COLUMNS = (
    Column("责任区编码", "code", True, "620171103202003001", form=Form.CODE),
    Column("责任区名称", "name", True, "岘子村三社第1联户"),
    Column("所属区划编码", "area", True, "620171103202003", form=Form.IDENTITY),
    Column("户编码", "household", False, "620171103202003-0012", form=Form.IDENTITY),
)
_HEADERS = {column.name: column.header for column in COLUMNS}


def import_zones(
    session: Session,
    cipher: Cipher,  # noqa: ARG001  the same call for every ledger
    content: BinaryIO,
    *,
    commit: bool,
    now: datetime,
    settings: Settings,
    actor: Actor | None = None,
) -> TableReport:
    """Add zones, or change them by code, with their households; all rows or none."""
    report = TableReport()
    rows = read_rows(content, COLUMNS, report)
    note_contradictions(rows, COLUMNS, ("name", "area"), report)
    # A household stands in one list; which one of two would be chance.
    note_doubles(
        rows,
        COLUMNS[3],
        "This household stands in row %(other)s already",
        "A household is in one zone at a time",
        report,
    )
    if not report.is_acceptable:
        return report
    day = now.astimezone(settings.place.tz).date()
    edition_id = current_edition(session, day=day).id
    allowed = None
    if actor is not None and actor.role is not Role.ADMIN:
        allowed = scope_areas(session, actor, edition_id=edition_id)
    area_ids: dict[str, int] = {}
    for code in sorted({row["area"] for row in rows}):
        try:
            area = get_area(session, code, day=day)
        except NotFound:
            continue
        is_own = allowed is None or area.id in allowed
        if is_own and area.type is not AreaType.COUNTY:
            area_ids[code] = area.id
    codes = {row["household"] for row in rows if row.get("household")}
    found = session.execute(
        select(Household.code, Household.id).where(
            among(Household.code, codes), Household.ended_at.is_(None)
        )
    )
    households: dict[str, int] = {row.code: row.id for row in found}
    places = places_of(session, list(households.values()), edition_id=edition_id)
    zones = {row["code"]: row for row in rows}
    known = _known(session, list(zones))
    for row in rows:
        _check(row, report, area_ids, households, places)
    for code, area_id in known.items():
        if allowed is not None and area_id not in allowed:
            msg = "This zone lies outside your areas"
            report.refuse(zones[code], _HEADERS["code"], msg, "Use another code")
    if not report.is_acceptable:
        return report
    report.changed, report.added = len(known), len(zones) - len(known)
    savepoint = session.begin_nested()
    ids = add_zones_many(
        session,
        [
            ZoneDraft(
                code, row["name"], area_ids[row["area"]], ZoneKind.HOUSEHOLDS, day
            )
            for code, row in zones.items()
        ],
        keeps_polygon=True,
    )
    members = [
        (ids[row["code"]], households[row["household"]])
        for row in rows
        if row.get("household")
    ]
    set_zone_households(session, members, day=day)
    if commit:
        savepoint.commit()
        report.is_committed = True
    else:
        savepoint.rollback()
    return report


def _known(session: Session, codes: Sequence[str]) -> dict[str, int]:
    """The area of each zone that has one of these codes already."""
    zone = ResponsibilityZone
    rows = session.execute(
        select(zone.code, zone.area_id).where(among(zone.code, codes))
    )
    return {code: area_id for code, area_id in rows}  # noqa: C416  rows are not pairs


def _check(
    row: dict[str, str],
    report: TableReport,
    area_ids: dict[str, int],
    households: dict[str, int],
    places: Mapping[int, object],
) -> None:
    def wrong(name: str, msg: str, mend: str) -> None:
        report.refuse(row, _HEADERS[name], msg, mend)

    area_id = area_ids.get(row["area"])
    if area_id is None:
        wrong("area", "There is no such area, or it is not yours", "Check the code")
        return
    code = row.get("household")
    if not code:
        return
    household_id = households.get(code)
    if household_id is None:
        wrong("household", "There is no such household", "Import the households first")
        return
    place = places.get(household_id)
    levels = ("group_id", "village_id", "town_id")
    if area_id not in [getattr(place, level, None) for level in levels]:
        wrong(
            "household",
            "The household lies outside the zone's area",
            "A zone never crosses the line of its area",
        )
