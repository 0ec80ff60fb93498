"""The stored form of a shape: one for equal areas, on the grid, neighbours joined."""

from __future__ import annotations

import make_coverage
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from geo_api.areas.shapes import (
    GRID,
    canonical,
    hash_of,
    is_canonical,
    label_point,
    rounded,
)

RING = make_coverage.cell(0, 0)
HOLED = shapely.box(103.4, 36.4, 103.8, 36.8).difference(
    shapely.union_all(
        [
            shapely.box(103.5, 36.5, 103.55, 36.55),
            shapely.box(103.6, 36.6, 103.65, 36.65),
        ]
    )
)


def _turned(polygon: Polygon, start: int, *, is_reversed: bool) -> Polygon:
    """The same ring from another vertex, perhaps the other way round."""
    ring = list(polygon.exterior.coords)[:-1]
    ring = ring[start % len(ring) :] + ring[: start % len(ring)]
    holes = [list(hole.coords) for hole in polygon.interiors]
    if is_reversed:
        ring, holes = ring[::-1], [hole[::-1] for hole in holes[::-1]]
    return Polygon(ring, holes)


@pytest.mark.parametrize("polygon", [RING, HOLED], ids=["wiggly", "holed"])
@given(start=st.integers(0, 200), is_reversed=st.booleans())
def test_equal_areas_have_equal_bytes_however_they_are_drawn(
    polygon, start, is_reversed
) -> None:
    drawn = _turned(polygon, start, is_reversed=is_reversed)
    assert hash_of(canonical(drawn)) == hash_of(canonical(polygon))


def test_the_order_of_parts_says_nothing() -> None:
    far = make_coverage.cell(4, 4)
    one, other = MultiPolygon([RING, far]), MultiPolygon([far, RING])
    assert hash_of(canonical(one)) == hash_of(canonical(other))


def test_heights_say_nothing() -> None:
    high = shapely.force_3d(HOLED, 1900.0)
    assert hash_of(canonical(high)) == hash_of(canonical(HOLED))


def test_doubled_vertices_say_nothing() -> None:
    ring = list(RING.exterior.coords)
    stuttered = Polygon([point for point in ring for _ in range(2)])
    assert hash_of(canonical(stuttered)) == hash_of(canonical(RING))


def test_another_line_is_another_shape() -> None:
    moved = shapely.transform(RING, lambda c: c + np.array([GRID, 0.0]))
    assert hash_of(canonical(moved)) != hash_of(canonical(RING))


@given(st.lists(st.floats(0.1, 1.0), min_size=5, max_size=30))
def test_the_stored_form_is_its_own_stored_form(radii) -> None:
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    star = Polygon(
        np.column_stack(
            [
                103.6 + 0.01 * np.array(radii) * np.cos(angles),
                36.6 + 0.01 * np.array(radii) * np.sin(angles),
            ]
        )
    )
    stored = canonical(star)
    assert is_canonical(stored)
    assert hash_of(canonical(stored)) == hash_of(stored)
    coordinates = shapely.get_coordinates(stored)
    assert np.array_equal(np.round(coordinates * 1e7) / 1e7, coordinates)
    assert shapely.hausdorff_distance(star, stored) < GRID


def test_what_survives_a_round_trip_through_the_database_keeps_its_hash() -> None:
    stored = canonical(HOLED)
    again = shapely.from_wkb(shapely.to_wkb(stored, byte_order=0))
    assert hash_of(canonical(again)) == hash_of(stored)


def _torn(cells: list[Polygon]) -> list[Polygon]:
    """Every vertex moved by less than half a step of the grid, in each cell anew."""
    draw = np.random.default_rng(1)
    rings = [np.array(cell.exterior.coords[:-1]) for cell in cells]
    return [Polygon(r + draw.uniform(-0.49, 0.49, r.shape) * GRID) for r in rings]


def test_a_coverage_stays_one_when_each_neighbour_was_drawn_alone() -> None:
    """Cracks narrower than the grid close: every vertex goes to its nearest point."""
    torn = _torn([make_coverage.cell(x, y) for x in range(4) for y in range(4)])
    assert not shapely.coverage_is_valid(np.array(torn, dtype=object))
    assert shapely.coverage_is_valid(np.array(rounded(torn), dtype=object))


def test_a_mended_neck_leaves_the_neighbours_line_alone() -> None:
    """Only the polygon with the neck is rebuilt; what it shares stays shared."""
    neck = 2e-8
    corner = (103.5, 36.5)
    left = Polygon(
        [
            (103.4, 36.4),
            (103.5, 36.4),
            (103.5 - neck, 36.45),  # pinched against its own western side
            (103.5, 36.5),
            (103.4, 36.5),
            (103.5 - 2 * neck, 36.45),
        ]
    )
    right = Polygon(
        [(103.5, 36.4), (103.6, 36.4), (103.6, 36.5), corner, (103.5 - neck, 36.45)]
    )
    assert left.is_valid
    both = rounded([left, right])
    assert both[0].geom_type == "MultiPolygon"  # the neck is gone
    assert all(shape.is_valid for shape in both)
    assert shapely.intersection(*both).area == 0
    theirs = {tuple(point) for point in shapely.get_coordinates(both[1])}
    mine = {tuple(point) for point in shapely.get_coordinates(both[0])}
    assert {(103.5, 36.4), corner} <= mine & theirs


def test_nothing_is_left_of_a_speck() -> None:
    speck = shapely.box(103.4, 36.4, 103.4 + 2e-8, 36.4 + 2e-8)
    assert canonical(speck).is_empty
    assert not is_canonical(canonical(speck))


def test_a_speck_that_was_invalid_already_is_no_stumbling_block() -> None:
    corners = np.array([(0, 0), (1, 1), (1, 0), (0, 1)])
    speck = Polygon(np.array([103.4, 36.4]) + corners * GRID / 5)
    assert not speck.is_valid
    assert not is_canonical(canonical(speck))


def test_an_invalid_shape_stays_invalid_for_the_check_to_name() -> None:
    bowtie = Polygon([(103.4, 36.4), (103.5, 36.5), (103.5, 36.4), (103.4, 36.5)])
    assert not is_canonical(canonical(bowtie))


def test_a_label_lies_inside_however_the_area_bends() -> None:
    bay = shapely.box(103.4, 36.4, 103.5, 36.5).difference(
        shapely.box(103.41, 36.41, 103.49, 36.51)
    )
    assert not bay.covers(bay.centroid)
    assert bay.covers(label_point(canonical(bay)))


def test_a_label_lies_in_the_largest_part() -> None:
    exclave = shapely.box(103.9, 36.9, 103.91, 36.91)
    both = canonical(MultiPolygon([exclave, RING]))
    assert RING.buffer(GRID).covers(label_point(both))


def test_a_label_lies_even_in_a_sliver() -> None:
    sliver = canonical(shapely.box(103.4, 36.4, 103.4 + GRID, 36.5))
    assert sliver.covers(label_point(sliver))
