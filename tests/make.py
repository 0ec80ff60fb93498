"""Builders: a test spells out what it cares about, the rest is made up here.

The county is a square of 0.4° with towns, villages and groups as smaller squares:

    towns     T1 (west)  T2 (east)
    villages  two to a town, south and north
    groups    two to a village, west and east
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, Polygon, box
from sqlalchemy.orm import Session

from geo_api.areas.models import (
    Area,
    AreaCode,
    AreaName,
    BoundarySource,
    Edition,
    EditionArea,
    Shape,
    ShapePiece,
)

WEST, SOUTH = 103.4, 36.4
START = date(2020, 1, 1)


@dataclass
class County:
    """Ids of a small county's areas by code."""

    edition_id: int
    ids: dict[str, int] = field(default_factory=dict)
    shapes: dict[str, Polygon | MultiPolygon] = field(default_factory=dict)

    def center(self, code: str) -> tuple[float, float]:
        """A lon, lat well inside an area."""
        point = self.shapes[code].representative_point()
        return point.x, point.y


def county_tree() -> list[tuple[str, str, str, str | None, Polygon]]:
    """(code, name, type, parent code, shape) of the small county, wide to narrow."""
    rows: list[tuple[str, str, str, str | None, Polygon]] = [
        ("620171", "演示县", "county", None, box(WEST, SOUTH, WEST + 0.4, SOUTH + 0.4))
    ]
    for t in (1, 2):
        town = f"62017110{t}"
        west = WEST + 0.2 * (t - 1)
        rows.append(
            (
                town,
                f"{'东西'[t % 2]}镇",
                "town",
                "620171",
                box(west, SOUTH, west + 0.2, SOUTH + 0.4),
            )
        )
        for v in (1, 2):
            village = f"{town}20{v}"
            south = SOUTH + 0.2 * (v - 1)
            rows.append(
                (
                    village,
                    f"{'东西'[t % 2]}{'北南'[v % 2]}村",
                    "village",
                    town,
                    box(west, south, west + 0.2, south + 0.2),
                )
            )
            for g in (1, 2):
                left = west + 0.1 * (g - 1)
                rows.append(
                    (
                        f"{village}00{g}",
                        f"{'一二'[g - 1]}社",
                        "group",
                        village,
                        box(left, south, left + 0.1, south + 0.2),
                    )
                )
    return rows


def a_county(session: Session, *, active_from: date = START) -> County:
    """One county, two towns, four villages and eight groups in an active edition."""
    created = datetime.fromisoformat("2020-01-01T00:00:00+08:00")
    source = BoundarySource(
        name="squares",
        licence="CC0-1.0",
        url="",
        is_invented=True,
        crs="wgs84",
        file_name="squares.geojson",
        file_sha256=b"",
        imported_at=created,
    )
    session.add(source)
    session.flush()
    edition = Edition(
        name="squares",
        reason="initial",
        source_id=source.id,
        created_at=created,
        active_from=active_from,
    )
    session.add(edition)
    session.flush()
    county = County(edition.id)
    for code, name, kind, parent, polygon in county_tree():
        area = Area(created_at=created)
        geometry = MultiPolygon([polygon])
        point = polygon.representative_point()
        shape = Shape(
            hash=hashlib.sha256(geometry.wkb).digest(),
            geom=from_shape(geometry, srid=4326),
            label_point=from_shape(point, srid=4326),
            area_m2=polygon.area * 9.9e9,
        )
        session.add_all([area, shape])
        session.flush()
        county.ids[code] = area.id
        county.shapes[code] = polygon
        session.add_all(
            [
                ShapePiece(shape_id=shape.id, geom=from_shape(polygon, srid=4326)),
                AreaCode(
                    area_id=area.id,
                    system="statistics",
                    code=code,
                    valid_from=active_from,
                    is_primary=True,
                ),
                AreaName(
                    area_id=area.id, name=name, kind="official", valid_from=active_from
                ),
                EditionArea(
                    edition_id=edition.id,
                    area_id=area.id,
                    parent_id=county.ids.get(parent or ""),
                    type=kind,
                    code=code,
                    name=name,
                    shape_id=shape.id,
                ),
            ]
        )
        session.flush()
    return county
