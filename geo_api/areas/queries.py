"""Areas of an edition; set-based statements are in areas.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from geo_api.areas.models import AreaCode, AreaName, Edition, EditionArea, Shape
from geo_api.areas.rules import AreaType
from geo_api.db.arrays import among
from geo_api.db.statements import read_statements

SQL = read_statements(__package__, "areas.sql")

# Half the width of a border: a hundredth of the grid that shapes are drawn on.
BORDER_DEG = 1e-9


@dataclass(frozen=True)
class AreaView:
    """An area as one edition knows it."""

    id: int
    code: str
    name: str
    type: AreaType
    parent_id: int | None


_VIEW = (
    EditionArea.area_id,
    EditionArea.code,
    EditionArea.name,
    EditionArea.type,
    EditionArea.parent_id,
)


def view_of(row: Any) -> AreaView:
    """An AreaView from (id, code, name, type, parent_id)."""
    return AreaView(row[0], row[1], row[2], AreaType(row[3]), row[4])


def find_edition_at(session: Session, day: date) -> Edition | None:
    """The edition that took effect last, of those in force from a day or before."""
    return session.scalar(
        select(Edition)
        .where(
            Edition.activated_at.is_not(None),
            Edition.superseded_at.is_(None),
            Edition.active_from <= day,
        )
        .order_by(Edition.active_from.desc())
        .limit(1)
    )


def point_columns(points: Sequence[tuple[float, float]]) -> dict[str, list[Any]]:
    """Points in EPSG:4326 as arrays for a statement, with each one's place in line."""
    return {
        "i": list(range(len(points))),
        "lon": [lon for lon, _ in points],
        "lat": [lat for _, lat in points],
    }


def areas_by_id(
    session: Session, ids: Collection[int], *, edition_id: int
) -> dict[int, AreaView]:
    """Areas of an edition by internal id; unknown ids are left out."""
    rows = session.execute(
        select(*_VIEW).where(
            EditionArea.edition_id == edition_id, EditionArea.area_id.in_(ids)
        )
    )
    return {row[0]: view_of(row) for row in rows}


def find_county(session: Session, *, edition_id: int) -> AreaView | None:
    """The county itself; the smallest code if there were two."""
    row = session.execute(
        select(*_VIEW)
        .where(
            EditionArea.edition_id == edition_id,
            EditionArea.type == AreaType.COUNTY.value,
        )
        .order_by(EditionArea.code.collate("C"))
    ).first()
    return None if row is None else view_of(row)


def children_of(session: Session, area_id: int, *, edition_id: int) -> list[AreaView]:
    """Areas directly inside an area, by code."""
    rows = session.execute(
        select(*_VIEW)
        .where(EditionArea.edition_id == edition_id, EditionArea.parent_id == area_id)
        .order_by(EditionArea.code.collate("C"))
    )
    return [view_of(row) for row in rows]


def find_by_codes(
    session: Session,
    codes: Collection[str],
    *,
    edition_id: int,
    day: date,
    system: str | None = None,
) -> dict[str, AreaView]:
    """The areas with codes on a day; a code that none has then is whoever's last."""
    wanted = select(*_VIEW).where(EditionArea.edition_id == edition_id)
    found: dict[str, AreaView] = {}
    if system is None and codes:
        rows = session.execute(wanted.where(among(EditionArea.code, codes)))
        found = {row.code: view_of(row) for row in rows}
    left = [code for code in codes if code not in found]
    if not left:
        return found
    has_begun = AreaCode.valid_from <= day
    has_not_ended = or_(AreaCode.valid_to.is_(None), AreaCode.valid_to > day)
    is_valid = and_(has_begun, has_not_ended)
    by_code = wanted.add_columns(AreaCode.code.label("asked")).where(
        AreaCode.area_id == EditionArea.area_id, among(AreaCode.code, left)
    )
    if system is not None:
        by_code = by_code.where(AreaCode.system == system)
    for row in session.execute(
        by_code.order_by(is_valid.desc(), AreaCode.valid_from.desc(), EditionArea.code)
    ):
        found.setdefault(row.asked, view_of(row))
    return found


