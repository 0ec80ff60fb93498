"""GeoJSON, read here: GDAL's reader would follow the links in it.

What is written in JSON and is no GeoJSON (TopoJSON, the JSON of Esri) is written anew,
without what nobody asked for, for the drivers that know it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from shapely.errors import ShapelyError
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from geo_api.ingest.containers import refuse
from geo_api.ingest.contents import damaged
from geo_api.ingest.encodings import read_text
from geo_api.ingest.layers import Layer

# How systems are named in GeoJSON of before 2016: they say a number of EPSG.
_NAMED = re.compile(
    r"(?:urn:(?:x-)?ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?"
    r"(EPSG|OGC)[:/][\w.]*[:/]?(\w+)",
    re.IGNORECASE,
)
# What TopoJSON and the JSON of Esri say of shapes.
_OTHERS = (
    "type",
    "objects",
    "arcs",
    "transform",
    "geometryType",
    "spatialReference",
    "fields",
    "features",
)


def read_geojson(main: Path, *, encoding: str | None) -> Layer | Path:
    """The features of a GeoJSON file, or another JSON file for its driver."""
    content = _parsed(main, encoding)
    if content.get("type") == "Topology" or "geometryType" in content:
        other = main.with_name("other.json")
        kept = {name: content[name] for name in _OTHERS if name in content}
        other.write_text(json.dumps(kept), encoding="utf-8")
        return other
    kind, features = content.get("type"), content.get("features")
    if kind == "Feature":
        features = [content]
    if kind not in ("Feature", "FeatureCollection") or not isinstance(features, list):
        raise damaged(main)
    rows: list[Mapping[str, Any]] = []
    shapes: list[BaseGeometry | None] = []
    broken: dict[int, str] = {}
    for number, feature in enumerate(features):
        if not isinstance(feature, dict):
            raise damaged(main)
        properties = feature.get("properties")
        rows.append(properties if isinstance(properties, dict) else {})
        geometry = feature.get("geometry")
        place = _fault_in(geometry)
        if place is not None:
            broken[number] = place
        shapes.append(None if place is not None else _shape(geometry))
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return Layer(columns, shapes, _crs_of(content), broken)


def _parsed(main: Path, encoding: str | None) -> dict[str, Any]:
    text = read_text(main.read_bytes(), declared=encoding)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise refuse(
            "The JSON is broken in line %(line)s, at sign %(column)s",
            "Look whether the file is whole, and export it again from your GIS",
            line=error.lineno,
            column=error.colno,
        ) from error
    except RecursionError as error:
        raise damaged(main) from error
    if not isinstance(content, dict):
        raise damaged(main)
    return content


def _shape(geometry: Any) -> BaseGeometry | None:
    if geometry is None:
        return None
    with np.errstate(invalid="ignore"):
        return shape_of(geometry)


def _fault_in(geometry: Any) -> str | None:
    """The place of a shape that is none; None where there is nothing to say."""
    if geometry is None:
        return None
    place = "-"
    try:
        for ring in _rings_of(geometry):
            place = f"{float(ring[0][0]):.6f}, {float(ring[0][1]):.6f}"
            if ring[0] != ring[-1] or len(ring) < 4:
                return place
        _shape(geometry)
    except (TypeError, ValueError, LookupError, AttributeError, ShapelyError):
        return place
    return None


def _rings_of(geometry: Any) -> list[Any]:
    kind = geometry["type"]
    if kind == "Polygon":
        return list(geometry["coordinates"])
    if kind == "MultiPolygon":
        return [ring for polygon in geometry["coordinates"] for ring in polygon]
    return []


def _crs_of(content: Mapping[str, Any]) -> str:
    """The system that a file names; without a name it is WGS 84."""
    named = content.get("crs")
    if named is None:
        return "OGC:CRS84"
    properties = named.get("properties") if isinstance(named, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    found = _NAMED.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise refuse(
            "The file names its coordinate system in a way that is not read here",
            'Take "crs" out of the file, and declare crs = "EPSG:4490" or what it is',
        )
    return f"{found[1].upper()}:{found[2]}"
