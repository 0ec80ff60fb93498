"""People and their duties from a ledger: one line for each duty."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.service import current_edition, get_area
from geo_api.db.cipher import Cipher
from geo_api.errors import NotFound
from geo_api.households.service import store_contact
from geo_api.ingest.tables import (
    Column,
    RowProblem,
    TableReport,
    find_missing,
    read_rows,
)
from geo_api.settings import Settings
from geo_api.zones.models import Duty, Person, ResponsibilityZone
from geo_api.zones.rules import PLACES_OF_DUTY, DutyKind, PlaceKind, can_give_duty
from geo_api.zones.service import (
    DutyDraft,
    PersonDraft,
    add_duties_many,
    add_people_many,
    scope_areas,
)

COLUMNS = (
    Column("人员编码", "code", True, "P0001"),
    Column("姓名", "name", True, "李某某"),
    Column("党员", "is_party_member", False, "是"),
    Column("电话", "phone", False, "10012345678"),
    Column("职责", "kind", False, "联户"),
    Column("区划或责任区编码", "place", False, "620171103202003001"),
    Column("起始日期", "valid_from", False, "2026-01-01"),
    Column("结束日期", "valid_to"),
)
_HEADERS = {column.name: column.header for column in COLUMNS}

KINDS = {
    "联户": DutyKind.HOUSEHOLD_CARE,
    "包户": DutyKind.HOUSEHOLD_CARE,
    "网格": DutyKind.GRID,
    "驻村": DutyKind.STATIONED,
    "村两委": DutyKind.VILLAGE_DESK,
    "包村": DutyKind.VILLAGE_LEAD,
    "镇值班": DutyKind.TOWN_DESK,
    "县值班": DutyKind.COUNTY_DESK,
    **{kind.value: kind for kind in DutyKind},
}


def import_people(
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
    """Add people, or change them by code, with their duties; all rows or none."""
    rows = read_rows(content, filename, COLUMNS)
    report = TableReport(rows=len(rows), problems=find_missing(rows, COLUMNS))
    day = now.astimezone(settings.place.tz).date()
    edition_id = current_edition(session, day=day).id
    areas = None
    if actor is not None and actor.role is not Role.ADMIN:
        areas = scope_areas(session, actor, edition_id=edition_id)
    duties = [_duty(session, row, report, day, actor, areas) for row in rows]
    if not report.is_acceptable:
        return report
    people = {row["code"]: row for row in rows}
    known = set(session.scalars(select(Person.code).where(Person.code.in_(people))))
    report.changed, report.added = len(known), len(people) - len(known)
    savepoint = session.begin_nested()
    drafts = [
        PersonDraft(
            code,
            row["name"],
            row.get("is_party_member", "") in ("是", "1", "true", "Y"),
            contact_id=store_contact(session, cipher, phone=row["phone"], now=now)
            if row.get("phone")
            else None,
        )
        for code, row in people.items()
    ]
    ids = add_people_many(session, drafts, now=now)
    wanted = [
        DutyDraft(person_id=ids[row["code"]], **duty)
        for row, duty in zip(rows, duties, strict=True)
        if duty is not None
    ]
    add_duties_many(session, [d for d in wanted if not _is_known(session, d)])
    if commit:
        savepoint.commit()
        report.is_committed = True
    else:
        savepoint.rollback()
    return report


def _is_known(session: Session, draft: DutyDraft) -> bool:
    """Whether the same duty is there: a ledger may be loaded twice."""
    place = (
        Duty.zone_id == draft.zone_id
        if draft.zone_id is not None
        else Duty.area_id == draft.area_id
    )
    found = session.scalar(
        select(Duty.id).where(
            Duty.person_id == draft.person_id,
            Duty.kind == draft.kind.value,
            place,
            Duty.valid_to.is_(None),
        )
    )
    return found is not None


def _duty(
    session: Session,
    row: dict[str, str],
    report: TableReport,
    day: date,
    actor: Actor | None,
    areas: set[int] | None,
) -> dict[str, Any] | None:
    """The duty of a line, or None where it names none."""

    def wrong(name: str, msg: str, mend: str, **params: Any) -> None:
        report.problems.append(
            RowProblem(int(row["_row"]), _HEADERS[name], msg, mend, params)
        )

    text = row.get("kind", "")
    if not text:
        return None
    kind = KINDS.get(text)
    if kind is None:
        wrong(
            "kind",
            "%(kind)s is no duty known here",
            "联户, 网格, 驻村, 村两委, 包村 …",
            kind=text,
        )
        return None
    if actor is not None and not can_give_duty(actor.role, kind):
        wrong("kind", "This role may not give this duty", "Leave it to the town")
        return None
    place_kind, place = _place(session, row.get("place", ""), day)
    if place is None:
        wrong("place", "There is no such area or zone", "Check the code")
        return None
    if place_kind not in PLACES_OF_DUTY[kind]:
        wrong(
            "place",
            "This duty is not held for a %(kind)s",
            "Choose a place of another kind",
            kind=place_kind.value,
        )
        return None
    if areas is not None and place["_area"] not in areas:
        wrong("place", "This place is not in your areas", "Leave it to the town")
        return None
    dates: dict[str, date | None] = {"valid_from": day, "valid_to": None}
    for name in dates:
        if row.get(name):
            try:
                dates[name] = date.fromisoformat(row[name])
            except ValueError:
                wrong(name, "This is not a date", "Write the date as YYYY-MM-DD")
                return None
    start, end = dates["valid_from"], dates["valid_to"]
    if start is not None and end is not None and end <= start:
        wrong("valid_to", "The end is not after the beginning", "Correct the dates")
        return None
    ids = {key: id_ for key, id_ in place.items() if key != "_area"}
    return {"kind": kind, **dates, **ids}


def _place(
    session: Session, code: str, day: date
) -> tuple[PlaceKind, dict[str, int] | None]:
    zone = session.scalar(
        select(ResponsibilityZone).where(ResponsibilityZone.code == code)
    )
    if zone is not None:
        return PlaceKind.ZONE, {"zone_id": zone.id, "_area": zone.area_id}
    try:
        area = get_area(session, code, day=day)
    except NotFound:
        return PlaceKind.ZONE, None
    return PlaceKind(area.type.value), {"area_id": area.id, "_area": area.id}
