"""Zones as they are claimed, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shapely import MultiPolygon, Polygon

from geo_api.zones.rules import ZoneKind


@dataclass(frozen=True)
class ZoneDraft:
    """A zone of one area; the polygon serves points without a household."""

    code: str
    name: str
    area_id: int
    kind: ZoneKind
    valid_from: date
    polygon: Polygon | MultiPolygon | None = None
