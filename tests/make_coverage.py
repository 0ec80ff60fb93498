"""A county whose borders wiggle: groups in villages in towns, sharing every vertex."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import shapely
from shapely import Polygon
from sqlalchemy.orm import Session

from geo_api.areas.drafts import AreaDraft, SourceDraft
from geo_api.areas.editions import activate, store_edition
from geo_api.areas.models import Edition
from geo_api.areas.rules import AreaType, EditionReason

WEST, SOUTH = 103.4, 36.3
CELL = 0.02
SOURCE = SourceDraft(
    name="Drawn for tests",
    licence="CC0-1.0",
    url="",
    is_invented=True,
    crs="wgs84",
    file_name="drawn.geojson",
    file_sha256=b"\0" * 32,
)

_Corner = tuple[int, int]


def _corner(corner: _Corner) -> tuple[float, float]:
    draw = random.Random(f"corner {corner}")
    x, y = corner
    return (
        round(WEST + (x + draw.uniform(-0.2, 0.2)) * CELL, 7),
        round(SOUTH + (y + draw.uniform(-0.2, 0.2)) * CELL, 7),
    )


def _edge(start: _Corner, end: _Corner, vertices: int) -> list[tuple[float, float]]:
    """From one corner up to, not including, the other; the same line both ways."""
    if start > end:
        line = [*_edge(end, start, vertices), _corner(start)]
        return line[:0:-1]
    draw = random.Random(f"edge {start} {end}")
    (x0, y0), (x1, y1) = _corner(start), _corner(end)
    line = [(x0, y0)]
    for i in range(1, vertices):
        t = i / vertices
        # Across its own direction only: such a line can never cross itself.
        away = draw.uniform(-0.1, 0.1) * CELL * min(t, 1 - t) * 2
        dx, dy = (0.0, away) if start[1] == end[1] else (away, 0.0)
        line.append(
            (
                round(x0 + (x1 - x0) * t + dx, 7),
                round(y0 + (y1 - y0) * t + dy, 7),
            )
        )
    return line


def cell(x: int, y: int, vertices: int = 24) -> Polygon:
    """One group's shape; neighbours share their whole common edge, vertex by vertex."""
    corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]
    ring: list[tuple[float, float]] = []
    for i in range(4):
        ring += _edge(corners[i], corners[(i + 1) % 4], vertices)
    return Polygon(ring)


@dataclass(frozen=True)
class Coverage:
    """Drafts wide to narrow, and the groups' shapes by code."""

    drafts: list[AreaDraft]

    @property
    def groups(self) -> dict[str, Polygon]:
        return {d.code: d.shape for d in self.drafts if d.type is AreaType.GROUP}


def wiggly(columns: int = 6, rows: int = 6, vertices: int = 24) -> Coverage:
    """``columns`` × ``rows`` groups, four to a village, the halves as two towns.

    Codes run against the map: the smallest code is not always the western one.
    """
    cells: dict[tuple[int, int], dict[str, Polygon]] = {}
    for y in range(rows):
        for x in range(columns):
            village = (x // 2, y // 2)
            number = (7 * x + 3 * y) % 4
            inside = cells.setdefault(village, {})
            while f"{number:03d}" in inside:
                number = (number + 1) % 4
            inside[f"{number:03d}"] = cell(x, y, vertices)
    towns: dict[str, list[AreaDraft]] = {}
    for (vx, vy), inside in cells.items():
        town = "620171102" if vx < columns // 4 else "620171101"
        village = f"{town}{299 - 10 * vx - vy}"
        towns.setdefault(town, []).append(
            AreaDraft(
                village,
                f"{vx}-{vy}村",
                AreaType.VILLAGE,
                town,
                shapely.coverage_union_all(list(inside.values())),
            )
        )
        towns[town] += [
            AreaDraft(village + number, f"{number}社", AreaType.GROUP, village, polygon)
            for number, polygon in inside.items()
        ]
    drafts: list[AreaDraft] = []
    for town, members in towns.items():
        villages = [d.shape for d in members if d.type is AreaType.VILLAGE]
        shape = shapely.coverage_union_all(villages)
        drafts += [
            AreaDraft(town, f"{town}镇", AreaType.TOWN, "620171", shape),
            *members,
        ]
    whole = shapely.coverage_union_all(
        [d.shape for d in drafts if d.type is AreaType.TOWN]
    )
    county = AreaDraft("620171", "演示县", AreaType.COUNTY, None, whole)
    return Coverage([county, *drafts])


def store(
    session: Session,
    drafts: list[AreaDraft],
    *,
    day: date = date(2025, 1, 1),
    reason: EditionReason = EditionReason.INITIAL,
) -> Edition:
    """Drafts as an edition in force from a day on."""
    now = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
    edition = store_edition(
        session, SOURCE, drafts, name="drawn", reason=reason, valid_from=day, now=now
    )
    activate(session, edition, day=day, now=now)
    return edition


def border_points(coverage: Coverage, n: int, seed: int = 1) -> np.ndarray:
    """``n`` points on the groups' edges: a third of them on vertices."""
    draw = np.random.default_rng(seed)
    shapes = list(coverage.groups.values())
    rings = [shapely.get_coordinates(shape) for shape in shapes]
    points = []
    for i in draw.integers(len(rings), size=n):
        ring = rings[i]
        k = int(draw.integers(len(ring) - 1))
        t = 0.0 if len(points) % 3 == 0 else float(draw.uniform())
        points.append(ring[k] + (ring[k + 1] - ring[k]) * t)
    return np.array(points)
