"""A claimed point before it is looked up: what is wrong and how to mend it."""

from __future__ import annotations

import math

from geo_api.areas.datums import Crs
from geo_api.errors import Problem

_MEND = "Send lon and lat in degrees"


def find_point_problems(
    lon: float | None, lat: float | None, crs: str | None, loc: tuple[str | int, ...]
) -> list[Problem]:
    """The first thing wrong with a claimed point, or nothing.

    China lies between 73 and 135 degrees of longitude, beyond every latitude: exchanged
    coordinates are seen at once.
    """
    if lon is None or lat is None:
        return [Problem(loc, "lon and lat belong together", "Send both or neither")]
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return [Problem(loc, "A coordinate is not a number", _MEND)]
    if crs is None:
        return [
            Problem(
                (*loc, "crs"),
                "The point names no coordinate system",
                "Send crs: wgs84, cgcs2000, gcj02 or bd09; 220 m lie between them",
            )
        ]
    if crs not in set(Crs):
        return [
            Problem(
                (*loc, "crs"),
                "%(crs)s is not a coordinate system known here",
                "Send wgs84, cgcs2000, gcj02 or bd09",
                {"crs": crs[:40]},
            )
        ]
    if abs(lat) > 90 and abs(lon) <= 90:
        return [
            Problem(
                loc,
                "lon and lat are exchanged",
                "Send lon first: about 103 here, then lat: about 36",
            )
        ]
    if abs(lat) > 90 or abs(lon) > 180:
        return [Problem(loc, "The point is not on earth", _MEND)]
    return []
