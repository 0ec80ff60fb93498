"""Reads GeoJSON, GeoPackage and zipped Shapefiles into EPSG:4326, or says why not."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from geo_api.areas.rules import Crs, to_wgs84_arrays
from geo_api.errors import InvalidInput
from geo_api.ingest.declaration import Declaration

# Packed and unpacked: ten times a county with all its groups, drawn to the metre.
_MAX_BYTES = 200_000_000
# Unpacked against packed: real shapes are nowhere near this, once they weigh anything.
_MAX_RATIO = 50
_WEIGHS_BYTES = 10_000_000
# Degrees beyond the zone of a projection that a county may well reach.
_NEAR = 3.0
_SUFFIXES = {".geojson", ".json", ".gpkg", ".zip"}


def _refuse(msg: str, mend: str, **params: Any) -> InvalidInput:
    return InvalidInput(msg, loc=("file",), mend=mend, **params)


def read_frame(path: Path, declaration: Declaration) -> Any:
    """A GeoDataFrame in EPSG:4326 with the file's own properties.

    GCJ-02 and BD-09 are converted vertex by vertex. Raises InvalidInput for a file that
    cannot be read, has no coordinate system, or contradicts its declaration.
    """
    _check_file(path)
    frame = _read(path, declaration)
    if len(frame) == 0 or not isinstance(frame, geopandas.GeoDataFrame):
        raise _refuse("The file holds no shapes", "Export it again with its shapes")
    kinds = set(frame.geom_type.dropna()) - {"Polygon", "MultiPolygon"}
    if kinds or frame.geometry.isna().any() or frame.geometry.is_empty.any():
        raise _refuse(
            "Not every feature is a polygon: %(kinds)s",
            "Leave out points, lines and empty rows",
            kinds=", ".join(sorted(kinds)) or "empty",
        )
    return _to_wgs84(frame, declaration)


def _check_file(path: Path) -> None:
    if path.suffix.lower() not in _SUFFIXES:
        raise _refuse(
            "%(suffix)s is not read here",
            "Send GeoJSON, GeoPackage, or a Shapefile in a zip",
            suffix=path.suffix or path.name,
        )
    if not path.exists():
        raise _refuse("There is no file %(name)s", "Check the path", name=path.name)
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise _refuse(
            "The file is larger than %(limit)s bytes",
            "Simplify the shapes in your GIS",
            limit=_MAX_BYTES,
        )


def _shapefile_in(path: Path) -> str:
    """GDAL's name for the one Shapefile in a zip, in whatever folder it lies."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            unpacked = sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile as error:
        raise _refuse("This is not a zip", "Pack the Shapefile again") from error
    is_bomb = unpacked > max(_WEIGHS_BYTES, path.stat().st_size * _MAX_RATIO)
    if is_bomb or unpacked > _MAX_BYTES:
        raise _refuse("The zip unpacks to far too much", "Pack the Shapefile alone")
    for suffix in (".shp", ".shx", ".dbf"):
        if not any(name.lower().endswith(suffix) for name in names):
            raise _refuse(
                "The zip holds no %(suffix)s",
                "A Shapefile is .shp, .shx, .dbf and .prj together",
                suffix=suffix,
            )
    shapes = [name for name in names if name.lower().endswith(".shp")]
    if len(shapes) > 1:
        raise _refuse(
            "The zip holds several Shapefiles: %(names)s",
            "Pack one alone; levels stand in one file, with a field for their kind",
            names=", ".join(shapes[:5]),
        )
    return f"/vsizip/{path.resolve()}/{shapes[0]}"


def _the_layer(path: Path, declaration: Declaration) -> str:
    """The declared layer, or the only one."""
    names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    wanted = declaration.layer
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        raise _refuse(
            "It is not said which layer is meant, of %(names)s",
            'Declare it, for example layer = "%(first)s"',
            names=", ".join(names[:9]),
            first=next(iter(names), "towns"),
        )
    return wanted


