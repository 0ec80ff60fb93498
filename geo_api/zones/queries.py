"""Lookups of zones; set-based statements are in zones.sql."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, false, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.models import Shape
from geo_api.db.arrays import among
from geo_api.db.statements import read_statements
from geo_api.db.validity import holds
from geo_api.households.models import HouseholdPlace
from geo_api.zones.models import ResponsibilityZone, ZoneHousehold, ZoneShape
from geo_api.zones.rules import ZoneView

SQL = read_statements(__package__, "zones.sql")


def visible_to(actor: Actor, *, areas: Collection[int]) -> Select[ResponsibilityZone]:
    """Zones in the caller's areas (``areas`` holds all that lies in them) and own."""
    wanted = select(ResponsibilityZone)
    if not actor.is_staff or actor.role is Role.AUDITOR:
        return wanted.where(false())
    if actor.role is Role.ADMIN:
        return wanted
    return wanted.where(
        or_(
            ResponsibilityZone.area_id.in_(areas),
            ResponsibilityZone.id.in_(actor.zone_ids),
        )
    )


def zones_by_id(session: Session, ids: Collection[int]) -> dict[int, ZoneView]:
    """Zones by internal id."""
    if not ids:
        return {}
    zone = ResponsibilityZone
    rows = session.execute(
        select(zone.id, zone.public_id, zone.code, zone.name, zone.kind).where(
            zone.id.in_(ids)
        )
    )
    return {row.id: ZoneView(*row) for row in rows}


def shapes_of(
    session: Session, zones: Collection[ResponsibilityZone], day: date
) -> dict[int, Shape]:
    """The shape of each zone that has one on a day, or when it begins after that."""
    ids = [zone.id for zone in zones]
    asked = func.greatest(ResponsibilityZone.valid_from, day)
    rows = session.execute(
        select(ZoneShape.zone_id, Shape)
        .join(Shape, Shape.id == ZoneShape.shape_id)
        .join(ResponsibilityZone, ResponsibilityZone.id == ZoneShape.zone_id)
        .where(among(ZoneShape.zone_id, ids))
        .where(ZoneShape.valid_from <= asked)
        .where(or_(ZoneShape.valid_to.is_(None), ZoneShape.valid_to > asked))
    )
    return {row[0]: row[1] for row in rows}


def lies_in_area_of_zone() -> ColumnElement[bool]:
    """Whether a household's place is in the area of the zone whose list it stands in.

    A zone never crosses the line of its area: a household that has moved away, or that
    a new line has cut off, is in the list no longer.
    """
    place = HouseholdPlace
    return ResponsibilityZone.area_id.in_(
        [place.group_id, place.village_id, place.town_id]
    )


def zone_of_households(
    session: Session, household_ids: Collection[int], *, edition_id: int, day: date
) -> dict[int, ZoneView]:
    """The zone in whose list each household stands on a day, in an edition's areas."""
    rows = session.execute(
        select(
            ZoneHousehold.household_id,
            ResponsibilityZone.id,
            ResponsibilityZone.public_id,
            ResponsibilityZone.code,
            ResponsibilityZone.name,
            ResponsibilityZone.kind,
        )
        .join(ResponsibilityZone, ResponsibilityZone.id == ZoneHousehold.zone_id)
        .join(
            HouseholdPlace,
            (HouseholdPlace.household_id == ZoneHousehold.household_id)
            & (HouseholdPlace.edition_id == edition_id),
        )
        .where(
            lies_in_area_of_zone(),
            among(ZoneHousehold.household_id, household_ids),
            holds(ZoneHousehold, day),
            holds(ResponsibilityZone, day),
        )
        .order_by(ResponsibilityZone.code.desc())
    )
    return {row[0]: ZoneView(row[1], row[2], row[3], row[4], row[5]) for row in rows}
