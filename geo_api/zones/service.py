"""Who answers for a place: lookups of zones, duties and what an account's own reach."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, DutyScope
from geo_api.areas.service import areas_by_id, current_edition, get_area
from geo_api.zones import queries
from geo_api.zones.drafts import DutyDraft, LeaveDraft, PersonDraft, ZoneDraft
from geo_api.zones.keeping import (
    add_duties_many,
    add_leaves_many,
    add_people_many,
    duties_of,
    end_duty,
    end_person,
    is_same_duty,
    is_still_held,
)
from geo_api.zones.membership import set_zone_households
from geo_api.zones.models import Duty, Person, ResponsibilityZone
from geo_api.zones.queries import (
    ZoneView,
    areas_below,
    read_duties,
    zone_neighbours,
    zone_of_households,
    zones_at,
)
from geo_api.zones.visibility import (
    duties_visible_to,
    lies_outside,
    open_duties,
    people_visible_to,
    zones_visible_to,
)
from geo_api.zones.zoning import add_zones_many

__all__ = [
    "DutyDraft",
    "LeaveDraft",
    "PersonDraft",
    "ZoneDraft",
    "ZoneView",
    "add_duties_many",
    "add_leaves_many",
    "add_people_many",
    "add_zones_many",
    "area_ids_of",
    "areas_below",
    "areas_within",
    "check_desks",
    "describe_scope",
    "duties_of",
    "duties_visible_to",
    "duty_scope",
    "end_duty",
    "end_person",
    "is_same_duty",
    "is_still_held",
    "lies_outside",
    "open_duties",
    "people_by_id",
    "people_visible_to",
    "read_duties",
    "scope_areas",
    "set_zone_households",
    "vacancies",
    "zone_neighbours",
    "zone_of_households",
    "zones_at",
    "zones_by_id",
    "zones_visible_to",
]


def duty_scope(session: Session, account_id: int, day: date) -> DutyScope:
    """What an account's own duties reach on a day."""
    row = queries.duty_scope(session, account_id, day)
    return DutyScope(
        person_id=row.person_id,
        area_ids=frozenset(row.area_ids or ()),
        zone_ids=frozenset(row.zone_ids or ()),
        household_ids=frozenset(row.household_ids or ()),
    )


def describe_scope(session: Session, actor: Actor, day: date) -> dict[str, Any]:
    """Areas, person and own duties of a caller, for ``/api/me``."""
    edition = current_edition(session, day=day)
    areas = areas_by_id(session, actor.area_ids, edition_id=edition.id)
    duties: list[dict[str, Any]] = []
    person_id = None
    if actor.person_id is not None:
        person_id = session.get_one(Person, actor.person_id).public_id
        zone_names = select(
            ResponsibilityZone.id, ResponsibilityZone.code, ResponsibilityZone.name
        )
        zones = {
            row.id: row
            for row in session.execute(
                zone_names.where(ResponsibilityZone.id.in_(actor.zone_ids))
            )
        }
        own = session.scalars(
            select(Duty)
            .where(Duty.person_id == actor.person_id, queries.holds(Duty, day))
            .order_by(Duty.kind, Duty.id)
        )
        for duty in own:
            place = zones.get(duty.zone_id or 0) or areas.get(duty.area_id or 0)
            duties.append(
                {
                    "kind": duty.kind,
                    "place": {"code": place.code, "name": place.name}
                    if place is not None
                    else None,
                }
            )
    return {
        "areas": [
            {"code": a.code, "name": a.name, "type": str(a.type)}
            for a in sorted(areas.values(), key=lambda a: a.code)
        ],
        "duties": duties,
        "person_id": person_id,
    }


def area_ids_of(session: Session, codes: Sequence[str], day: date) -> list[int]:
    """Internal ids of area codes; NotFound for an unknown one."""
    loc = ("body", "area_codes")
    return [get_area(session, code, day=day, loc=loc).id for code in codes]


def scope_areas(session: Session, actor: Actor, *, edition_id: int) -> set[int]:
    """The caller's areas with everything that lies in them."""
    if not actor.area_ids:
        return set()
    return areas_below(session, actor.area_ids, edition_id=edition_id)


def areas_within(session: Session, code: str, day: date) -> set[int]:
    """An area with everything that lies in it; NotFound for an unknown code."""
    area = get_area(session, code, day=day, loc=("query", "area"))
    edition = current_edition(session, day=day)
    return areas_below(session, [area.id], edition_id=edition.id)


def reaches(session: Session, actor: Actor, code: str, day: date) -> bool:
    """Whether an area lies in the caller's; NotFound for an unknown code."""
    area = get_area(session, code, day=day, loc=("query", "area"))
    edition = current_edition(session, day=day)
    return area.id in scope_areas(session, actor, edition_id=edition.id)


def people_by_id(session: Session, ids: Collection[int]) -> dict[int, Person]:
    """People by internal id."""
    rows = session.scalars(select(Person).where(Person.id.in_(ids)))
    return {person.id: person for person in rows}


def zones_by_id(session: Session, ids: Collection[int]) -> dict[int, ZoneView]:
    """Zones by internal id."""
    zone = ResponsibilityZone
    rows = session.execute(
        select(zone.id, zone.public_id, zone.code, zone.name, zone.kind).where(
            zone.id.in_(ids)
        )
    )
    return {row.id: ZoneView(*row) for row in rows}


def vacancies(
    session: Session,
    *,
    edition_id: int,
    day: date,
    area_ids: Collection[int] | None,
    without: Collection[int] = (),
) -> Sequence[Any]:
    """Places where a duty is vacant on a day, or was if some duties were not held."""
    return queries.places_without_answerer(
        session,
        edition_id=edition_id,
        day=day,
        area_ids=sorted(area_ids) if area_ids is not None else None,
        without=without,
    )


def check_desks(session: Session, *, day: date) -> list[str]:
    """Names of towns and counties whose compulsory desk is vacant."""
    edition = current_edition(session, day=day)
    rows = queries.places_without_answerer(
        session, edition_id=edition.id, day=day, area_ids=None
    )
    return [row.name for row in rows if row.kind in ("town_desk", "county_desk")]
