"""People and their duties from a ledger: one line for each duty."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import BinaryIO

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.service import current_edition, scope_areas
from geo_api.db.arrays import among
from geo_api.db.cipher import Cipher
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.queries import holders_visible_to, lies_outside, open_duties
from geo_api.households.contacts import store_contacts
from geo_api.households.rules import ContactDraft, find_contact_problems
from geo_api.ingest.cells import Form
from geo_api.ingest.duties import COLUMNS as DUTY_COLUMNS
from geo_api.ingest.duties import read_duty, read_places, store_duties
from geo_api.ingest.repetitions import note_contradictions
from geo_api.ingest.table_report import TableReport
from geo_api.ingest.tables import Column, read_rows
from geo_api.people.drafts import PersonDraft
from geo_api.people.ledger import add_people_many
from geo_api.people.models import Person
from geo_api.people.queries import visible_to as people_visible_to
from geo_api.requests.handle.succession import hand_on
from geo_api.settings import Settings

COLUMNS = (
    Column("人员编码", "code", True, "P0001", form=Form.CODE),
    Column("姓名", "name", True, "李某某"),
    Column("党员", "is_party_member", False, "是"),
    Column("电话", "phone", False, "10012345678", form=Form.PHONE),
    *DUTY_COLUMNS,
)
_HEADERS = {column.name: column.header for column in COLUMNS}

_YES, _NO = {"是", "1", "true", "y", "yes"}, {"否", "0", "false", "n", "no", ""}


def import_people(
    session: Session,
    cipher: Cipher,
    content: BinaryIO,
    *,
    commit: bool,
    now: datetime,
    settings: Settings,
    actor: Actor | None = None,
) -> TableReport:
    """Add people, or change them by code, with their duties; all rows or none."""
    report = TableReport()
    rows = read_rows(content, COLUMNS, report)
    same = [n for n in ("name", "is_party_member", "phone") if rows and n in rows[0]]
    note_contradictions(rows, COLUMNS, same, report)
    day = now.astimezone(settings.place.tz).date()
    edition_id = current_edition(session, day=day).id
    areas = None
    if actor is not None and actor.role is not Role.ADMIN:
        areas = scope_areas(session, actor, edition_id=edition_id)
    book = read_places(session, rows, day)
    tz = settings.place.tz
    duties = [read_duty(row, report, day, tz, actor, areas, book) for row in rows]
    people = {row["code"]: row for row in rows}
    known = _known(session, list(people))
    for row in people.values():
        _check_person(row, report)
    others: set[str] = set()
    if actor is not None and areas is not None:
        holders = holders_visible_to(actor, areas=areas, edition_id=edition_id)
        mine = people_visible_to(actor, holders=holders)
        others = _refuse_others(
            session,
            mine,
            areas,
            known,
            people,
            report,
            edition_id=edition_id,
            day=day,
        )
    if not report.is_acceptable:
        return report
    report.changed, report.added = len(known), len(people) - len(known)
    savepoint = session.begin_nested()
    ids = _store_people(session, cipher, people, known, others, now=now)
    drafts = [
        (DutyDraft(person_id=ids[row["code"]], **duty), row)
        for row, duty in zip(rows, duties, strict=True)
        if duty is not None
    ]
    store_duties(session, drafts, report)
    if commit and report.is_acceptable:
        hand_on(
            session, actor or Actor(), list(ids.values()), now=now, settings=settings
        )
        savepoint.commit()
        report.is_committed = True
    else:
        savepoint.rollback()
    return report


def _known(session: Session, codes: Sequence[str]) -> dict[str, Person]:
    rows = session.scalars(select(Person).where(among(Person.code, codes)))
    return {person.code: person for person in rows}


def _check_person(row: dict[str, str], report: TableReport) -> None:
    for problem in find_contact_problems(
        phone=row.get("phone", ""), id_number="", loc=()
    ):
        report.refuse(row, _HEADERS["phone"], problem.msg, problem.mend or "")
    if row.get("is_party_member", "").lower() not in _YES | _NO:
        msg = "This is neither yes nor no"
        report.refuse(row, _HEADERS["is_party_member"], msg, "Write 是 or 否")


def _refuse_others(
    session: Session,
    visible: Select[Person],
    areas: Collection[int],
    known: Mapping[str, Person],
    people: Mapping[str, dict[str, str]],
    report: TableReport,
    *,
    edition_id: int,
    day: date,
) -> set[str]:
    """A code may not change who also answers elsewhere, nor name whom one cannot see.

    Who answers nowhere is anybody's; a line that changes nothing may give a duty. The
    codes of those who may not be changed.
    """
    mine = set(
        session.scalars(
            visible.with_only_columns(Person.code).where(among(Person.code, known))
        )
    )
    codes = {person.id: code for code, person in known.items()}
    elsewhere = session.scalars(
        open_duties(codes, day=day).where(lies_outside(areas, edition_id=edition_id))
    )
    others = {codes[duty.person_id] for duty in elsewhere}
    for code in sorted(others):
        if code in mine and not _is_changed(known[code], people[code]):
            continue
        report.refuse(
            people[code],
            _HEADERS["code"],
            "This person answers for places outside your areas",
            "Write what is known as it is and no telephone, or leave it to the town"
            if code in mine
            else "Use another code, or leave it to the town",
        )
    return others


def _is_changed(person: Person, row: dict[str, str]) -> bool:
    """Whether a line changes somebody; a phone always might, and nobody may ask."""
    if row["name"] != person.name or row.get("phone"):
        return True
    is_member = row.get("is_party_member")
    if is_member is None:
        return False
    return (is_member.lower() in _YES) is not person.is_party_member


def _store_people(
    session: Session,
    cipher: Cipher,
    people: Mapping[str, dict[str, str]],
    known: Mapping[str, Person],
    others: Collection[str],
    *,
    now: datetime,
) -> dict[str, int]:
    contact_ids = {code: person.contact_id for code, person in known.items()}
    # Who has no phone needs no row; who has a row keeps it, with another phone in it.
    told = {
        code: ContactDraft(phone=row["phone"], id=contact_ids.get(code))
        for code, row in people.items()
        if code not in others
        and (row.get("phone") or ("phone" in row and contact_ids.get(code) is not None))
    }
    stored = store_contacts(session, cipher, list(told.values()), now=now)
    contact_ids |= dict(zip(told, stored, strict=True))
    return add_people_many(
        session,
        [
            PersonDraft(
                code,
                row["name"],
                row["is_party_member"].lower() in _YES
                if "is_party_member" in row
                else code in known and known[code].is_party_member,
                contact_id=contact_ids.get(code),
            )
            for code, row in people.items()
        ],
        now=now,
    )
