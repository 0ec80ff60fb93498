"""Checks shapes as they will be stored: valid, without overlaps, gaps and orphans.

Everything is looked at after rounding to the 1e-7° grid, because that is what a point
will be located in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from pyproj import Geod
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.rules import AreaType
from geo_api.areas.shapes import place_of_fault
from geo_api.ingest.report import Report

_GEOD = Geod(ellps="GRS80")
# Square metres. Below, the rule for borders settles whose a sliver is: no remark.
_REMARK_M2 = 1.0
# Up to here lines were drawn badly; beyond, something else is meant.
CRACK_M2 = 10_000.0


def area_m2(shape: BaseGeometry) -> float:
    """Ground area of a shape in EPSG:4326; lines and points have none.

    Where neighbours touch, what they have in common is a line, of which the geodesic
    would close a polygon; and rings of unlike direction would subtract from each other.
    """
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = [part for part in parts if isinstance(part, Polygon)]
    return sum(
        float(abs(_GEOD.geometry_area_perimeter(polygon)[0]))
        for polygon in shapely.orient_polygons(polygons)
    )


def _where(shape: BaseGeometry) -> str:
    point = shape.representative_point()
    return f"{point.x:.6f}, {point.y:.6f}"


def check_shapes(report: Report, drafts: Sequence[AreaDraft]) -> None:
    """Note invalid shapes, doubled codes, orphans, overlaps and gaps."""
    _check_codes(report, drafts)
    _check_names(report, drafts)
    _check_orphans(report, drafts)
    _check_validity(report, drafts)
    if not report.is_acceptable:
        return
    for type_ in AreaType:
        level = [d for d in drafts if d.type is type_]
        if len(level) > 1:
            _check_overlaps(report, level)
    _check_children(report, drafts)
    for draft in drafts:
        if draft.type is AreaType.COUNTY:
            _check_holes(report, draft)


def _check_codes(report: Report, drafts: Sequence[AreaDraft]) -> None:
    seen: set[str] = set()
    for draft in drafts:
        if draft.code in seen:
            report.add(
                "The code %(code)s stands twice: %(name)s near %(where)s has it, too",
                mend="Dissolve its parts into one feature, or correct the code",
                code=draft.code,
                name=draft.name,
                where=_somewhere([draft]),
            )
        seen.add(draft.code)


def _check_names(report: Report, drafts: Sequence[AreaDraft]) -> None:
    """Two of one name beside each other may be one area that was drawn in parts."""
    families: dict[tuple[AreaType, str | None, str], list[AreaDraft]] = {}
    for draft in drafts:
        key = (draft.type, draft.parent_code, draft.name)
        families.setdefault(key, []).append(draft)
    names = {draft.code: draft.name for draft in drafts}
    for (_, parent_code, name), family in families.items():
        if len(family) > 1:
            report.add(
                "%(name)s stands more than once in %(parent)s, near %(where)s: "
                "one area in parts?",
                mend="If it is one area, dissolve its parts into one feature",
                is_fatal=False,
                name=name,
                parent=names.get(parent_code or "", parent_code or "-"),
                where=_somewhere(family),
            )


def _somewhere(drafts: Sequence[AreaDraft]) -> str:
    shapes = [draft.shape for draft in drafts if not draft.shape.is_empty]
    return "; ".join(_where(shape) for shape in shapes[:3]) or "-"


def _check_orphans(report: Report, drafts: Sequence[AreaDraft]) -> None:
    """Every area but a county has a parent that is there and wider than itself."""
    types = {draft.code: draft.type for draft in drafts}
    for draft in drafts:
        if draft.type is AreaType.COUNTY or draft.shape.is_empty:
            continue
        if draft.parent_code is None:
            report.add(
                "%(name)s (%(code)s), near %(where)s, lies in no wider area",
                mend="Add the area around it, or name its parent",
                name=draft.name,
                code=draft.code,
                where=_where(draft.shape),
            )
            continue
        parent_type = types.get(draft.parent_code)
        if parent_type is None:
            report.add(
                "%(name)s (%(code)s) names the parent %(parent)s, which is not there",
                mend="Add the parent or correct the code",
                name=draft.name,
                code=draft.code,
                parent=draft.parent_code,
            )
        elif parent_type.depth >= draft.type.depth:
            report.add(
                "%(name)s (%(code)s) cannot lie in %(parent)s, which is no wider",
                mend="Correct the kind or the parent",
                name=draft.name,
                code=draft.code,
                parent=draft.parent_code,
            )


def _check_validity(report: Report, drafts: Sequence[AreaDraft]) -> None:
    for draft in drafts:
        if draft.shape.is_empty:
            report.add(
                "%(name)s (%(code)s) has no shape left on the 1e-7° grid",
                mend="Draw it larger or leave it out",
                name=draft.name,
                code=draft.code,
            )
        elif not draft.shape.is_valid:
            report.add(
                "%(name)s (%(code)s) is not valid near %(where)s",
                mend="Repair the shape in your GIS",
                name=draft.name,
                code=draft.code,
                where=place_of_fault(draft.shape),
            )


def _check_overlaps(report: Report, level: Sequence[AreaDraft]) -> None:
    shapes = np.array([draft.shape for draft in level], dtype=object)
    tree = STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    common = shapely.intersection(shapes[left], shapes[right])
    for i, j, shape in zip(left, right, common, strict=True):
        size = area_m2(shape)
        if size > _REMARK_M2:
            report.add(
                "%(one)s and %(two)s overlap by %(size)s m² near %(where)s",
                mend="Snap their common border",
                is_fatal=size > CRACK_M2,
                one=level[i].name,
                two=level[j].name,
                size=round(size, 1),
                where=_where(shape),
            )


def _check_children(report: Report, drafts: Sequence[AreaDraft]) -> None:
    """Each parent against the union of its children: gaps inside, shapes outside."""
    by_parent: dict[str, list[AreaDraft]] = {}
    for draft in drafts:
        if draft.parent_code is not None:
            by_parent.setdefault(draft.parent_code, []).append(draft)
    for parent in drafts:
        children = by_parent.get(parent.code, [])
        if not children:
            continue
        union = shapely.union_all([child.shape for child in children])
        for child in children:
            _check_inside(report, child, parent)
        gaps = shapely.get_parts(shapely.difference(parent.shape, union))
        for gap in gaps:
            size = area_m2(gap)
            if size > _REMARK_M2:
                report.add(
                    "%(parent)s has a gap of %(size)s m² near %(where)s",
                    mend="Orders from there go to the wider area's desk",
                    is_fatal=False,
                    parent=parent.name,
                    size=round(size, 1),
                    where=_where(gap),
                )


def _check_inside(report: Report, child: AreaDraft, parent: AreaDraft) -> None:
    outside = shapely.difference(child.shape, parent.shape)
    size = area_m2(outside)
    if size > _REMARK_M2:
        share = size / max(area_m2(child.shape), 1.0)
        report.add(
            "%(name)s leaves its parent %(parent)s by %(size)s m² near %(where)s",
            mend="Correct the parent, or snap the border",
            is_fatal=share > 0.5,
            name=child.name,
            parent=parent.name,
            size=round(size, 1),
            where=_where(outside),
        )


def _check_holes(report: Report, county: AreaDraft) -> None:
    """A hole in the county is another county's enclave, or somebody left out."""
    for part in shapely.get_parts(county.shape):
        for ring in shapely.get_rings(part)[1:]:
            hole = Polygon(ring)
            report.add(
                "%(name)s has a hole of %(size)s m² near %(where)s",
                mend="Orders from there are refused; if it belongs here, draw it",
                is_fatal=False,
                name=county.name,
                size=round(area_m2(hole), 1),
                where=_where(hole),
            )
