"""Where the drawn villages and groups lie: seeds, in kilometres. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPoint, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from geo_api.demo.places import Named

GROUPS = 430
_OUTLINE_KM = 21.5

# Where each town's seat lies, east and north of the centre, in kilometres.
_SEATS: Mapping[str, tuple[float, float]] = {
    "620171101": (1.0, -1.5),
    "620171102": (9.0, 11.0),
    "620171103": (3.5, -13.0),
    "620171104": (-11.5, 8.0),
}
# The community inside a village, and the village whose one group lies elsewhere.
_RINGED = ("620171102001", "620171102211")
_EXCLAVE = ("620171101209", "620171103205")


def outline(draw: np.random.Generator) -> Polygon:
    """A lumpy outline: a circle with a few slow waves."""
    angles = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    radius = np.ones_like(angles)
    for waves in (2, 3, 5, 9):
        phase = draw.uniform(0, 2 * math.pi)
        radius += (
            draw.uniform(0.05, 0.13) / math.sqrt(waves) * np.sin(waves * angles + phase)
        )
    points = (
        _OUTLINE_KM
        * radius[:, None]
        * np.column_stack([0.86 * np.cos(angles), 1.12 * np.sin(angles)])
    )
    return Polygon(points)


def _scattered(
    region: BaseGeometry,
    count: int,
    taken: list[tuple[float, float]],
    draw: np.random.Generator,
) -> list[tuple[float, float]]:
    """Points in a region, each as far from the others as the best of many tries."""
    west, south, east, north = region.bounds
    shapely.prepare(region)
    found: list[tuple[float, float]] = []
    while len(found) < count:
        tries = draw.uniform((west, south), (east, north), (60, 2))
        inside = [(x, y) for x, y in tries[shapely.contains_xy(region, tries)].tolist()]
        if not inside:
            continue
        others = np.array([*taken, *found]).reshape(-1, 2)

        def room(
            point: tuple[float, float], others: NDArray[np.float64] = others
        ) -> float:
            if len(others) == 0:
                return 0.0
            return float(np.hypot(*(others - point).T).min())

        found.append(max(inside, key=room))
    return found


def village_centres(
    villages: Sequence[Named], outline: Polygon, draw: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """A centre for each village in its town's part of the outline."""
    parts = _town_parts(villages, outline, draw)
    centres: dict[str, tuple[float, float]] = {}
    for town, part in parts.items():
        members = [v for v in villages if v.parent_code == town]
        urban = [v for v in members if v.is_community]
        core = part.intersection(
            shapely.Point(_SEATS[town]).buffer(1.1 * len(urban) ** 0.5)
        )
        taken: list[tuple[float, float]] = []
        for village, point in zip(
            urban,
            _scattered(core, len(urban), taken, draw) if urban else [],
            strict=True,
        ):
            centres[village.code] = point
            taken.append(point)
        rural = [v for v in members if not v.is_community]
        inner = part.buffer(-0.9).difference(core)
        for village, point in zip(
            rural, _scattered(inner, len(rural), taken, draw), strict=True
        ):
            centres[village.code] = point
    community, around = _RINGED
    centres[community] = centres[around]
    return centres


def _town_parts(
    villages: Sequence[Named], outline: Polygon, draw: np.random.Generator
) -> dict[str, BaseGeometry]:
    """The outline cut into towns whose room fits their numbers of villages."""
    towns = sorted(_SEATS)
    seats = np.array([_SEATS[town] for town in towns])
    wanted = np.array(
        [
            sum(0.35 if v.is_community else 1.0 for v in villages if v.parent_code == t)
            for t in towns
        ]
    )
    wanted /= wanted.sum()
    samples = draw.uniform(outline.bounds[:2], outline.bounds[2:], (20_000, 2))
    samples = samples[shapely.contains_xy(outline, samples)]
    distance = ((samples[:, None, :] - seats[None]) ** 2).sum(axis=2)
    weight = np.zeros(len(towns))
    for _ in range(200):
        nearest = (distance - weight).argmin(axis=1)
        share = np.bincount(nearest, minlength=len(towns)) / len(samples)
        weight += 60 * (wanted - share)
    return {
        town: _power_cell(i, seats, weight, outline) for i, town in enumerate(towns)
    }


