"""Shapes as they are stored: multipolygons on the 1e-7° grid, in one canonical form.

Rounding moves every vertex to its own nearest grid point and looks at nothing else, so
that a vertex shared by two neighbours stays shared. Only a polygon that this makes
invalid (a neck narrower than a centimetre) is rebuilt.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

# Degrees: a centimetre on the ground.
GRID = 1e-7
_PER_DEGREE = 1e7


def _snap(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(coordinates * _PER_DEGREE) / _PER_DEGREE


def rounded(shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Polygons with every vertex on the grid; valid where the given one was valid."""
    given = np.array(list(shapes), dtype=object)
    snapped = shapely.transform(given, _snap)
    broken = ~shapely.is_valid(snapped) & shapely.is_valid(given)
    # GEOS counts in steps of the grid, we in parts of a degree; the last bit differs.
    rebuilt = shapely.set_precision(given[broken], GRID)
    snapped[broken] = shapely.transform(rebuilt, _snap)
    # A ring that was invalid as given may be too short to look at.
    sound = shapely.is_valid(snapped)
    snapped[sound] = shapely.remove_repeated_points(snapped[sound])
    return list(snapped)


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    return [
        part
        for part in shapely.get_parts(shapely.get_parts(shape))
        if isinstance(part, Polygon) and not part.is_empty
    ]


def canonical(shape: BaseGeometry) -> MultiPolygon:
    """The stored form: 2-D, on the grid, rings and parts in a fixed order.

    Equal areas give equal bytes whatever order their vertices came in.
    """
    flat = rounded([shapely.force_2d(shape)])[0]
    normal = shapely.normalize(MultiPolygon(_polygons(flat)))
    assert isinstance(normal, MultiPolygon)  # noqa: S101  of its parts, for the checker
    return normal


def is_canonical(shape: BaseGeometry) -> bool:
    """Whether a shape may be stored: not empty and valid."""
    return bool(not shape.is_empty and shape.is_valid)


def place_of_fault(shape: BaseGeometry) -> str:
    """Where a shape is not valid: lon and lat, as they stand in GEOS's own sentence."""
    return shapely.is_valid_reason(shape).partition("[")[2].rstrip("]") or "-"


def hash_of(shape: MultiPolygon) -> bytes:
    """What a shape is known by: SHA-256 of its little-endian WKB."""
    wkb: bytes = shapely.to_wkb(shape, byte_order=1, output_dimension=2)
    return hashlib.sha256(wkb).digest()


def label_point(shape: MultiPolygon) -> Point:
    """A point well inside the largest part, as far from its border as it gets."""
    part = max(_polygons(shape), key=lambda polygon: polygon.area)
    squeeze = math.cos(math.radians(part.centroid.y))
    even = shapely.transform(part, lambda c: c * (squeeze, 1.0))
    west, south, east, north = even.bounds
    tolerance = max(east - west, north - south) / 100
    radius = shapely.maximum_inscribed_circle(even, tolerance=tolerance)
    x, y = shapely.get_coordinates(radius)[0]
    point = Point(round(float(x) / squeeze, 7), round(float(y), 7))
    # A sliver thinner than the grid may lose the rounded point.
    return point if part.covers(point) else part.representative_point()
