"""Keeps people, duties, zones and leave: every change ends rows, none deletes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, Polygon
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.areas.rules import canonical
from geo_api.db.model import new_public_id
from geo_api.errors import Conflict, InvalidInput
from geo_api.zones.models import (
    Duty,
    Leave,
    Person,
    ResponsibilityZone,
    ZoneHousehold,
)
from geo_api.zones.queries import holds
from geo_api.zones.rules import DESKS, DutyKind, ZoneKind


@dataclass(frozen=True)
class PersonDraft:
    """Somebody who may answer for a place."""

    code: str
    name: str
    is_party_member: bool = False
    account_id: int | None = None
    contact_id: int | None = None


@dataclass(frozen=True)
class ZoneDraft:
    """A zone of one area; the polygon serves points without a household."""

    code: str
    name: str
    area_id: int
    kind: ZoneKind
    valid_from: date
    polygon: Polygon | MultiPolygon | None = None


@dataclass(frozen=True)
class DutyDraft:
    """A duty of a person for exactly one zone, area or household."""

    person_id: int
    kind: DutyKind
    valid_from: date
    valid_to: date | None = None
    zone_id: int | None = None
    area_id: int | None = None
    household_id: int | None = None


@dataclass(frozen=True)
class LeaveDraft:
    """Days of leave, first and last included."""

    person_id: int
    first_day: date
    last_day: date
    substitute_id: int | None = None


def add_people_many(
    session: Session, drafts: Sequence[PersonDraft], *, now: datetime
) -> dict[str, int]:
    """Add people or, by ledger code, rename them; internal ids by code."""
    if not drafts:
        return {}
    statement = upsert(Person)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Person.code],
            set_={
                "name": statement.excluded.name,
                "is_party_member": statement.excluded.is_party_member,
                "ended_at": None,
            },
        ),
        [
            {
                "public_id": new_public_id(),
                "code": draft.code,
                "name": draft.name,
                "is_party_member": draft.is_party_member,
                "account_id": draft.account_id,
                "contact_id": draft.contact_id,
                "created_at": now,
            }
            for draft in drafts
        ],
    )
    codes = [draft.code for draft in drafts]
    rows = session.execute(select(Person.code, Person.id).where(Person.code.in_(codes)))
    return {code: id_ for code, id_ in rows}  # noqa: C416  rows are not pairs to mypy


def add_zones_many(
    session: Session, drafts: Sequence[ZoneDraft], *, keeps_polygon: bool = False
) -> dict[str, int]:
    """Add zones or, by code, change them; internal ids by code.

    With ``keeps_polygon`` a zone that is there keeps its own: a ledger draws none.
    """
    if not drafts:
        return {}
    statement = upsert(ResponsibilityZone)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[ResponsibilityZone.code],
            set_={
                "name": statement.excluded.name,
                "area_id": statement.excluded.area_id,
                "valid_to": None,
                **({} if keeps_polygon else {"geom": statement.excluded.geom}),
            },
        ),
        [
            {
                "public_id": new_public_id(),
                "code": draft.code,
                "name": draft.name,
                "kind": draft.kind.value,
                "area_id": draft.area_id,
                "geom": from_shape(canonical(draft.polygon), srid=4326)
                if draft.polygon is not None
                else None,
                "valid_from": draft.valid_from,
            }
            for draft in drafts
        ],
    )
    codes = [draft.code for draft in drafts]
    zone = ResponsibilityZone
    rows = session.execute(select(zone.code, zone.id).where(zone.code.in_(codes)))
    return {code: id_ for code, id_ in rows}  # noqa: C416


def set_zone_households(
    session: Session, members: Collection[tuple[int, int]], *, day: date
) -> None:
    """Put households (zone id, household id) into zones from ``day`` on.

    A household leaves the zone it was in: it stands in one list at a time.
    """
    if not members:
        return
    wanted = {household_id: zone_id for zone_id, household_id in members}
    present = {
        household_id: (zone_id, valid_from)
        for zone_id, household_id, valid_from in session.execute(
            select(
                ZoneHousehold.zone_id,
                ZoneHousehold.household_id,
                ZoneHousehold.valid_from,
            ).where(
                ZoneHousehold.household_id.in_(list(wanted)), holds(ZoneHousehold, day)
            )
        )
    }
    moving = [h for h, (zone_id, _) in present.items() if zone_id != wanted[h]]
    end_memberships(session, moving, day=day)
    fresh = [
        {"zone_id": zone_id, "household_id": household_id, "valid_from": day}
        for household_id, zone_id in wanted.items()
        if present.get(household_id, (None,))[0] != zone_id
    ]
    if fresh:
        statement = upsert(ZoneHousehold)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["zone_id", "household_id", "valid_from"],
                set_={"valid_to": None},
            ),
            fresh,
        )


def end_memberships(
    session: Session, household_ids: Collection[int], *, day: date
) -> None:
    """Take households out of their zones from ``day`` on."""
    if not household_ids:
        return
    member = ZoneHousehold
    here = member.household_id.in_(household_ids) & holds(member, day)
    # One that began today was in force on no day: it is no history, and could not end.
    session.execute(delete(member).where(here, member.valid_from == day))
    session.execute(update(member).where(here).values(valid_to=day))


def add_duties_many(session: Session, drafts: Sequence[DutyDraft]) -> list[int]:
    """Add duties; internal ids in the order of the drafts."""
    if not drafts:
        return []
    rows: list[dict[str, Any]] = [
        {
            "public_id": new_public_id(),
            "kind": draft.kind.value,
            "person_id": draft.person_id,
            "zone_id": draft.zone_id,
            "area_id": draft.area_id,
            "household_id": draft.household_id,
            "valid_from": draft.valid_from,
            "valid_to": draft.valid_to,
        }
        for draft in drafts
    ]
    return list(
        session.scalars(
            insert(Duty).returning(Duty.id, sort_by_parameter_order=True), rows
        )
    )


def add_leaves_many(
    session: Session, drafts: Sequence[LeaveDraft], *, now: datetime
) -> list[int]:
    """Add leaves; internal ids in the order of the drafts."""
    for draft in drafts:
        if draft.last_day < draft.first_day:
            raise InvalidInput(
                "The leave ends before it begins",
                loc=("body", "last_day"),
                mend="The last day is included; it may equal the first",
            )
        if draft.substitute_id == draft.person_id:
            raise InvalidInput(
                "Nobody can stand in for themselves",
                loc=("body", "substitute_id"),
                mend="Name somebody else or leave it out",
            )
    if not drafts:
        return []
    return list(
        session.scalars(
            insert(Leave).returning(Leave.id, sort_by_parameter_order=True),
            [
                {
                    "public_id": new_public_id(),
                    "person_id": draft.person_id,
                    "first_day": draft.first_day,
                    "last_day": draft.last_day,
                    "substitute_id": draft.substitute_id,
                    "created_at": now,
                }
                for draft in drafts
            ],
        )
    )


def end_duty(session: Session, duty: Duty, *, day: date) -> None:
    """End a duty on ``day``. The last holder of a desk cannot be ended (Conflict)."""
    if DutyKind(duty.kind) in DESKS:
        _refuse_last_desk(session, duty, day)
    if duty.valid_to is not None and duty.valid_to <= day:
        raise Conflict("This duty has ended already")
    # A period holds a day at least: a duty that began today ends tomorrow.
    duty.valid_to = max(day, duty.valid_from + timedelta(days=1))


def _refuse_last_desk(session: Session, duty: Duty, day: date) -> None:
    # Locked, so that two administrators cannot each end "the other" one.
    others = session.scalars(
        select(Duty)
        .where(
            Duty.kind == duty.kind,
            Duty.area_id == duty.area_id,
            or_(Duty.valid_to.is_(None), Duty.valid_to > day),
        )
        .with_for_update()
    ).all()
    if not any(other.id != duty.id and other.valid_from <= day for other in others):
        raise Conflict(
            "This is the last holder of a compulsory desk",
            mend="Give the desk to somebody else first",
        )
