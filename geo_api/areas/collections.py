"""All areas of a kind as GeoJSON features; what they share stays shared."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from sqlalchemy.orm import Session

from geo_api.areas import queries
from geo_api.areas.models import BoundarySource, Edition
from geo_api.areas.rules import AreaType

# Degrees: about 50 m across; a village is a kilometre or more. Visvalingam's area, so
# that wiggles go and corners stay. A page loads all villages before it shows any.
_TOLERANCE = {
    AreaType.COUNTY: 4.5e-4,
    AreaType.TOWN: 4.5e-4,
    AreaType.VILLAGE: 4.5e-4,
    AreaType.GROUP: 2e-4,
}
_DECIMALS = 5


@lru_cache(maxsize=32)
def _kept(edition: UUID, type_: AreaType) -> dict[str, Any]:
    """A place for the features of an edition, which never change once it is stored."""
    del edition, type_
    return {}


def features_of(
    session: Session, edition: Edition, type_: AreaType
) -> list[dict[str, Any]]:
    """GeoJSON features of all areas of a kind, by code."""
    kept = _kept(edition.public_id, type_)
    if "features" not in kept:
        kept["features"] = _features(session, edition, type_)
    features: list[dict[str, Any]] = kept["features"]
    return features


def _features(
    session: Session, edition: Edition, type_: AreaType
) -> list[dict[str, Any]]:
    rows = queries.shapes_of_type(session, edition_id=edition.id, type_=type_)
    if not rows:
        return []
    source = session.get_one(BoundarySource, edition.source_id)
    parents = queries.areas_by_id(
        session,
        {row.parent_id for row in rows if row.parent_id is not None},
        edition_id=edition.id,
    )
    shapes = shapely.from_wkb([bytes(row.wkb) for row in rows])
    simple = _simplified(np.asarray(shapes, dtype=object), _TOLERANCE[type_])
    features = []
    for row, shape in zip(rows, simple, strict=True):
        parent = parents.get(row.parent_id or 0)
        features.append(
            {
                "type": "Feature",
                "id": row.code,
                "properties": {
                    "code": row.code,
                    "name": row.name,
                    "type": row.type,
                    "parent_code": parent.code if parent else None,
                    "label": [round(row.lon, _DECIMALS), round(row.lat, _DECIMALS)],
                    "is_invented": source.is_invented,
                },
                "geometry": _rounded(json.loads(shapely.to_geojson(shape))),
            }
        )
    return features


def _simplified(shapes: Any, tolerance: float) -> Any:
    """Simplified as a coverage, or one by one where the file was none."""
    try:
        return shapely.coverage_simplify(shapes, tolerance)
    except shapely.errors.GEOSException:
        return shapely.simplify(shapes, tolerance / 4)


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    """Coordinates with five decimals, a metre: after simplifying, never before."""

    def walk(node: Any) -> Any:
        if isinstance(node, float | int):
            return round(node, _DECIMALS)
        return [walk(child) for child in node]

    return {"type": geometry["type"], "coordinates": walk(geometry["coordinates"])}
