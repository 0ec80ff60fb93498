"""From rows of zones, duties and people to what a caller may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from geoalchemy2.shape import to_shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from geo_api.accounts.rules import mask_name
from geo_api.areas.queries import areas_by_id
from geo_api.db.validity import holds
from geo_api.duties.models import Duty
from geo_api.duties.rules import DutyKind
from geo_api.duties.schemas import DutyOut, PersonOut, PlaceRef, ZoneOut
from geo_api.duties.scope import visible_duties
from geo_api.households.models import Household, HouseholdPlace
from geo_api.people.models import Leave, Person
from geo_api.zones.models import ResponsibilityZone, ZoneHousehold
from geo_api.zones.queries import lies_in_area_of_zone, shapes_of
from geo_api.zones.scope import Scope


def show_duties(
    session: Session,
    rows: Sequence[tuple[Duty, Person]],
    *,
    edition_id: int,
    in_full: bool = False,
) -> list[DutyOut]:
    """Duties with their places; names whole only where the reading is audited."""
    areas = areas_by_id(
        session, {d.area_id for d, _ in rows if d.area_id}, edition_id=edition_id
    )
    duties = [duty for duty, _ in rows]
    zones = _refs(session, ResponsibilityZone, {d.zone_id for d in duties})
    homes = _refs(session, Household, {d.household_id for d in duties})
    shown = []
    for duty, person in rows:
        place: PlaceRef | None = None
        if duty.area_id in areas:
            area = areas[duty.area_id]
            place = PlaceRef(kind=area.type.value, code=area.code, name=area.name)
        elif duty.zone_id is not None:
            zone = zones[duty.zone_id]
            place = PlaceRef(
                kind="zone", code=zone.code, name=zone.name, id=zone.public_id
            )
        elif duty.household_id is not None:
            home = homes[duty.household_id]
            place = PlaceRef(
                kind="household", code=home.code, name=home.address, id=home.public_id
            )
        shown.append(
            DutyOut(
                id=duty.public_id,
                kind=DutyKind(duty.kind),
                person_id=person.public_id,
                person_name=person.name if in_full else mask_name(person.name),
                place=place,
                valid_from=duty.valid_from,
                valid_to=duty.valid_to,
            )
        )
    return shown


def show_duties_today(
    session: Session, scope: Scope, those: ColumnElement[bool], *, in_full: bool = False
) -> list[DutyOut]:
    """Those of the caller's duties that hold today, by kind and beginning."""
    rows = session.execute(
        visible_duties(scope)
        .where(those, holds(Duty, scope.day))
        .order_by(Duty.kind, Duty.valid_from, Duty.id)
    ).all()
    return show_duties(
        session,
        [(row[0], row[1]) for row in rows],
        edition_id=scope.edition_id,
        in_full=in_full,
    )


def _refs(session: Session, model: type[Any], ids: set[int | None]) -> dict[int, Any]:
    rows = session.scalars(select(model).where(model.id.in_(ids - {None})))
    return {row.id: row for row in rows}


def show_people(
    session: Session, people: Sequence[Person], *, day: date
) -> list[PersonOut]:
    """People with surname and star, and whether they are on leave."""
    away = set(
        session.scalars(
            select(Leave.person_id).where(
                Leave.person_id.in_([p.id for p in people]),
                Leave.cancelled_at.is_(None),
                Leave.first_day <= day,
                Leave.last_day >= day,
            )
        )
    )
    return [
        PersonOut(
            id=person.public_id,
            code=person.code,
            name=mask_name(person.name),
            is_party_member=person.is_party_member,
            is_on_leave=person.id in away,
            is_ended=person.ended_at is not None,
        )
        for person in people
    ]


def show_zones(
    session: Session,
    zones: Sequence[ResponsibilityZone],
    *,
    edition_id: int,
    day: date,
) -> list[ZoneOut]:
    """Zones with the number of their households and a label point."""
    areas = areas_by_id(session, {z.area_id for z in zones}, edition_id=edition_id)
    counts: dict[int, int] = {
        row[0]: row[1]
        for row in session.execute(
            select(ZoneHousehold.zone_id, func.count())
            .join(Household, Household.id == ZoneHousehold.household_id)
            .join(ResponsibilityZone, ResponsibilityZone.id == ZoneHousehold.zone_id)
            .join(
                HouseholdPlace,
                (HouseholdPlace.household_id == Household.id)
                & (HouseholdPlace.edition_id == edition_id),
            )
            .where(
                lies_in_area_of_zone(),
                Household.ended_at.is_(None),
                ZoneHousehold.zone_id.in_([z.id for z in zones]),
                holds(ZoneHousehold, day),
            )
            .group_by(ZoneHousehold.zone_id)
        )
    }
    shapes = shapes_of(session, zones, day)
    shown = []
    for zone in zones:
        area = areas.get(zone.area_id)
        label = None
        if zone.id in shapes:
            point = to_shape(shapes[zone.id].geom).representative_point()
            label = (round(point.x, 7), round(point.y, 7))
        shown.append(
            ZoneOut(
                id=zone.public_id,
                code=zone.code,
                name=zone.name,
                kind=zone.kind,
                area=PlaceRef(kind=area.type.value, code=area.code, name=area.name)
                if area
                else None,
                household_count=counts.get(zone.id, 0),
                label=label,
                valid_from=zone.valid_from,
                valid_to=zone.valid_to,
            )
        )
    return shown
