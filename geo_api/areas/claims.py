"""A claimed point before it is looked up: what is wrong and how to mend it."""

from __future__ import annotations

import math
from collections.abc import Callable

from geo_api.areas.datums import Crs
from geo_api.errors import Problem

_MEND = "Send lon and lat in degrees"

# West, south, east, north of the county; asked for only where something is wrong.
Bounds = Callable[[], tuple[float, float, float, float] | None]


def find_point_problems(
    lon: float | None,
    lat: float | None,
    crs: str | None,
    loc: tuple[str | int, ...],
    *,
    bounds: Bounds,
) -> list[Problem]:
    """The first thing wrong with a claimed point, or nothing.

    Most of China lies beyond 90 degrees of longitude: coordinates exchanged there are
    seen at once, others when they are found outside the county.
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
                "Send crs: wgs84, cgcs2000, gcj02 or bd09; they differ by up to 700 m",
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
        return [_exchanged(loc, bounds())]
    if abs(lat) > 90 or abs(lon) > 180:
        return [Problem(loc, "The point is not on earth", _MEND)]
    return []


def outside_problem(
    lon: float, lat: float, loc: tuple[str | int, ...], *, bounds: Bounds
) -> Problem:
    """What is wrong with a point that lies in no area: exchanged, or elsewhere."""
    here = bounds()
    if here is not None:
        west, south, east, north = here
        if west <= lat <= east and south <= lon <= north:
            return _exchanged(loc, here)
    return Problem(
        loc,
        "The point lies outside the county",
        "Check the coordinates and the coordinate system they are given in",
    )


def _exchanged(
    loc: tuple[str | int, ...], here: tuple[float, float, float, float] | None
) -> Problem:
    if here is None:
        return Problem(loc, "lon and lat are exchanged", "Send lon first, then lat")
    west, south, east, north = here
    return Problem(
        loc,
        "lon and lat are exchanged",
        "Send lon first: about %(lon)s here, then lat: about %(lat)s",
        {"lon": round((west + east) / 2, 1), "lat": round((south + north) / 2, 1)},
    )