def _power_cell(
    i: int, seats: NDArray[np.float64], weight: NDArray[np.float64], outline: Polygon
) -> BaseGeometry:
    """Where seat ``i`` is the nearest when distances are reduced by the weights."""
    cell: BaseGeometry = outline
    for j in range(len(seats)):
        if j == i:
            continue
        # |p - a|² - wa ≤ |p - b|² - wb is a half-plane.
        normal = seats[j] - seats[i]
        length = float(np.hypot(*normal))
        offset = (
            (seats[j] ** 2).sum() - (seats[i] ** 2).sum() + weight[i] - weight[j]
        ) / (2 * length)
        unit = normal / length
        along = np.array([-unit[1], unit[0]])
        foot = unit * offset
        far = 200.0
        corners = [
            foot + along * far,
            foot - along * far,
            foot - along * far - unit * far,
            foot + along * far - unit * far,
        ]
        cell = cell.intersection(Polygon(corners))
    return cell


def _group_counts(villages: Sequence[Named], draw: np.random.Generator) -> list[int]:
    """How many groups each village has; they add up to ``GROUPS``."""
    counts = [
        int(draw.integers(3, 5) if v.is_community else draw.integers(4, 8))
        for v in villages
    ]
    ringed = {*_RINGED, *_EXCLAVE}
    free = [i for i, v in enumerate(villages) if v.code not in ringed]
    for i, village in enumerate(villages):
        if village.code == _RINGED[0]:
            counts[i] = 3
        elif village.code in (_RINGED[1], _EXCLAVE[1]):
            counts[i] = 7
    while sum(counts) != GROUPS:
        i = int(draw.choice(free))
        step = 1 if sum(counts) < GROUPS else -1
        if 3 <= counts[i] + step <= 8:
            counts[i] += step
    return counts


def group_seeds(
    villages: Sequence[Named],
    centres: Mapping[str, tuple[float, float]],
    outline: Polygon,
    draw: np.random.Generator,
) -> tuple[NDArray[np.float64], list[int]]:
    """Seeds of all groups and the index of each one's village."""
    counts = _group_counts(villages, draw)
    community, around = _RINGED
    elsewhere, host = _EXCLAVE
    own = [i for i, v in enumerate(villages) if v.code != community]
    points = np.array([centres[villages[i].code] for i in own])
    regions = dict(zip(own, voronoi(points, outline), strict=True))
    seeds: list[tuple[float, float]] = []
    owners: list[int] = []
    for i, village in enumerate(villages):
        centre = np.array(centres[village.code])
        count = counts[i]
        if village.code == community:
            found = _ring(centre, 0.32, count, draw)
        elif village.code in (around, host):
            room = regions[i].exterior.distance(shapely.Point(centre))
            found = _ring(centre, 0.62 * room, count, draw)
        else:
            count -= village.code == elsewhere
            region = regions[i].buffer(-0.22)
            found = _scattered(region, count, [], draw)
        seeds += found
        owners += [i] * len(found)
        if village.code == elsewhere:
            seeds.append(centres[host])
            owners.append(i)
    return np.array(seeds), owners


def _ring(
    centre: NDArray[np.float64], radius: float, count: int, draw: np.random.Generator
) -> list[tuple[float, float]]:
    start = draw.uniform(0, 2 * math.pi)
    angles = start + np.arange(count) * 2 * math.pi / count
    points = centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    return [(float(x), float(y)) for x, y in points]


def voronoi(points: NDArray[np.float64], outline: Polygon) -> list[Polygon]:
    """Voronoi cells inside the outline, in the order of the points."""
    cells = shapely.get_parts(
        shapely.voronoi_polygons(MultiPoint(points), extend_to=outline.buffer(50))
    )
    tree = STRtree(cells)
    _, found = tree.query(shapely.points(points), predicate="intersects")
    return [cells[k].intersection(outline) for k in found]
