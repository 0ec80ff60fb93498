"""What stands on areas that an edition leaves out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from geo_api.accounts.models import (
    Account,
    AccountArea,
    PortalKey,
    PortalKeyArea,
    ServerKey,
    ServerKeyArea,
)
from geo_api.areas.editions import diff_editions
from geo_api.areas.models import EditionArea
from geo_api.changes.effect import AreaChange, AreaName, Desk, Holder
from geo_api.db.arrays import among
from geo_api.db.statements import read_statements
from geo_api.duties.models import Duty
from geo_api.duties.queries import places_without_answerer
from geo_api.households.models import Household, HouseholdPlace
from geo_api.people.models import Person
from geo_api.zones.models import ResponsibilityZone

SQL = read_statements(__package__, "changes.sql")

_HOW = ("renamed", "recoded", "reshaped", "reparented")
_DESKS = frozenset({"village_desk", "town_desk", "county_desk"})


def gone_areas(session: Session, old_id: int, new_id: int) -> dict[int, int | None]:
    """Areas that an edition leaves out, and the new area that each wholly lies in."""
    rows = session.execute(SQL["gone"], {"old_id": old_id, "new_id": new_id})
    return {row.area_id: row.to_id for row in rows}


def returning_areas(session: Session, old_id: int, new_id: int) -> list[int]:
    """Areas of an edition that the one before does not have."""
    there = select(EditionArea.area_id).where(EditionArea.edition_id == old_id)
    return list(
        session.scalars(
            select(EditionArea.area_id).where(
                EditionArea.edition_id == new_id, EditionArea.area_id.not_in(there)
            )
        )
    )


def names_in(
    session: Session, ids: Collection[int], *, edition_id: int
) -> dict[int, AreaName]:
    """Code and name of areas in an edition."""
    rows = session.execute(
        select(EditionArea.area_id, EditionArea.code, EditionArea.name).where(
            EditionArea.edition_id == edition_id, among(EditionArea.area_id, ids)
        )
    )
    return {row.area_id: AreaName(row.code, row.name) for row in rows}


def changed_areas(session: Session, old_id: int, new_id: int) -> list[AreaChange]:
    """Areas that differ between two editions, by code."""
    return [
        AreaChange(
            before=None if row.is_added else AreaName(row.old_code, row.old_name),
            after=None if row.is_removed else AreaName(row.new_code, row.new_name),
            how=tuple(how for how in _HOW if getattr(row, f"is_{how}")),
        )
        for row in diff_editions(session, old_id, new_id)
    ]


def duties_on(session: Session, area_ids: Collection[int], *, day: date) -> list[Any]:
    """Rows (Duty, Person) of duties on areas that are open on a day, by person.

    Held as they are, as whoever decides holds them: who would end one waits, and has
    not locked a request that is moved meanwhile.
    """
    is_open = or_(Duty.valid_to.is_(None), Duty.valid_to > day)
    held = _by_person(area_ids).where(is_open).with_for_update(read=True, of=Duty)
    return list(session.execute(held))


def duties_gone_with(
    session: Session, area_ids: Collection[int], *, day: date
) -> list[Any]:
    """Rows (Duty, Person) of duties that ended on a day with their areas, by person."""
    gone = _by_person(area_ids).where(Duty.valid_to == day, Person.ended_at.is_(None))
    return list(session.execute(gone))


def _by_person(area_ids: Collection[int]) -> Select[Duty, Person]:
    return (
        select(Duty, Person)
        .join(Person, Person.id == Duty.person_id)
        .where(among(Duty.area_id, area_ids))
        .order_by(Person.code.collate("C"), Duty.id)
    )


def zones_of(
    session: Session, area_ids: Collection[int], *, day: date
) -> Sequence[ResponsibilityZone]:
    """Zones of areas that are open on a day, by code."""
    zone = ResponsibilityZone
    return session.scalars(
        select(zone)
        .where(
            among(zone.area_id, area_ids),
            or_(zone.valid_to.is_(None), zone.valid_to > day),
        )
        .order_by(zone.code.collate("C"))
    ).all()


# Of each kind of holder: id, name, area, and when it ended.
_HOLDERS: Mapping[str, tuple[Any, Any, Any, InstrumentedAttribute[Any]]] = {
    "accounts": (Account, Account.username, AccountArea, Account.ended_at),
    "portal_keys": (PortalKey, PortalKey.name, PortalKeyArea, PortalKey.revoked_at),
    "server_keys": (ServerKey, ServerKey.name, ServerKeyArea, ServerKey.revoked_at),
}


def holders_of(
    session: Session, kind: str, names: Mapping[int, AreaName]
) -> tuple[Holder, ...]:
    """Accounts or keys for areas, by name; ``names`` are the areas."""
    owner, name, link, ended_at = _HOLDERS[kind]
    rows = session.execute(
        select(owner.public_id, name, link.area_id)
        .select_from(link)
        .join(owner)
        .where(among(link.area_id, names), ended_at.is_(None))
        .order_by(name, link.area_id)
    )
    return tuple(Holder(row[0], row[1], names[row[2]]) for row in rows)


def vacant_desks(
    session: Session, *, edition_id: int, day: date
) -> dict[tuple[str, int], Desk]:
    """By kind and area the desks of an edition that nobody holds, in order of code."""
    rows = places_without_answerer(
        session, edition_id=edition_id, day=day, area_ids=None
    )
    desks = sorted((row for row in rows if row.kind in _DESKS), key=lambda r: r.code)
    codes = select(EditionArea.code, EditionArea.area_id).where(
        EditionArea.edition_id == edition_id,
        among(EditionArea.code, [row.code for row in desks]),
    )
    ids = dict(session.execute(codes).all())
    return {
        (row.kind, ids[row.code]): Desk(row.kind, AreaName(row.code, row.name))
        for row in desks
    }


def count_households_moved(session: Session, old_id: int, new_id: int) -> int:
    """How many households lie in other areas in an edition than in the one before."""
    old, new = aliased(HouseholdPlace), aliased(HouseholdPlace)
    columns = ("county_id", "town_id", "village_id", "group_id")
    return session.scalars(
        select(func.count())
        .select_from(new)
        .join(
            old,
            (old.household_id == new.household_id) & (old.edition_id == old_id),
        )
        .join(Household, Household.id == new.household_id)
        .where(
            new.edition_id == new_id,
            Household.ended_at.is_(None),
            or_(*(getattr(new, c).is_distinct_from(getattr(old, c)) for c in columns)),
        )
    ).one()
