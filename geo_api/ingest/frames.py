"""A boundary file as a frame in EPSG:4326, or why it cannot be read.

What is wrong with a feature names it by number and name and says where it lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely

from geo_api.errors import InvalidInput, Problem, Words
from geo_api.ingest.containers import refuse, unpacked
from geo_api.ingest.declaration import Declaration
from geo_api.ingest.drivers import read_layer
from geo_api.ingest.geojson import read_geojson
from geo_api.ingest.layers import Layer, place_of
from geo_api.ingest.projection import system_named, to_wgs84

# So many features are named; who has more of them exports the file again anyway.
_NAMED = 20
_KINDS = {
    "Point": "a point",
    "MultiPoint": "points",
    "LineString": "a line",
    "LinearRing": "a line",
    "MultiLineString": "lines",
    "GeometryCollection": "a mixture of shapes",
}


def read_frame(path: Path, declaration: Declaration) -> Any:
    """A GeoDataFrame in EPSG:4326 with the declared columns of a file.

    Raises InvalidInput for a file that cannot be read, has no coordinate system, or
    contradicts its declaration.
    """
    with unpacked(path) as main:
        layer = _read(main, declaration)
    if not layer.shapes:
        raise refuse("The file holds no shapes", "Export it again with its shapes")
    _check_fields(layer, declaration)
    _check_texts(layer, declaration)
    problems = list(_problems_of(layer, declaration))
    if problems:
        raise InvalidInput(problems=problems[:_NAMED])
    frame = geopandas.GeoDataFrame(
        {name: list(layer.columns[name]) for name in declaration.columns},
        geometry=list(layer.shapes),
        crs=system_named(layer.crs) if layer.crs else None,
    )
    return to_wgs84(frame, declaration.crs)


def _read(main: Path, declaration: Declaration) -> Layer:
    found: Layer | Path = main
    encoding = declaration.encoding
    if main.suffix in (".json", ".geojson"):
        found, encoding = read_geojson(main, encoding=encoding), None
    if isinstance(found, Path):
        return read_layer(found, layer=declaration.layer, encoding=encoding)
    if declaration.layer is not None:
        raise InvalidInput(
            "GeoJSON has no layers, the declaration names %(layer)s",
            loc=("declaration", "layer"),
            mend="Leave layer out, or send the file that has it",
            layer=declaration.layer,
        )
    return found


def _check_fields(layer: Layer, declaration: Declaration) -> None:
    missing = sorted(set(declaration.columns) - set(layer.columns))
    if missing:
        raise InvalidInput(
            "The file has no field %(fields)s",
            loc=("declaration", "fields"),
            mend="It has: %(present)s",
            fields=", ".join(missing),
            present=", ".join(map(str, layer.columns)),
        )


def _check_texts(layer: Layer, declaration: Declaration) -> None:
    """A text that a field of so many bytes has cut is not what it was."""
    for name in declaration.columns:
        if name in layer.faults:
            row, text = layer.faults[name]
            raise InvalidInput(
                "The field %(field)s of feature %(number)s is cut within a sign: "
                "%(text)s",
                loc=("file", "features", row),
                mend="Make the field wider in your GIS, write the text again in full, "
                "and export it",
                field=name,
                number=row + 1,
                text=text,
            )


def _problems_of(layer: Layer, declaration: Declaration) -> Iterator[Problem]:
    """What is no polygon, with number, name and place."""
    names = layer.columns[declaration.fields.name]
    for i, shape in enumerate(layer.shapes):
        shown = {"number": i + 1, "name": _shown(names[i])}
        where = {"where": layer.broken.get(i, place_of(shape))}
        if i in layer.broken:
            yield Problem(
                ("file", "features", i),
                "Feature %(number)s (%(name)s) is not closed, or has too few corners, "
                "near %(where)s",
                "Draw its border to the end in your GIS, and export it again",
                shown | where,
            )
        elif shape is None or shape.is_empty:
            yield Problem(
                ("file", "features", i),
                "Feature %(number)s (%(name)s) has no shape",
                "Draw it, or leave its row out",
                shown,
            )
        elif shape.geom_type not in ("Polygon", "MultiPolygon"):
            kind = Words(_KINDS.get(shape.geom_type, shape.geom_type))
            yield Problem(
                ("file", "features", i),
                "Feature %(number)s (%(name)s) is %(kind)s near %(where)s, no area",
                "Leave it out, or draw the area itself",
                shown | where | {"kind": kind},
            )
        elif not np.isfinite(shapely.get_coordinates(shape)).all():
            yield Problem(
                ("file", "features", i),
                "Feature %(number)s (%(name)s) has a coordinate that is not a number",
                "Draw it again in your GIS, and export it again",
                shown,
            )


def _shown(name: Any) -> str:
    return str(name)[:60] if name not in (None, "") else "-"
