"""The zones of points: from memory, or from the database while that is being built."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from geo_api.areas.nearby import METRES_PER_DEGREE
from geo_api.areas.queries import point_columns
from geo_api.areas.rules import Place
from geo_api.areas.shapes import GRID
from geo_api.zones.index import find_zone_index
from geo_api.zones.queries import SQL
from geo_api.zones.rules import ZoneView


def zones_at(
    session: Session,
    points: Sequence[tuple[float, float]],
    places: Sequence[Place],
    *,
    day: date,
    decides: bool = True,
) -> list[ZoneView | None]:
    """The zone of each point within its located areas, or None."""
    if not points:
        return []
    index = find_zone_index(session, day, decides=decides)
    if index is not None:
        return index.zones_at(points, places, day)
    rows = session.execute(
        SQL["zones_at"],
        {
            **point_columns(points),
            "group_id": [place.group_id for place in places],
            "village_id": [place.village_id for place in places],
            "town_id": [place.town_id for place in places],
            "day": day,
            "border_deg": GRID,
        },
    )
    found: list[ZoneView | None] = [None] * len(points)
    for i, *zone in rows:
        found[i] = ZoneView(*zone)
    return found


def zone_neighbours(
    session: Session,
    points: Sequence[tuple[float, float]],
    own_ids: Sequence[int],
    reach_m: Sequence[float],
    *,
    day: date,
) -> list[list[ZoneView]]:
    """For each point the zones of households within reach, but for its own."""
    if not points:
        return []
    index = find_zone_index(session, day)
    if index is not None:
        return index.neighbours(points, own_ids, reach_m, day)
    rows = session.execute(
        SQL["zone_neighbours"],
        {
            **point_columns(points),
            "zone_id": list(own_ids),
            "reach_m": list(reach_m),
            "reach_deg": [reach / METRES_PER_DEGREE for reach in reach_m],
            "day": day,
        },
    )
    found: list[list[ZoneView]] = [[] for _ in points]
    for i, *zone in rows:
        found[i].append(ZoneView(*zone))
    return found
