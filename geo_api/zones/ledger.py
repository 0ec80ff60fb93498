"""Adds, redraws and ends responsibility zones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from shapely import MultiPolygon
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.areas.geography import note_change
from geo_api.areas.models import Area, EditionArea, Shape
from geo_api.areas.queries import AreaView
from geo_api.areas.shape_store import store_shapes
from geo_api.areas.shapes import canonical, place_of_fault
from geo_api.db.arrays import among
from geo_api.db.locks import lock_again
from geo_api.db.model import new_public_id
from geo_api.db.validity import holds
from geo_api.errors import Conflict, InvalidInput
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.membership import end_memberships
from geo_api.zones.models import ResponsibilityZone, ZoneHousehold, ZoneShape
from geo_api.zones.queries import SQL
from geo_api.zones.rules import ZoneKind


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
            },
        ),
        [_row(draft) for draft in drafts],
    )
    codes = [draft.code for draft in drafts]
    zone = ResponsibilityZone
    rows = session.execute(select(zone.code, zone.id).where(among(zone.code, codes)))
    ids: dict[str, int] = dict(rows.all())
    if not keeps_polygon:
        drawn = {ids[d.code]: (d.valid_from, d.polygon) for d in drafts}
        _draw(session, drawn)
    note_change(session)
    return ids


def _draw(
    session: Session, drawn: Mapping[int, tuple[date, BaseGeometry | None]]
) -> None:
    """Give zones another shape, or none, from a day on; what was before stays."""
    given = [(id_, day, s) for id_, (day, s) in drawn.items() if s is not None]
    shape_ids = store_shapes(session, [s for _, _, s in given], in_pieces=False)
    session.execute(
        SQL["end_shapes"],
        {
            "zone_id": list(drawn),
            "day": [day for day, _ in drawn.values()],
        },
    )
    if given:
        session.execute(
            insert(ZoneShape),
            [
                {"zone_id": id_, "shape_id": shape_id, "valid_from": day}
                for (id_, day, _), shape_id in zip(given, shape_ids, strict=True)
            ],
        )


def _row(draft: ZoneDraft) -> dict[str, Any]:
    return {
        "public_id": new_public_id(),
        "code": draft.code,
        "name": draft.name,
        "kind": draft.kind.value,
        "area_id": draft.area_id,
        "valid_from": draft.valid_from,
    }


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
    if code is None:
        code = _next_code(session, area)
    polygon = None
    if geometry is not None:
        polygon = _read_polygon(session, geometry, area, edition_id)
    draft = ZoneDraft(code, name, area.id, kind, valid_from, polygon)
    inserted = session.scalar(
        upsert(ResponsibilityZone)
        .values(**_row(draft))
        .on_conflict_do_nothing(index_elements=[ResponsibilityZone.code])
        .returning(ResponsibilityZone.id)
    )
    if inserted is None:
        raise Conflict(
            "The zone code %(code)s is taken",
            loc=("body", "code"),
            mend="Leave the code out to get the next free one",
            code=code,
        )
    if polygon is not None:
        _draw(session, {inserted: (valid_from, polygon)})
    note_change(session)
    return session.get_one(ResponsibilityZone, inserted)


def move_zones(session: Session, areas: Mapping[int, int]) -> None:
    """Have zones belong to other areas: theirs are no more. Their codes stay."""
    if areas:
        session.execute(
            update(ResponsibilityZone),
            [{"id": zone, "area_id": area} for zone, area in areas.items()],
        )
        note_change(session)


def _next_code(session: Session, area: AreaView) -> str:
    # Locked, so that two at once do not get the same number.
    session.execute(
        select(Area.id).where(Area.id == area.id).with_for_update(key_share=True)
    )
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
        drawn = shape(dict(geometry))
        if not np.isfinite(shapely.get_coordinates(drawn)).all():
            raise ValueError("not finite")
        found = canonical(drawn)
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput(
            "This is not a GeoJSON polygon",
            loc=loc,
            mend="Send a Polygon or MultiPolygon in EPSG:4326, lon first",
        ) from error
    if found.is_empty or not found.is_valid:
        raise InvalidInput(
            "The polygon is not valid near %(where)s",
            loc=loc,
            mend="Draw it again without crossing lines",
            where=place_of_fault(found),
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
    day: date,
) -> None:
    """Give a zone another shape from a day on."""
    polygon = _read_polygon(session, geometry, area, edition_id)
    _draw(session, {zone.id: (max(day, zone.valid_from), polygon)})
    note_change(session)


def rename_zone(session: Session, zone: ResponsibilityZone, name: str) -> None:
    """Give a zone another name."""
    zone.name = name
    note_change(session)


def end_zone(session: Session, zone: ResponsibilityZone, *, day: date) -> None:
    """End a zone with its list."""
    lock_again(session, zone)
    if zone.valid_to is not None and zone.valid_to <= day:
        raise Conflict("This zone has ended already")
    zone.valid_to = max(day, zone.valid_from + timedelta(days=1))
    note_change(session)
    members = session.scalars(
        select(ZoneHousehold.household_id).where(
            ZoneHousehold.zone_id == zone.id, holds(ZoneHousehold, day)
        )
    ).all()
    end_memberships(session, members, day=day)
