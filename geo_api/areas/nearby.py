"""How far it is to borders, in metres on the ground, and which polygons are in reach.

Computed as PostGIS computes with geography: an edge is an arc of a great circle, the
nearest point is sought on the sphere, its distance measured on the ellipsoid. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from geo_api.areas.cells import Edges, Floats, Ints, steps

_GEOD = Geod(ellps="WGS84")
# A degree of longitude is never shorter than this on China's ground.
METRES_PER_DEGREE = 60_000.0
_PAIRS_AT_A_TIME = 500


@dataclass(frozen=True)
class Borders:
    """Polygons with a tree of their bounds."""

    polygons: NDArray[np.object_]
    edges: Edges
    tree: shapely.STRtree

    @classmethod
    def of(cls, polygons: NDArray[np.object_], edges: Edges) -> Borders:
        """The borders of polygons whose edges are known."""
        return cls(polygons, edges, shapely.STRtree(polygons))

    def distance_m(self, polygon: int, lon: float, lat: float) -> float:
        """Metres from a point to the border of a polygon."""
        first, end = self.edges.start[polygon], self.edges.start[polygon + 1]
        return _metres(lon, lat, self.edges, np.arange(first, end))

    def within(
        self, lon: Floats, lat: Floats, reach_m: Floats, passed_over: Sequence[set[int]]
    ) -> list[list[int]]:
        """For each point the polygons in reach that are not to be passed over."""
        degrees = reach_m / METRES_PER_DEGREE
        boxes = shapely.box(lon - degrees, lat - degrees, lon + degrees, lat + degrees)
        points, polygons = self.tree.query(boxes)
        kept = [p not in passed_over[i] for i, p in zip(points, polygons, strict=True)]
        points, polygons = points[kept], polygons[kept]
        found: list[list[int]] = [[] for _ in range(len(lon))]
        for start in range(0, len(points), _PAIRS_AT_A_TIME):
            part = slice(start, start + _PAIRS_AT_A_TIME)
            inside = shapely.intersects_xy(
                self.polygons[polygons[part]], lon[points[part]], lat[points[part]]
            )
            near = self._edges_near(
                polygons[part],
                lon[points[part]],
                lat[points[part]],
                degrees[points[part]],
            )
            for n, (i, polygon) in enumerate(
                zip(points[part].tolist(), polygons[part].tolist(), strict=True)
            ):
                if inside[n] or (
                    len(near[n])
                    and _metres(lon[i], lat[i], self.edges, near[n]) <= reach_m[i]
                ):
                    found[i].append(polygon)
        return [sorted(polygons) for polygons in found]

    def _edges_near(
        self, polygon: Ints, lon: Floats, lat: Floats, degrees: Floats
    ) -> list[Ints]:
        """For pairs of a polygon and a point, the edges whose bounds are in reach."""
        edges, first = self.edges, self.edges.start[polygon]
        counts = self.edges.start[polygon + 1] - first
        pair, edge = steps(counts, first)
        x, y, reach = lon[pair], lat[pair], degrees[pair]
        x1, y1, x2, y2 = edges.x1[edge], edges.y1[edge], edges.x2[edge], edges.y2[edge]
        near = (np.minimum(x1, x2) - reach <= x) & (x <= np.maximum(x1, x2) + reach)
        near &= (np.minimum(y1, y2) - reach <= y) & (y <= np.maximum(y1, y2) + reach)
        ends = np.searchsorted(pair[near], np.arange(1, len(polygon)))
        return np.split(edge[near], ends)


def _metres(lon: float, lat: float, edges: Edges, those: Ints) -> float:
    """Metres from a point to the nearest of some edges."""
    p = _on_sphere(lon, lat)
    a = _on_sphere(edges.x1[those], edges.y1[those])
    b = _on_sphere(edges.x2[those], edges.y2[those])
    normal = np.cross(a, b)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = normal / np.where(length == 0, 1.0, length)
    foot = p - (normal @ p)[:, None] * normal
    foot /= np.linalg.norm(foot, axis=-1, keepdims=True)
    # Between both ends, seen along the arc.
    is_between = (np.einsum("ij,ij->i", np.cross(normal, a), foot) >= 0) & (
        np.einsum("ij,ij->i", np.cross(b, normal), foot) >= 0
    )
    is_between &= length[:, 0] > 0
    nearer = (((a - p) ** 2).sum(axis=1) <= ((b - p) ** 2).sum(axis=1))[:, None]
    nearest = np.where(is_between[:, None], foot, np.where(nearer, a, b))
    x, y, z = nearest[((nearest - p) ** 2).sum(axis=1).argmin()].tolist()
    there = (
        math.degrees(math.atan2(y, x)),
        math.degrees(math.atan2(z, math.hypot(x, y))),
    )
    return float(_GEOD.inv(lon, lat, *there)[2])


def _on_sphere(lon: Floats | float, lat: Floats | float) -> Floats:
    x, y = np.radians(lon), np.radians(lat)
    found: Floats = np.stack(
        [np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=-1
    )
    return found
