"""The covering says of every point what PostGIS says, on borders too."""

from __future__ import annotations

from collections.abc import Iterator

import make_coverage
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from make_shapes import ask_postgis, odd_points, odd_shapes
from shapely import Polygon
from shapely.affinity import translate
from sqlalchemy import Connection, Engine

from geo_api.areas.candidates import cover
from geo_api.areas.covering import NOBODY, Covering
from geo_api.areas.shapes import canonical

BORDERS = (1e-9, 1e-7)


@pytest.fixture(scope="module")
def postgis(shared_engine: Engine) -> Iterator[Connection]:
    with shared_engine.connect() as connection:
        yield connection


def _ask(covering: Covering, points: np.ndarray) -> list[int]:
    together = covering.find_many(*points.T.copy()).tolist()
    alone = [covering.find(x, y) for x, y in points.tolist()]
    assert alone == together
    return together


def _agree(
    postgis: Connection, shapes: list, points: np.ndarray, border: float
) -> None:
    said = ask_postgis(postgis, shapes, points, border=border)
    for only_first in (True, False):
        covering = cover(shapes, border=border, only_first=only_first)
        answers = _ask(covering, points)
        wrong = [
            (points[i].tolist(), a, b)
            for i, (a, b) in enumerate(zip(answers, said, strict=True))
            if a != b
        ]
        assert wrong == []


@settings(max_examples=60)
@given(st.integers(0, 10**9), st.sampled_from(BORDERS))
def test_odd_shapes_are_answered_as_by_postgis(postgis, seed, border) -> None:
    shapes = odd_shapes(seed)
    if shapes:
        points = odd_points(shapes, 150, border=border, seed=seed)
        _agree(postgis, shapes, points, border)


@pytest.mark.long
@settings(max_examples=400)
@given(st.integers(0, 10**9), st.sampled_from(BORDERS))
def test_odd_shapes_in_great_number_are_answered_as_by_postgis(
    postgis, seed, border
) -> None:
    shapes = odd_shapes(seed)
    if shapes:
        points = odd_points(shapes, 1000, border=border, seed=seed)
        _agree(postgis, shapes, points, border)


def _square(x: float, y: float, side: float) -> Polygon:
    return shapely.box(103 + x, 36 + y, 103 + x + side, 36 + y + side)


CONSTRUCTED = {
    "one": [_square(0, 0, 0.1)],
    "a hole and what fills it": [
        _square(0, 0, 0.1).difference(_square(0.03, 0.03, 0.02)),
        _square(0.03, 0.03, 0.02),
    ],
    "an exclave within another": [
        shapely.union_all([_square(0, 0, 0.05), _square(0.12, 0.02, 0.01)]),
        _square(0.1, 0, 0.05).difference(_square(0.12, 0.02, 0.01)),
    ],
    "the same twice": [_square(0, 0, 0.1), _square(0, 0, 0.1)],
    "one over all": [_square(0.02, 0.02, 0.02), _square(0, 0, 0.1)],
    "all over one": [_square(0, 0, 0.1), _square(0.02, 0.02, 0.02)],
    "corner to corner": [_square(0, 0, 0.05), _square(0.05, 0.05, 0.05)],
    "a line finer than cells": [
        Polygon([(103, 36), (103.1, 36), (103.1, 36.0000002), (103, 36.0000002)]),
        _square(0, 0.0000002, 0.1),
    ],
    "next to one another by less than a border": [
        _square(0, 0, 0.05),
        translate(_square(0.05, 0, 0.05), 1e-7),
    ],
}


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("shapes", CONSTRUCTED.values(), ids=CONSTRUCTED)
def test_what_is_hard_is_answered_as_by_postgis(postgis, shapes, border) -> None:
    drawn = [canonical(shape) for shape in shapes]
    _agree(postgis, drawn, odd_points(drawn, 400, border=border, seed=1), border)


@pytest.mark.parametrize("border", BORDERS)
def test_a_coverage_is_answered_as_by_postgis(postgis, border) -> None:
    shapes = list(make_coverage.wiggly(3, 3).groups.values())
    points = odd_points(shapes, 1500, border=border, seed=2)
    _agree(postgis, shapes, points, border)


def test_who_is_refused_leaves_the_point_to_the_next() -> None:
    shapes = [canonical(s) for s in (_square(0, 0, 0.05), _square(0.05, 0, 0.05))]
    covering = cover(shapes, border=1e-7, only_first=False)
    # On the line, in the first one by less than a border, and well inside of it.
    points = np.array([[103.05, 36.02], [103.05 - 5e-8, 36.02], [103.02, 36.02]])
    assert _ask(covering, points) == [0, 0, 0]
    second = covering.find_many(*points.T.copy(), lambda _, numbers: numbers == 1)
    assert second.tolist() == [1, 1, NOBODY]
    alone = [covering.find(x, y, lambda number: number == 1) for x, y in points]
    assert alone == [1, 1, NOBODY]


def test_nothing_covers_where_there_is_nothing() -> None:
    empty = cover([], border=1e-9, only_first=True)
    assert (
        _ask(empty, np.array([[103.0, 36.0], [np.nan, 0.0], [1e300, -1e300]]))
        == [NOBODY] * 3
    )
    far = cover([canonical(_square(0, 0, 0.1))], border=1e-9, only_first=True)
    outside = np.array([[102.9999, 36.0], [np.nan, 36.05], [np.inf, 36.05], [103, -90]])
    assert _ask(far, outside) == [NOBODY] * 4
