"""WGS 84, GCJ-02 and BD-09: published pairs, exact inverses, nothing outside China."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

import geo_api
from geo_api.areas.datums import (
    Crs,
    from_wgs84,
    from_wgs84_arrays,
    to_wgs84,
    to_wgs84_arrays,
)

SHARED = Path(geo_api.__file__).parent.parent.parent / "shared" / "data"
METRES = Geod(ellps="WGS84")
SHIFTED = [Crs.GCJ02, Crs.BD09]

# WGS 84, GCJ-02, BD-09; computed by three libraries that agree.
TRIPLES = [
    (
        (103.62, 36.51),
        (103.62227871459667, 36.50973741625374),
        (103.62890632629481, 36.515435404872875),
    ),
    (
        (103.26, 36.74),
        (103.26230349496359, 36.74003793490402),
        (103.26892925101856, 36.74573621090699),
    ),
    (
        (116.391, 39.907),
        (116.39724095859891, 39.9084011088464),
        (116.40361442376565, 39.91474390075958),
    ),
]

lons = st.floats(72.5, 137.3, allow_nan=False)
lats = st.floats(1.0, 55.5, allow_nan=False)


def _apart_m(one: Any, other: Any) -> Any:
    """Metres between points, or between arrays of them."""
    return METRES.inv(*one, *other)[2]


def _box(n: int, west: float, south: float, east: float, north: float) -> Any:
    draw = np.random.default_rng(1)
    return draw.uniform(west, east, n), draw.uniform(south, north, n)


CHINA = _box(20_000, 73.0, 3.0, 135.5, 53.6)
NEW_AREA = _box(4_000, 103.3, 36.3, 104.0, 36.9)


@pytest.mark.parametrize(("wgs", "gcj", "bd"), TRIPLES)
def test_known_points_in_all_three_systems(wgs, gcj, bd) -> None:
    assert from_wgs84(*wgs, Crs.GCJ02) == pytest.approx(gcj, abs=1e-12)
    assert from_wgs84(*wgs, Crs.BD09) == pytest.approx(bd, abs=1e-12)
    assert _apart_m(to_wgs84(*gcj, Crs.GCJ02), wgs) < 1e-6
    assert _apart_m(to_wgs84(*bd, Crs.BD09), wgs) < 1e-6


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    path = SHARED / "gcj_vectors.json"
    if not path.exists():
        pytest.skip("the shared vectors of datums are not on this machine")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_the_pairs_that_other_libraries_publish(vectors) -> None:
    for lat, lon, gcj_lat, gcj_lon in vectors["wgs2gcj_lat_lng"]:
        there = from_wgs84(lon, lat, Crs.GCJ02)
        assert _apart_m(there, (gcj_lon, gcj_lat)) < 0.001
        assert _apart_m(to_wgs84(gcj_lon, gcj_lat, Crs.GCJ02), (lon, lat)) < 0.001


def test_the_pairs_published_for_baidu_are_bettered(vectors) -> None:
    """They are 11 and 42 m off: sent forward, they do not arrive where they began."""
    for lat, lon, wgs_lat, wgs_lon in vectors["bd2wgs_lat_lng"]:
        ours, theirs = to_wgs84(lon, lat, Crs.BD09), (wgs_lon, wgs_lat)
        assert _apart_m(ours, theirs) < 50
        assert _apart_m(from_wgs84(*theirs, Crs.BD09), (lon, lat)) > 10
        assert _apart_m(from_wgs84(*ours, Crs.BD09), (lon, lat)) < 1e-6


@pytest.mark.parametrize("crs", SHIFTED)
@given(lon=lons, lat=lats)
def test_there_and_back_is_exact_all_over_china(crs, lon, lat) -> None:
    assert _apart_m(to_wgs84(*from_wgs84(lon, lat, crs), crs), (lon, lat)) < 1e-6


@pytest.mark.parametrize("crs", SHIFTED)
@given(lon=lons, lat=lats)
def test_back_and_there_is_exact_all_over_china(crs, lon, lat) -> None:
    assert _apart_m(from_wgs84(*to_wgs84(lon, lat, crs), crs), (lon, lat)) < 1e-6


@pytest.mark.parametrize("crs", SHIFTED)
def test_there_and_back_is_exact_on_the_seams_of_the_formula(crs) -> None:
    for lon in (105.0, np.nextafter(105.0, 104.0), np.nextafter(105.0, 106.0)):
        for lat in (34.9, 35.0, 35.1):
            there = from_wgs84(lon, lat, crs)
            assert _apart_m(to_wgs84(*there, crs), (lon, lat)) < 1e-6


def test_the_shift_is_as_wide_as_it_is_known_to_be() -> None:
    """220 m lie between the systems here: a wrong datum asks the wrong person."""
    here = _apart_m(NEW_AREA, from_wgs84_arrays(*NEW_AREA, Crs.GCJ02))
    assert 200 < here.min() < here.max() < 240
    china = _apart_m(CHINA, from_wgs84_arrays(*CHINA, Crs.GCJ02))
    assert 20 < china.min() < china.max() < 750


def test_the_naive_inverse_is_metres_off_and_ours_is_not() -> None:
    for box, naive_error in ((NEW_AREA, 1.2), (CHINA, 4.0)):
        shifted = from_wgs84_arrays(*box, Crs.GCJ02)
        again = from_wgs84_arrays(*shifted, Crs.GCJ02)
        naive = [2 * here - there for here, there in zip(shifted, again, strict=True)]
        assert _apart_m(naive, box).max() > naive_error
        exact = to_wgs84_arrays(*shifted, Crs.GCJ02)
        assert _apart_m(exact, box).max() < 1e-6


@pytest.mark.parametrize("crs", SHIFTED)
@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (-104.9903, 39.7392),
        (153.0251, -27.4698),
        (-43.1729, -22.9068),
        (71.8, 36.0),
        (138.0, 36.0),
        (103.0, 0.5),
        (103.0, 56.0),
        (0.0, 0.0),
        (180.0, 90.0),
    ],
)
def test_outside_china_nothing_moves(crs, lon, lat) -> None:
    assert from_wgs84(lon, lat, crs) == (lon, lat)
    assert to_wgs84(lon, lat, crs) == (lon, lat)


@pytest.mark.parametrize("crs", [Crs.WGS84, Crs.CGCS2000])
def test_systems_without_a_shift_are_left_alone(crs) -> None:
    assert from_wgs84(103.62, 36.51, crs) == (103.62, 36.51)
    assert to_wgs84(103.62, 36.51, crs) == (103.62, 36.51)


def test_points_inside_and_outside_mix_in_one_array() -> None:
    lon, lat = np.array([103.62, -104.99, 116.391]), np.array([36.51, 39.74, 39.907])
    there_lon, there_lat = from_wgs84_arrays(lon, lat, Crs.BD09)
    assert (there_lon[1], there_lat[1]) == (-104.99, 39.74)
    back_lon, back_lat = to_wgs84_arrays(there_lon, there_lat, Crs.BD09)
    assert back_lon == pytest.approx(lon, abs=1e-11)
    assert back_lat == pytest.approx(lat, abs=1e-11)
    # What was given is not written into.
    assert lon[0] == 103.62