def _read(path: Path, declaration: Declaration) -> Any:
    options = {"encoding": declaration.encoding} if declaration.encoding else {}
    kind = path.suffix.lower()
    source = _shapefile_in(path) if kind == ".zip" else path
    try:
        if kind == ".gpkg":
            options["layer"] = _the_layer(path, declaration)
        # A coordinate that is not a number is looked for later, not warned of here.
        with np.errstate(invalid="ignore"):
            return geopandas.read_file(source, engine="pyogrio", **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise _refuse(
            "The file cannot be read: %(why)s",
            "Export it again from your GIS",
            why=str(error).splitlines()[0][:200],
        ) from error
    except (UnicodeDecodeError, LookupError) as error:
        raise _refuse(
            "The texts of the file cannot be read",
            'Declare the encoding, for example encoding = "gb18030"',
        ) from error
    except (ValueError, shapely.errors.ShapelyError) as error:
        raise _refuse(
            "The file cannot be read: %(why)s",
            "Export it again from your GIS",
            why=str(error).splitlines()[0][:200],
        ) from error


def _to_wgs84(frame: Any, declaration: Declaration) -> Any:
    declared = declaration.crs
    if not np.isfinite(shapely.get_coordinates(frame.geometry.array)).all():
        raise _refuse(
            "A coordinate is not a number", "Export the file again from your GIS"
        )
    if declared is None and frame.crs is None:
        raise _refuse(
            "The file names no coordinate system",
            'Send the .prj, or declare crs = "wgs84", "gcj02", "EPSG:4544" …',
        )
    if declared in (Crs.GCJ02.value, Crs.BD09.value):
        _refuse_projected(frame, declared)
        frame = frame.set_crs(4326, allow_override=True)
        frame.geometry = _unshift(frame.geometry.array, Crs(declared))
    elif declared in (Crs.WGS84.value, Crs.CGCS2000.value):
        _refuse_projected(frame, declared)
        frame = frame.set_crs(4326, allow_override=True)
    else:
        frame = _project(frame, declared)
    _check_degrees(frame)
    frame.geometry = shapely.force_2d(frame.geometry.array)
    return frame


def _refuse_projected(frame: Any, declared: str) -> None:
    if frame.crs is not None and not frame.crs.is_geographic:
        raise _refuse(
            "The file is in %(theirs)s, the declaration says %(ours)s",
            "Declare the file's own system, or leave crs out",
            theirs=frame.crs.name,
            ours=declared,
        )


def _project(frame: Any, declared: str | None) -> Any:
    if declared is not None:
        try:
            crs = pyproj.CRS.from_user_input(declared)
        except CRSError as error:
            raise _refuse(
                "%(crs)s is not a coordinate system known here",
                "Declare wgs84, cgcs2000, gcj02, bd09 or an EPSG number",
                crs=declared[:60],
            ) from error
        if frame.crs is not None and not _agree(frame.crs, crs):
            raise _refuse(
                "The file is in %(theirs)s, the declaration says %(ours)s",
                "Declare the file's own system, or leave crs out",
                theirs=frame.crs.name,
                ours=declared,
            )
        frame = frame.set_crs(crs, allow_override=True)
    _check_zone_prefix(frame)
    degrees = frame.to_crs(4326)
    _check_reach(degrees, frame.crs)
    return degrees


def _agree(theirs: Any, ours: Any) -> bool:
    number = theirs.to_epsg(min_confidence=20)
    return bool(
        theirs.equals(ours, ignore_axis_order=True)
        or (theirs.is_geographic and ours.is_geographic)
        # A .prj seldom carries the authority; the projection's own name does.
        or (number is not None and number == ours.to_epsg(min_confidence=20))
    )


def _check_zone_prefix(frame: Any) -> None:
    """Eastings of eight digits carry their zone: 35 500 000, not 500 000."""
    if not frame.crs.is_projected:
        return
    west, _, east, _ = frame.total_bounds
    has_prefix = 13_000_000 < west <= east < 46_000_000
    if has_prefix and _false_easting(frame.crs) < 1_000_000:
        raise _refuse(
            "The eastings carry the zone %(zone)s, the coordinate system does not",
            "Declare the system with the zone prefix, for example EPSG:4523 for 35",
            zone=int(west // 1_000_000),
        )


def _false_easting(crs: Any) -> float:
    operation = crs.coordinate_operation
    params = operation.params if operation is not None else []
    return next((p.value for p in params if p.name == "False easting"), 0.0)


def _check_reach(frame: Any, crs: Any) -> None:
    """Degrees far from where their system is used came from another zone's numbers."""
    area = crs.area_of_use
    if not crs.is_projected or area is None:
        return
    west, south, east, north = frame.total_bounds
    is_near = (
        area.west - _NEAR < east
        and west < area.east + _NEAR
        and area.south - _NEAR < north
        and south < area.north + _NEAR
    )
    if not is_near:
        raise _refuse(
            "The coordinates lie far from where %(crs)s is used",
            "Declare the file's own zone; eastings of eight digits carry its number",
            crs=crs.name,
        )


def _unshift(shapes: Any, crs: Crs) -> Any:
    def exact(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = to_wgs84_arrays(coordinates[:, 0], coordinates[:, 1], crs)
        return np.column_stack([lon, lat])

    return shapely.transform(shapely.force_2d(shapes), exact)


def _check_degrees(frame: Any) -> None:
    lon, lat = shapely.get_coordinates(frame.geometry.array).T
    if (np.abs(lat) > 90).any() and (np.abs(lon) <= 90).all():
        raise _refuse("lon and lat are exchanged", "Write lon first")
    # Not <=: where a projection does not reach, its inverse is infinite.
    if not ((np.abs(lat) <= 90).all() and (np.abs(lon) <= 180).all()):
        raise _refuse(
            "The coordinates are not degrees",
            "Declare the projected system they are in",
        )
