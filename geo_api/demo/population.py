"""Invented households, responsibility zones and duty holders of every group. Pure.

Households gather in hamlets. A group's households are halved along a line, again and
again, until 10-13 are left: those are a zone, and the line is its border, so that list
and polygon agree and every spot of the group is in a zone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geo_api.demo.holders import Holder, appoint
from geo_api.demo.names import People
from geo_api.demo.places import Place

ZONES = 2155

# Degrees of longitude are this much shorter than degrees of latitude here.
_SQUEEZE = math.cos(math.radians(36.56))
_KM = 1 / 110.97
# Nobody builds on the line itself.
_FROM_BORDER = 0.0004

_Points = NDArray[np.float64]


@dataclass(frozen=True)
class Home:
    """One household and its head."""

    code: str
    group: str
    village: str
    town: str
    is_urban: bool
    address: str
    head_name: str
    lon: float
    lat: float
    phone: str
    id_number: str
    member_count: int


@dataclass(frozen=True)
class Zone:
    """A 联户 zone: its households by code and the ground they stand on."""

    code: str
    name: str
    group: str
    polygon: Polygon | MultiPolygon
    homes: tuple[str, ...]


@dataclass
class Population:
    """Everybody."""

    homes: list[Home] = field(default_factory=list)
    zones: list[Zone] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)


def populate(places: Sequence[Place], *, seed: int = 25_000) -> Population:
    """Homes, zones and duty holders of a county; every group gets some."""
    draw = np.random.default_rng(seed)
    people = People(seed)
    by_code = {place.code: place for place in places}
    groups = [place for place in places if place.type == "group"]
    found = Population()
    for group, zone_count in zip(groups, _zone_counts(groups, draw), strict=True):
        sizes = draw.integers(10, 14, zone_count)
        points = _settled(group, int(sizes.sum()), draw)
        _settle(found, by_code, group, points, sizes, people, draw)
    zones = [zone.code for zone in found.zones]
    found.holders = appoint(places, zones, people, draw)
    return found


def _zone_counts(groups: Sequence[Place], draw: np.random.Generator) -> list[int]:
    """Zones of each group, from two up; they add up to ``ZONES``."""
    weight = np.array([1.5 if g.is_urban else 1.0 for g in groups])
    weight *= draw.uniform(0.6, 1.4, len(groups))
    spare = ZONES - 2 * len(groups)
    exact = weight / weight.sum() * spare
    counts = np.floor(exact).astype(int)
    rest = spare - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:rest]] += 1
    return [2 + int(count) for count in counts]


def _settled(group: Place, count: int, draw: np.random.Generator) -> _Points:
    """Points of ``count`` homes in one to three hamlets of a group."""
    inner = group.shape.buffer(-_FROM_BORDER)
    if inner.is_empty:
        inner = group.shape.buffer(-_FROM_BORDER / 4)
    shapely.prepare(inner)
    west, south, east, north = inner.bounds
    tries = draw.uniform((west, south), (east, north), (400, 2))
    inside = tries[shapely.contains_xy(inner, tries)]
    hamlets = inside[: 1 if group.is_urban else int(draw.integers(1, 4))]
    spread = (0.16 if group.is_urban else 0.22) * _KM
    found = np.empty((0, 2))
    while len(found) < count:
        centre = hamlets[draw.integers(len(hamlets), size=4 * count)]
        away = draw.normal(0, spread, (4 * count, 2)) / (_SQUEEZE, 1.0)
        points = centre + away
        found = np.vstack([found, points[shapely.contains_xy(inner, points)]])
        spread *= 1.2
    return np.asarray(found[:count].round(7))


def _settle(
    found: Population,
    by_code: Mapping[str, Place],
    group: Place,
    points: _Points,
    sizes: NDArray[np.int64],
    people: People,
    draw: np.random.Generator,
) -> None:
    village = by_code[group.parent_code]
    town = by_code[village.parent_code]
    number = 0
    parts = _halved(points, sizes, group.shape)
    for place, (members, polygon) in enumerate(parts, start=1):
        homes = []
        for i in members:
            number += 1
            home = Home(
                code=f"{group.code}-{number:04d}",
                group=group.code,
                village=village.code,
                town=town.code,
                is_urban=group.is_urban,
                address=f"{town.name}{village.name}{group.name}{number}号",
                head_name=people.name(),
                lon=float(points[i, 0]),
                lat=float(points[i, 1]),
                phone=people.phone(),
                # Only where a benefit was asked for is the number on file.
                id_number=people.id_number() if draw.random() < 0.15 else "",
                member_count=int(draw.integers(1, 7)),
            )
            homes.append(home)
        found.homes += homes
        found.zones.append(
            Zone(
                code=f"{group.code}{place:03d}",
                name=f"{village.name}{group.name}第{place}联户",
                group=group.code,
                polygon=polygon,
                homes=tuple(home.code for home in homes),
            )
        )


def _halved(
    points: _Points, sizes: NDArray[np.int64], shape: BaseGeometry
) -> list[tuple[list[int], Polygon | MultiPolygon]]:
    """The indices of each zone's points, and the part of ``shape`` they stand on."""
    whole = np.arange(len(points))
    return _halve(points, whole, list(map(int, sizes)), shape)


def _halve(
    points: _Points, members: NDArray[np.int64], sizes: list[int], shape: BaseGeometry
) -> list[tuple[list[int], Polygon | MultiPolygon]]:
    if len(sizes) == 1:
        return [(members.tolist(), _polygonal(shape))]
    here = points[members]
    extent = np.ptp(here, axis=0) * (_SQUEEZE, 1.0)
    axis = int(np.argmax(extent))
    order = members[np.argsort(here[:, axis], kind="stable")]
    middle = len(sizes) // 2
    first = sum(sizes[:middle])
    line = float(points[order[first - 1 : first + 1], axis].mean())
    low, high = _cut(shape, axis, line)
    return [
        *_halve(points, order[:first], sizes[:middle], low),
        *_halve(points, order[first:], sizes[middle:], high),
    ]


def _cut(
    shape: BaseGeometry, axis: int, line: float
) -> tuple[BaseGeometry, BaseGeometry]:
    """A shape below and above a coordinate."""
    west, south, east, north = shape.bounds
    if axis == 0:
        low = shapely.box(west - 1, south - 1, line, north + 1)
        high = shapely.box(line, south - 1, east + 1, north + 1)
    else:
        low = shapely.box(west - 1, south - 1, east + 1, line)
        high = shapely.box(west - 1, line, east + 1, north + 1)
    return shape.intersection(low), shape.intersection(high)


def _polygonal(shape: BaseGeometry) -> Polygon | MultiPolygon:
    """Without the points and lines at which a cut may touch a border."""
    if isinstance(shape, Polygon | MultiPolygon):
        return shape
    return MultiPolygon(
        [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    )
