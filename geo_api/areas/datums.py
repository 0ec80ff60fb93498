"""WGS 84, CGCS2000, GCJ-02 and BD-09: exact conversions, both ways.

GCJ-02 shifts every point inside a box around China by 27–683 m; BD-09 bends GCJ-02
once more. Neither has a closed inverse. The naive one (subtract the shift taken at the
shifted point) is up to 4 m off, which is another household; here the inverse is a fixed
point, exact to nanometres. CGCS2000 and WGS 84 differ by decimetres of plate motion,
below what a declared point knows of itself, and count as equal.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Crs(StrEnum):
    """Coordinate systems in which a caller may give a point, always ``lon, lat``."""

    WGS84 = "wgs84"  # GPS, OpenStreetMap
    CGCS2000 = "cgcs2000"  # the national system, Tianditu; read as WGS 84
    GCJ02 = "gcj02"  # Amap, Tencent, WeChat
    BD09 = "bd09"  # Baidu


# Outside this box the two shifted systems leave points where they are.
_WEST, _EAST = 72.004, 137.8347
_SOUTH, _NORTH = 0.8293, 55.8271
# A shifted point can leave the box by this much; wider than any shift.
_RIM = 0.1

# Krasovsky 1940, on which GCJ-02 turns metres into degrees.
_SEMI_MAJOR = 6378245.0
_ECCENTRICITY_2 = 0.00669342162296594323

_BD_FACTOR = np.pi * 3000.0 / 180.0
_BD_LON, _BD_LAT = 0.0065, 0.006

# Degrees; a tenth of a micrometre on the ground.
_STEP = 1e-12
# Six rounds suffice everywhere in China; the rest is for the seam at 105° E, 35° N.
_ROUNDS = 30


def _within(lon: Array, lat: Array, rim: float = 0.0) -> NDArray[np.bool_]:
    return (
        (lon >= _WEST - rim)
        & (lon <= _EAST + rim)
        & (lat >= _SOUTH - rim)
        & (lat <= _NORTH + rim)
    )


def _wave(amplitude: float, angle: Array) -> Array:
    return amplitude * 2.0 / 3.0 * np.sin(angle * np.pi)


def _shift(lon: Array, lat: Array) -> tuple[Array, Array]:
    """Degrees by which GCJ-02 moves a point given in WGS 84."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = _wave(20.0, 6.0 * x) + _wave(20.0, 2.0 * x)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += _wave(20.0, x) + _wave(40.0, x / 3.0)
    east += _wave(150.0, x / 12.0) + _wave(300.0, x / 30.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += ripple + _wave(20.0, y) + _wave(40.0, y / 3.0)
    north += _wave(160.0, y / 12.0) + _wave(320.0, y / 30.0)
    phi = np.radians(lat)
    squeeze = 1.0 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    prime_vertical = _SEMI_MAJOR / np.sqrt(squeeze)
    meridian = prime_vertical * (1.0 - _ECCENTRICITY_2) / squeeze
    return (
        np.degrees(east / (prime_vertical * np.cos(phi))),
        np.degrees(north / meridian),
    )


def _gcj_of_wgs(lon: Array, lat: Array) -> tuple[Array, Array]:
    east, north = _shift(lon, lat)
    return lon + east, lat + north


def _bd_of_gcj(lon: Array, lat: Array) -> tuple[Array, Array]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_FACTOR)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_FACTOR)
    return radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT


def _bd_of_wgs(lon: Array, lat: Array) -> tuple[Array, Array]:
    return _bd_of_gcj(*_gcj_of_wgs(lon, lat))


_FORWARD = {Crs.GCJ02: _gcj_of_wgs, Crs.BD09: _bd_of_wgs}


def from_wgs84_arrays(lon: Array, lat: Array, crs: Crs) -> tuple[Array, Array]:
    """Points in WGS 84, in ``crs``; points outside China are unchanged."""
    out_lon, out_lat = np.array(lon, np.float64), np.array(lat, np.float64)
    forward = _FORWARD.get(crs)
    if forward is None:
        return out_lon, out_lat
    inside = _within(out_lon, out_lat)
    out_lon[inside], out_lat[inside] = forward(out_lon[inside], out_lat[inside])
    return out_lon, out_lat


def to_wgs84_arrays(lon: Array, lat: Array, crs: Crs) -> tuple[Array, Array]:
    """Points in ``crs``, in WGS 84; points that no shift leads to are unchanged."""
    out_lon, out_lat = np.array(lon, np.float64), np.array(lat, np.float64)
    forward = _FORWARD.get(crs)
    if forward is None:
        return out_lon, out_lat
    near = _within(out_lon, out_lat, _RIM)
    goal_lon, goal_lat = out_lon[near], out_lat[near]
    x, y = goal_lon.copy(), goal_lat.copy()
    for _ in range(_ROUNDS):
        there_lon, there_lat = forward(x, y)
        step_lon, step_lat = there_lon - goal_lon, there_lat - goal_lat
        x -= step_lon
        y -= step_lat
        if np.abs([step_lon, step_lat]).max(initial=0.0) < _STEP:
            break
    # Whatever comes to rest outside the box was never shifted.
    was_shifted = _within(x, y)
    out_lon[near] = np.where(was_shifted, x, goal_lon)
    out_lat[near] = np.where(was_shifted, y, goal_lat)
    return out_lon, out_lat


def from_wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    """One point in WGS 84, in ``crs``."""
    x, y = from_wgs84_arrays(np.array([lon]), np.array([lat]), crs)
    return float(x[0]), float(y[0])


def to_wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    """One point in ``crs``, in WGS 84; exact to nanometres."""
    x, y = to_wgs84_arrays(np.array([lon]), np.array([lat]), crs)
    return float(x[0]), float(y[0])