def list_areas(
    session: Session,
    *,
    edition_id: int,
    type_: AreaType | None,
    parent_id: int | None,
    text: str | None,
    after: str | None,
    limit: int,
) -> list[Any]:
    """Rows (AreaView columns…, parent code, label lon, label lat) by code."""
    parent = select(EditionArea).where(EditionArea.edition_id == edition_id).subquery()
    wanted = (
        select(
            *_VIEW,
            parent.c.code.label("parent_code"),
            func.ST_X(Shape.label_point).label("lon"),
            func.ST_Y(Shape.label_point).label("lat"),
        )
        .join(Shape, Shape.id == EditionArea.shape_id)
        .outerjoin(parent, parent.c.area_id == EditionArea.parent_id)
        .where(EditionArea.edition_id == edition_id)
        .order_by(EditionArea.code.collate("C"))
        .limit(limit)
    )
    if type_ is not None:
        wanted = wanted.where(EditionArea.type == type_.value)
    if parent_id is not None:
        wanted = wanted.where(EditionArea.parent_id == parent_id)
    if text:
        named = select(AreaName.area_id).where(
            AreaName.name.icontains(text, autoescape=True)
        )
        wanted = wanted.where(
            or_(
                EditionArea.area_id.in_(named),
                EditionArea.code.startswith(text, autoescape=True),
            )
        )
    if after is not None:
        wanted = wanted.where(EditionArea.code.collate("C") > after)
    return list(session.execute(wanted))


def codes_of(session: Session, ids: Collection[int]) -> dict[int, list[AreaCode]]:
    """Every code that areas bear or bore, by area."""
    rows = session.scalars(
        select(AreaCode)
        .where(AreaCode.area_id.in_(ids))
        .order_by(AreaCode.is_primary.desc(), AreaCode.valid_from.desc(), AreaCode.id)
    )
    found: dict[int, list[AreaCode]] = {}
    for row in rows:
        found.setdefault(row.area_id, []).append(row)
    return found


def names_of(session: Session, area_id: int) -> list[AreaName]:
    """Every name that an area bears or bore."""
    return list(
        session.scalars(
            select(AreaName)
            .where(AreaName.area_id == area_id)
            .order_by(AreaName.valid_from, AreaName.id)
        )
    )


def shapes_of_type(session: Session, *, edition_id: int, type_: AreaType) -> list[Any]:
    """Rows (AreaView columns…, WKB, label lon, label lat) of all areas of a kind."""
    return list(
        session.execute(
            select(
                *_VIEW,
                func.ST_AsBinary(Shape.geom).label("wkb"),
                func.ST_X(Shape.label_point).label("lon"),
                func.ST_Y(Shape.label_point).label("lat"),
            )
            .join(Shape, Shape.id == EditionArea.shape_id)
            .where(
                EditionArea.edition_id == edition_id, EditionArea.type == type_.value
            )
            .order_by(EditionArea.code.collate("C"))
        )
    )


def in_areas(
    area_ids: Collection[int],
    *,
    county: Any = None,
    town: Any = None,
    village: Any = None,
    group: Any = None,
) -> ColumnElement[bool]:
    """Whether any of the given columns is one of ``area_ids``."""
    columns = [c for c in (county, town, village, group) if c is not None]
    return or_(*(column.in_(area_ids) for column in columns))


def bounds_of(
    session: Session, edition_id: int
) -> tuple[float, float, float, float] | None:
    """West, south, east, north of an edition's shapes."""
    row = session.execute(SQL["bounds"], {"edition_id": edition_id}).one()
    return None if row[0] is None else (row[0], row[1], row[2], row[3])


def tile_of(
    session: Session, z: int, x: int, y: int, types: Sequence[str], *, edition_id: int
) -> bytes:
    """A vector tile with a layer for each kind of area."""
    row = session.execute(
        SQL["tile"],
        {"z": z, "x": x, "y": y, "types": list(types), "edition_id": edition_id},
    ).one()
    # Layers of a vector tile are repeated fields: bytes one after the other.
    return b"".join(bytes(part) for part in row if part is not None)


def outlines_in(
    session: Session, z: int, x: int, y: int, types: Sequence[str], *, edition_id: int
) -> list[tuple[str, str]]:
    """Kind and GeoJSON, in units of the tile, of the areas in it; narrow ones first."""
    rows = session.execute(
        SQL["outlines"],
        {"z": z, "x": x, "y": y, "types": list(types), "edition_id": edition_id},
    )
    return [(row.type, row.shape) for row in rows if row.shape is not None]


def label_points(
    session: Session, ids: Collection[int], *, edition_id: int
) -> dict[int, tuple[float, float]]:
    """Lon and lat of areas' label points, by internal id."""
    rows = session.execute(
        select(
            EditionArea.area_id,
            func.ST_X(Shape.label_point).label("lon"),
            func.ST_Y(Shape.label_point).label("lat"),
        )
        .join(Shape, Shape.id == EditionArea.shape_id)
        .where(EditionArea.edition_id == edition_id, EditionArea.area_id.in_(ids))
    )
    return {row.area_id: (row.lon, row.lat) for row in rows}


def areas_below(
    session: Session, area_ids: Collection[int], *, edition_id: int
) -> set[int]:
    """Areas with everything that lies in them."""
    return set(
        session.scalars(
            SQL["areas_below"],
            {"edition_id": edition_id, "area_ids": sorted(area_ids)},
        )
    )
