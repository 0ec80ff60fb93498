"""From the system that shapes are in to EPSG:4326, or why not."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError
from pyproj.transformer import AreaOfInterest, TransformerGroup

from geo_api.areas.datums import Crs, to_wgs84_arrays
from geo_api.errors import InvalidInput
from geo_api.ingest.containers import refuse
from geo_api.ingest.provinces import CHINA

# Degrees beyond the zone of a projection that a county may well reach.
_NEAR = 3.0
# Metres; a transformation that is known no better is no better than another's shift.
_EXACT_M = 5.0
# CGCS2000 and WGS 84 differ by decimetres; PROJ knows no transformation, nor need we.
_CGCS2000 = re.compile(
    r"CGCS[\W_]*2000|China[\W_]*2000|China[\W_]*Geodetic[\W_]*Coordinate[\W_]*System",
    re.IGNORECASE,
)


def to_wgs84(frame: Any, declared: str | None) -> Any:
    """A frame in EPSG:4326 by its own system and the declared one.

    GCJ-02 and BD-09 are converted vertex by vertex.
    """
    if declared is None and frame.crs is None:
        raise refuse(
            "The file names no coordinate system",
            'Send the .prj, or declare crs = "wgs84", "gcj02", "EPSG:4544" …',
        )
    if declared in set(Crs):
        frame = _of_degrees(frame, Crs(declared))
    else:
        frame = _project(frame, declared)
    _check_degrees(frame)
    frame.geometry = shapely.force_2d(frame.geometry.array)
    return frame


def system_named(name: str) -> pyproj.CRS:
    """A coordinate system by the name that a file or a declaration gives it."""
    try:
        return pyproj.CRS.from_user_input(name)
    except CRSError as error:
        raise refuse(
            "%(crs)s is not a coordinate system known here",
            "Declare wgs84, cgcs2000, gcj02, bd09 or an EPSG number",
            crs=name[:60],
        ) from error


def _of_degrees(frame: Any, declared: Crs) -> Any:
    if frame.crs is not None:
        if not frame.crs.is_geographic:
            raise _contradiction(frame.crs, declared.value)
        _check_datum(frame.crs, frame.total_bounds)
    frame = frame.set_crs(4326, allow_override=True)
    if declared in (Crs.GCJ02, Crs.BD09):
        frame.geometry = _unshift(frame.geometry.array, declared)
    return frame


def _contradiction(theirs: pyproj.CRS, ours: str) -> InvalidInput:
    return refuse(
        "The file is in %(theirs)s, the declaration says %(ours)s",
        "Declare the file's own system, or leave crs out",
        theirs=theirs.name,
        ours=ours,
    )


def _project(frame: Any, declared: str | None) -> Any:
    if declared is not None:
        crs = system_named(declared)
        if frame.crs is not None:
            if not _agree(frame.crs, crs):
                raise _contradiction(frame.crs, declared)
            if frame.crs.is_geographic:
                _check_datum(frame.crs, frame.total_bounds)
        frame = frame.set_crs(crs, allow_override=True)
    _check_zone_prefix(frame)
    degrees = frame.to_crs(4326)
    _check_datum(frame.crs, degrees.total_bounds)
    _check_reach(degrees, frame.crs)
    return degrees


def _check_datum(crs: pyproj.CRS, bounds: Any) -> None:
    """A datum whose way to WGS 84 nobody has published is off by up to 100 m."""
    base = crs.geodetic_crs or crs
    named = [base.name, *(part.name for part in (base.datum, base.ellipsoid) if part)]
    if any(_CGCS2000.search(name) for name in named):
        return
    here = None
    if np.isfinite(bounds).all() and (np.abs(bounds) <= (180, 90, 180, 90)).all():
        here = AreaOfInterest(*map(float, bounds))
    known = TransformerGroup(base, 4326, always_xy=True, area_of_interest=here)
    best = known.transformers[0].accuracy if known.transformers else -1.0
    if not 0.0 <= best <= _EXACT_M:
        raise refuse(
            "The file is in %(crs)s, and no published way leads from it to CGCS2000",
            "Have the surveying office transform it to CGCS2000: it alone has the "
            "parameters of your county",
            crs=crs.name,
        )


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
        raise refuse(
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
        raise refuse(
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
    is_swapped = (np.abs(lat) > 90).any() and (np.abs(lon) <= 90).all()
    # Far in the west of China both are below 90: there only the place tells.
    if is_swapped or (
        len(lon)
        and CHINA.holds(float(lat.mean()), float(lon.mean()))
        and not CHINA.holds(float(lon.mean()), float(lat.mean()))
    ):
        raise refuse(
            "lon and lat are exchanged: the file begins at %(lon)s, %(lat)s",
            "Write lon first",
            lon=round(float(lon[0]), 6),
            lat=round(float(lat[0]), 6),
        )
    # Not <=: where a projection does not reach, its inverse is infinite.
    if not ((np.abs(lat) <= 90).all() and (np.abs(lon) <= 180).all()):
        raise refuse(
            "The coordinates are not degrees",
            "Declare the projected system they are in",
        )
