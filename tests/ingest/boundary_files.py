"""Boundary files as offices send them, with their declarations."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import make
import numpy as np
import pyproj
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo_api.ingest.declaration import Declaration

Row = tuple[str, str, str, str | None, BaseGeometry]

# Every table that an import writes.
TABLES = (
    "area",
    "area_code",
    "area_name",
    "boundary_source",
    "edition",
    "edition_area",
    "shape",
    "shape_piece",
    "household_place",
)


def a_declaration(**changes: Any) -> Declaration:
    """A declaration for files of `frame_of`; what a test cares about is changed."""
    content: dict[str, Any] = {
        "name": "方格",
        "source": "Drawn for tests",
        "licence": "CC0-1.0",
        "is_invented": True,
        "valid_from": date(2025, 1, 1),
        "fields": {"code": "code", "name": "name", "type": "kind", "parent": "parent"},
    }
    return Declaration.model_validate(content | changes)


# For files whose features are the towns of one county and have names only.
NAMED_TOWNS: dict[str, Any] = {
    "fields": {"name": "name"},
    "values": {"type": "town"},
    "county": {"code": "620171", "name": "演示县"},
}


def frame_of(rows: Sequence[Row] | None = None) -> geopandas.GeoDataFrame:
    """Areas with code, name, kind and parent; by default the small county's."""
    rows = make.county_tree() if rows is None else rows
    return geopandas.GeoDataFrame(
        {
            "code": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "kind": [row[2] for row in rows],
            "parent": [row[3] or "" for row in rows],
        },
        geometry=[row[4] for row in rows],
        crs=4326,
    )


def towns(*shapes: BaseGeometry) -> list[Row]:
    """Towns 620171101 … that name no parent."""
    return [
        (f"62017110{i}", f"{i}镇", "town", None, shape)
        for i, shape in enumerate(shapes, start=1)
    ]


def square(x: float = 0.0, y: float = 0.0, size: float = 0.1) -> Polygon:
    """A square, its lower left corner so many degrees from the county's."""
    west, south = make.WEST + x, make.SOUTH + y
    return shapely.box(west, south, west + size, south + size)


def write_geojson(path: Path, frame: geopandas.GeoDataFrame) -> Path:
    path.write_text(frame.to_json(to_wgs84=False, drop_id=True), encoding="utf-8")
    return path


def write_shapefile(
    path: Path,
    frame: geopandas.GeoDataFrame,
    *,
    encoding: str = "utf-8",
    folder: str = "",
    without: Sequence[str] = (),
) -> Path:
    """A zipped Shapefile; ``without`` names suffixes to leave out."""
    loose = path.parent / f"{path.stem}-loose"
    loose.mkdir()
    frame.to_file(loose / "areas.shp", encoding=encoding, engine="pyogrio")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(loose.iterdir()):
            if part.suffix not in without:
                archive.write(part, folder + part.name)
    return path


def write_features(path: Path, *geometries: Any, **properties: Any) -> Path:
    """GeoJSON features as they are given, however broken."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"{i}镇", **properties},
            "geometry": geometry,
        }
        for i, geometry in enumerate(geometries, start=1)
    ]
    content = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def projected(shape: BaseGeometry, epsg: int, *, shift: float = 0.0) -> BaseGeometry:
    """A shape of degrees in metres; ``shift`` is added to the eastings."""
    to_metres = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)

    def move(coordinates: np.ndarray) -> np.ndarray:
        x, y = to_metres.transform(coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([np.asarray(x) + shift, y])

    return shapely.transform(shape, move)


def counts(session: Session) -> dict[str, int]:
    """How many rows stand in each table that an import writes."""
    return {
        table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        for table in TABLES
    }
