"""Any other boundaries as a demo: one desk person for each area, orders everywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Role
from geo_api.areas.models import EditionArea, Shape
from geo_api.areas.rules import AreaType
from geo_api.db.cipher import Cipher
from geo_api.demo.accounts import Seat, add_seats
from geo_api.demo.county import Tell, areas_of, import_areas
from geo_api.demo.holders import Holder
from geo_api.demo.names import People
from geo_api.demo.orders import Ground, carry_year
from geo_api.demo.staff import add_holders, give_duties
from geo_api.demo.year import DAYS, Site, draw_year
from geo_api.duties.rules import DutyKind
from geo_api.errors import InvalidInput
from geo_api.ingest.declaration import Declaration
from geo_api.settings import Settings

# The desk of each kind of area.
_DESKS = {
    AreaType.COUNTY: DutyKind.COUNTY_DESK,
    AreaType.TOWN: DutyKind.TOWN_DESK,
    AreaType.VILLAGE: DutyKind.VILLAGE_DESK,
    AreaType.GROUP: DutyKind.GRID,
}
_SITES_PER_AREA = 60
_FROM_BORDER = 0.0006  # degrees
_MOST_ORDERS = 3_000
_ORDERS_PER_AREA = 100


@dataclass(frozen=True)
class _Ground:
    """An imported area with its shape."""

    code: str
    name: str
    type: AreaType
    parent_code: str | None
    shape: BaseGeometry


def load_elsewhere(
    session: Session,
    file: Path,
    declaration: Declaration,
    *,
    cipher: Cipher,
    until: date,
    now: datetime,
    settings: Settings,
    tell: Tell,
) -> None:
    """Import the file's areas, give each a desk, and let a year of orders come in."""
    edition_id = import_areas(session, file, declaration, now=now, settings=settings)
    area_ids = areas_of(session, edition_id)
    tell("%(count)s areas", len(area_ids))
    areas = _read_areas(session, edition_id)
    county = next(a for a in areas if a.type is AreaType.COUNTY)
    towns = [a for a in areas if a.type is AreaType.TOWN]
    if not towns:
        raise InvalidInput(
            "The file has no towns",
            loc=("file", file.name),
            mend='Declare [values] type = "town" for its widest areas',
        )
    people = People(len(areas))
    holders = [
        Holder(f"A{i:04d}", people.name(), people.phone(), _DESKS[a.type], (a.code,))
        for i, a in enumerate(areas, start=1)
    ]
    seats = _seats(county, towns, areas, holders)
    accounts = add_seats(
        session, seats, area_ids, county_id=area_ids[county.code], now=now
    )
    narrow = _narrowest(areas)
    tied = {
        holder.code: accounts["handler"]
        for holder in holders
        if holder.places[0] == narrow[0].code
    }
    person_ids = add_holders(session, cipher, holders, tied, now=now)
    since = until - timedelta(days=2 * DAYS)
    give_duties(session, holders, person_ids, area_ids, {}, since)
    tell("%(count)s people", len(person_ids))
    sites = _sites(narrow)
    ground = Ground(
        sites=sites,
        household_ids=[],
        clerks=dict.fromkeys((a.code for a in narrow), accounts["county"]),
        desks={},
    )
    count = min(_MOST_ORDERS, _ORDERS_PER_AREA * len(narrow))
    # Only desks answer here, and a desk declines nothing.
    orders = [
        replace(order, steps=tuple(s for s in order.steps if s.verb != "decline"))
        for order in draw_year(sites, until=until, tz=settings.place.tz, orders=count)
    ]
    done = carry_year(session, orders, ground, cipher=cipher, settings=settings)
    tell("%(count)s requests", done)


def _read_areas(session: Session, edition_id: int) -> list[_Ground]:
    rows = session.execute(
        select(EditionArea, Shape.geom)
        .join(Shape, Shape.id == EditionArea.shape_id)
        .where(EditionArea.edition_id == edition_id)
        .order_by(EditionArea.code.collate("C"))
    ).all()
    codes = {area.area_id: area.code for area, _ in rows}
    return [
        _Ground(
            area.code,
            area.name,
            AreaType(area.type),
            codes.get(area.parent_id or 0),
            to_shape(geom),
        )
        for area, geom in rows
    ]


def _narrowest(areas: Sequence[_Ground]) -> list[_Ground]:
    """Areas without others inside, by code."""
    parents = {area.parent_code for area in areas}
    return [area for area in areas if area.code not in parents]


def _seats(
    county: _Ground,
    towns: Sequence[_Ground],
    areas: Sequence[_Ground],
    holders: Sequence[Holder],
) -> list[Seat]:
    """The known accounts; the village's only where there are villages."""
    first = _narrowest(areas)[0]
    handler = next(h for h in holders if h.places[0] == first.code)
    villages = [a for a in areas if a.type is AreaType.VILLAGE]
    seats = [
        Seat("admin", Role.ADMIN, "系统管理员"),
        Seat("county", Role.COUNTY_LEADER, f"{county.name}值班领导", county.code),
        Seat("town", Role.TOWN_LEADER, f"{towns[0].name}值班领导", towns[0].code),
        Seat("handler", Role.HANDLER, handler.name),
        Seat("auditor", Role.AUDITOR, "审计员"),
    ]
    if villages:
        name = f"{villages[0].name}文书"
        seats.append(Seat("village", Role.VILLAGE_CADRE, name, villages[0].code))
    return seats


def _sites(areas: Sequence[_Ground]) -> list[Site]:
    """Places in every area, gathered around a few centres."""
    return [
        Site(area.code, area.code, i % 3 == 0, lon, lat)
        for i, area in enumerate(areas)
        for lon, lat in _scattered(area.shape, np.random.default_rng([len(areas), i]))
    ]


def _scattered(
    shape: BaseGeometry, draw: np.random.Generator
) -> list[tuple[float, float]]:
    # A telephone is some metres off: nobody stands on the line.
    shrunk: BaseGeometry = shape.buffer(-_FROM_BORDER)
    inner = shape if shrunk.is_empty else shrunk
    west, south, east, north = inner.bounds
    tries = draw.uniform((west, south), (east, north), (2_000, 2))
    inside = tries[shapely.contains_xy(inner, tries)]
    if len(inside) == 0:
        inside = shapely.get_coordinates(inner.representative_point())
    centres = inside[draw.integers(len(inside), size=6)]
    chosen = centres[draw.integers(len(centres), size=6 * _SITES_PER_AREA)]
    spread = min(0.01, (north - south) / 12)
    squeeze = math.cos(math.radians((south + north) / 2))
    points = chosen + draw.normal(0, spread, chosen.shape) / (squeeze, 1.0)
    points = points[shapely.contains_xy(inner, points)]
    # The centres themselves lie inside, however small the area is.
    return [
        (float(lon), float(lat))
        for lon, lat in np.vstack([centres, points])[:_SITES_PER_AREA].round(7)
    ]
