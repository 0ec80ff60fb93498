"""The duties of a ledger's lines: what each claims, and what of it is new."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.service import get_area
from geo_api.db.arrays import among
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many, duties_of, end_duty, is_same_duty
from geo_api.duties.models import Duty
from geo_api.duties.rules import PLACES_OF_DUTY, DutyKind, PlaceKind, can_give_duty
from geo_api.errors import Conflict, NotFound, Words
from geo_api.ingest.cells import Form
from geo_api.ingest.moments import read_day
from geo_api.ingest.table_report import TableReport
from geo_api.ingest.tables import Column
from geo_api.zones.models import ResponsibilityZone

COLUMNS = (
    Column("职责", "kind", False, "联户"),
    Column(
        "区划或责任区编码", "place", False, "620171103202003001", form=Form.IDENTITY
    ),
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


@dataclass(frozen=True)
class Place:
    """A zone or area by code, and the area that decides whose it is."""

    kind: PlaceKind
    area_id: int
    ids: dict[str, int]


def read_places(
    session: Session, rows: Sequence[dict[str, str]], day: date
) -> dict[str, Place]:
    """Zones and areas that the rows name; a zone comes before an area of its code."""
    codes = {row["place"] for row in rows if row.get("place")}
    zone = ResponsibilityZone
    zones = session.execute(
        select(zone.code, zone.id, zone.area_id).where(
            among(zone.code, codes), or_(zone.valid_to.is_(None), zone.valid_to > day)
        )
    )
    book = {
        code: Place(PlaceKind.ZONE, area_id, {"zone_id": id_})
        for code, id_, area_id in zones
    }
    for code in sorted(codes - book.keys()):
        try:
            area = get_area(session, code, day=day)
        except NotFound:
            continue
        book[code] = Place(PlaceKind(area.type.value), area.id, {"area_id": area.id})
    return book


def read_duty(
    row: dict[str, str],
    report: TableReport,
    day: date,
    tz: ZoneInfo,
    actor: Actor | None,
    areas: Collection[int] | None,
    book: Mapping[str, Place],
) -> dict[str, Any] | None:
    """The duty of a line, or None where it names none."""

    def wrong(name: str, msg: str, mend: str, **params: Any) -> None:
        report.refuse(row, _HEADERS[name], msg, mend, **params)

    text = row.get("kind", "")
    if not text:
        _refuse_loose_terms(row, report)
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
    place = book.get(row.get("place", ""))
    if place is None:
        wrong("place", "There is no such area or zone", "Check the code")
        return None
    if place.kind not in PLACES_OF_DUTY[kind]:
        wrong(
            "place",
            "This duty is not held for a %(kind)s",
            "Choose a place of another kind",
            kind=Words(place.kind.value),
        )
        return None
    if areas is not None and place.area_id not in areas:
        wrong("place", "This place is not in your areas", "Leave it to the town")
        return None
    dates: dict[str, date | None] = {"valid_from": day, "valid_to": None}
    for name in dates:
        if row.get(name):
            dates[name] = read_day(row[name], tz)
            if dates[name] is None:
                wrong(name, "This is not a date", "Write the date as YYYY-MM-DD")
                return None
    start, end = dates["valid_from"], dates["valid_to"]
    if start is not None and end is not None and end <= start:
        wrong("valid_to", "The end is not after the beginning", "Correct the dates")
        return None
    return {"kind": kind, **dates, **place.ids}


def _refuse_loose_terms(row: dict[str, str], report: TableReport) -> None:
    """A place or a day without a duty would be dropped in silence."""
    if report.is_refused(row, _HEADERS["kind"]):
        return
    filled = next((n for n in ("place", "valid_from", "valid_to") if row.get(n)), None)
    if filled is not None:
        msg = "A place or a day stands here, but no duty"
        report.refuse(row, _HEADERS["kind"], msg, "Fill in the duty, or empty the rest")


def store_duties(
    session: Session,
    drafts: Sequence[tuple[DutyDraft, dict[str, str]]],
    report: TableReport,
) -> None:
    """Add what is new; a duty that is there already may be given another end."""
    held: dict[int, list[Duty]] = {}
    for duty in duties_of(session, {draft.person_id for draft, _ in drafts}):
        held.setdefault(duty.person_id, []).append(duty)
    added: dict[int, list[tuple[DutyDraft, str]]] = {}
    for draft, row in drafts:
        mine = added.setdefault(draft.person_id, [])
        double = next((r for d, r in mine if is_same_duty(d, draft)), None)
        if double is not None:
            report.refuse(
                row,
                _HEADERS["kind"],
                "This duty stands in row %(other)s already",
                "Leave one of them",
                other=double,
            )
            continue
        mine.append((draft, row["_row"]))
        present = held.get(draft.person_id, [])
        same = next((d for d in present if is_same_duty(d, draft)), None)
        if same is None:
            continue
        mine.pop()
        if draft.valid_to is not None:
            _end(session, same, draft.valid_to, row, report)
    add_duties_many(session, [draft for mine in added.values() for draft, _ in mine])


def _end(
    session: Session,
    duty: Duty,
    day: date,
    row: dict[str, str],
    report: TableReport,
) -> None:
    if duty.valid_to is not None and duty.valid_to <= day:
        duty.valid_to = day
        return
    try:
        end_duty(session, duty, day=day)
    except Conflict as error:
        report.refuse(row, _HEADERS["valid_to"], error.msg, error.mend or "")
