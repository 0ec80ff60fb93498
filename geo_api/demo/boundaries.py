"""Draws invented boundaries for real towns and villages: pure, seeded, gap-free.

Groups come first: the Voronoi cells of their seeds, inside an outline. Every line
between two junctions is then bent by midpoint displacement, once for both neighbours,
so that borders wiggle and are still shared. Villages and towns are unions of groups.

One village of 中川镇 owns a group in the midst of 西岔镇 (an exclave), and one
community lies wholly inside a village (a hole): both are real in the region and break
whatever takes a village for one simple ring.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from geo_api.demo.bends import bend_all
from geo_api.demo.places import Named
from geo_api.demo.seeds import group_seeds, outline, village_centres, voronoi

# The plane that is drawn on: kilometres around this point.
_LON, _LAT = 103.60, 36.56
_KM_PER_LAT = 110.97
_KM_PER_LON = 111.32 * math.cos(math.radians(_LAT))
# Degrees: a decimetre, and a third of the file of full precision.
_DECIMALS = 6


@dataclass(frozen=True)
class Drawn:
    """One area of the drawn county, in EPSG:4326."""

    place: Named
    shape: BaseGeometry


def draw_county(places: Sequence[Named], *, seed: int = 620171) -> list[Drawn]:
    """Towns, villages and ``GROUPS`` groups, wide to narrow, by code."""
    draw = np.random.default_rng(seed)
    villages = [place for place in places if place.type == "village"]
    ground = outline(draw)
    centres = village_centres(villages, ground, draw)
    seeds, owners = group_seeds(villages, centres, ground, draw)
    cells = _cells(seeds, ground, draw)
    groups = _named_groups(villages, cells, owners)
    by_village: dict[str, list[BaseGeometry]] = {}
    for group in groups:
        by_village.setdefault(group.place.parent_code, []).append(group.shape)
    drawn_villages = [
        Drawn(village, shapely.coverage_union_all(by_village[village.code]))
        for village in villages
    ]
    by_town: dict[str, list[BaseGeometry]] = {}
    for drawn in drawn_villages:
        by_town.setdefault(drawn.place.parent_code, []).append(drawn.shape)
    towns = [
        Drawn(place, shapely.coverage_union_all(by_town[place.code]))
        for place in places
        if place.type == "town"
    ]
    return [*towns, *drawn_villages, *groups]


def _cells(
    seeds: NDArray[np.float64], ground: Polygon, draw: np.random.Generator
) -> list[BaseGeometry]:
    """The groups' shapes in EPSG:4326, in the order of their seeds."""
    straight = voronoi(seeds, ground)
    lines = shapely.get_parts(
        shapely.line_merge(shapely.unary_union([c.boundary for c in straight]))
    )
    bent = bend_all([line for line in lines if isinstance(line, LineString)], draw)
    polygons = shapely.get_parts(
        shapely.polygonize([_to_degrees(line) for line in bent])
    )
    tree = STRtree(polygons)
    found: list[BaseGeometry] = []
    for cell in straight:
        place = shapely.transform(cell, _degrees)
        near = tree.query(place, predicate="intersects")
        shared = shapely.area(shapely.intersection(polygons[near], place))
        found.append(polygons[near[int(np.argmax(shared))]])
    if len(polygons) != len(straight) or len(set(map(id, found))) != len(straight):
        raise ValueError("bending the lines has opened or crossed a border")
    return found


def _degrees(km: NDArray[np.float64]) -> NDArray[np.float64]:
    lon = _LON + km[:, 0] / _KM_PER_LON
    lat = _LAT + km[:, 1] / _KM_PER_LAT
    return np.asarray(np.column_stack([lon, lat]).round(_DECIMALS), np.float64)


def _to_degrees(line: LineString) -> LineString:
    return shapely.remove_repeated_points(shapely.transform(line, _degrees))


_NUMERALS = "一二三四五六七八九十"


def _named_groups(
    villages: Sequence[Named], cells: Sequence[BaseGeometry], owners: Sequence[int]
) -> list[Drawn]:
    """Groups numbered inside their village from north-west to south-east."""
    members: dict[int, list[BaseGeometry]] = {}
    for owner, cell in zip(owners, cells, strict=True):
        members.setdefault(owner, []).append(cell)
    groups = []
    for i, village in enumerate(villages):
        ordered = sorted(
            members[i], key=lambda c: (round(-c.centroid.y, 2), c.centroid.x)
        )
        for number, cell in enumerate(ordered, start=1):
            word = _NUMERALS[number - 1]
            name = f"第{word}小区" if village.is_community else f"{word}社"
            code = f"{village.code}{number:03d}"
            groups.append(Drawn(Named(code, name, "group", village.code), cell))
    return groups
