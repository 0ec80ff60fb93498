"""Adds, redraws and ends single zones, and keeps their lists of households."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from geoalchemy2.shape import from_shape, to_shape
from shapely import MultiPolygon
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.validation import explain_validity
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.areas.models import EditionArea, Shape
from geo_api.areas.rules import canonical
from geo_api.areas.service import AreaView
from geo_api.errors import Conflict, InvalidInput
from geo_api.households.service import places_of
from geo_api.zones.keeping import (
    ZoneDraft,
    add_zones_many,
    end_duty,
    end_memberships,
    set_zone_households,
)
from geo_api.zones.models import Duty, ResponsibilityZone, ZoneHousehold
from geo_api.zones.queries import holds
from geo_api.zones.rules import ZoneKind


def add_zone(
    session: Session,
    code: str | None,
    *,
    name: str,
    kind: ZoneKind,
    area: AreaView,
    edition_id: int,
    geometry: Mapping[str, Any] | None,
    valid_from: date,
) -> ResponsibilityZone:
    """A new zone of an area; by default its code goes on from the area's."""
    code = code or _next_code(session, area)
    taken = select(ResponsibilityZone.id).where(ResponsibilityZone.code == code)
    if session.scalar(taken) is not None:
        raise Conflict(
            "The zone code %(code)s is taken",
            loc=("body", "code"),
            mend="Leave the code out to get the next free one",
            code=code,
        )
    polygon = None
    if geometry is not None:
        polygon = _read_polygon(session, geometry, area, edition_id)
    draft = ZoneDraft(code, name, area.id, kind, valid_from, polygon)
    id_ = add_zones_many(session, [draft])[code]
    return session.get_one(ResponsibilityZone, id_)


def _next_code(session: Session, area: AreaView) -> str:
    used = session.scalars(
        select(ResponsibilityZone.code).where(
            ResponsibilityZone.code.startswith(area.code, autoescape=True)
        )
    )
    tails = [code[len(area.code) :] for code in used]
    last = max((int(t) for t in tails if len(t) == 3 and t.isdecimal()), default=0)
    return f"{area.code}{last + 1:03d}"


def _read_polygon(
    session: Session, geometry: Mapping[str, Any], area: AreaView, edition_id: int
) -> MultiPolygon:
    loc = ("body", "geometry")
    try:
        found = canonical(shape(dict(geometry)))
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput(
            "This is not a GeoJSON polygon",
            loc=loc,
            mend="Send a Polygon or MultiPolygon in EPSG:4326, lon first",
        ) from error
    if found.is_empty or not found.is_valid:
        raise InvalidInput(
            "The polygon is not valid: %(why)s",
            loc=loc,
            mend="Draw it again without crossing lines",
            why=explain_validity(found),
        )
    row = session.get_one(EditionArea, (edition_id, area.id))
    whole = to_shape(session.get_one(Shape, row.shape_id).geom)
    # A metre, in degrees: hand-drawn lines along a border are never exact.
    if not whole.buffer(1e-5).covers(found):
        raise InvalidInput(
            "The polygon leaves %(area)s",
            loc=loc,
            mend="A zone lies in one area; draw it inside the line",
            area=area.name,
        )
    return found


def redraw_zone(
    session: Session,
    zone: ResponsibilityZone,
    *,
    area: AreaView,
    edition_id: int,
    geometry: Mapping[str, Any],
) -> None:
    """Give a zone another polygon."""
    polygon = _read_polygon(session, geometry, area, edition_id)
    zone.geom = from_shape(polygon, srid=4326)


def end_zone(session: Session, zone: ResponsibilityZone, *, day: date) -> None:
    """End a zone with its list and its duties."""
    if zone.valid_to is not None and zone.valid_to <= day:
        raise Conflict("This zone has ended already")
    zone.valid_to = max(day, zone.valid_from + timedelta(days=1))
    members = session.scalars(
        select(ZoneHousehold.household_id).where(
            ZoneHousehold.zone_id == zone.id, holds(ZoneHousehold, day)
        )
    ).all()
    end_memberships(session, members, day=day)
    for duty in session.scalars(
        select(Duty).where(Duty.zone_id == zone.id, holds(Duty, day))
    ):
        end_duty(session, duty, day=day)


def replace_members(
    session: Session,
    zone: ResponsibilityZone,
    household_ids: Sequence[int],
    *,
    edition_id: int,
    day: date,
) -> None:
    """Make the given households the zone's list; all must lie in its area."""
    places = places_of(session, household_ids, edition_id=edition_id)
    strangers = [
        id_
        for id_ in household_ids
        if (place := places.get(id_)) is None
        or zone.area_id not in (place.group_id, place.village_id, place.town_id)
    ]
    if strangers:
        raise InvalidInput(
            "%(count)s of the households lie outside the zone's area",
            loc=("body", "household_ids"),
            mend="A zone never crosses the line of its area",
            count=len(strangers),
        )
    present = session.scalars(
        select(ZoneHousehold.household_id).where(
            ZoneHousehold.zone_id == zone.id, holds(ZoneHousehold, day)
        )
    ).all()
    end_memberships(session, sorted(set(present) - set(household_ids)), day=day)
    set_zone_households(session, [(zone.id, id_) for id_ in household_ids], day=day)
