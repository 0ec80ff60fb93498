"""What is said of a claimed point is said with the county's own numbers."""

from __future__ import annotations

import pytest

from geo_api.areas.claims import find_point_problems, outside_problem
from geo_api.http.language import say

# Sichuan, Xinjiang, and a county that has no shapes yet.
EAST, WEST = (104.0, 29.8, 104.4, 30.2), (75.8, 39.2, 76.2, 39.6)


@pytest.mark.parametrize(
    ("here", "lon", "lat", "mend"),
    [
        (EAST, 30.0, 104.2, "Send lon first: about 104.2 here, then lat: about 30.0"),
        (WEST, 39.4, 76.0, "Send lon first: about 76.0 here, then lat: about 39.4"),
        (None, 30.0, 104.2, "Send lon first, then lat"),
    ],
)
def test_exchanged_coordinates_are_mended_with_the_countys_own(
    here, lon: float, lat: float, mend: str
) -> None:
    def bounds():
        return here

    loc = ("body", "location")
    found = find_point_problems(lon, lat, "wgs84", loc, bounds=bounds)
    problem = found[0] if found else outside_problem(lon, lat, loc, bounds=bounds)
    assert problem.msg == "lon and lat are exchanged"
    assert say(problem.mend, problem.params, "en") == mend
    assert say(problem.mend, problem.params, "zh-CN") != mend


def test_a_point_elsewhere_is_outside_and_nothing_else() -> None:
    problem = outside_problem(103.4, 36.4, ("query", "lon"), bounds=lambda: EAST)
    assert problem.msg == "The point lies outside the county"


def test_bounds_are_not_asked_for_where_nothing_is_wrong() -> None:
    def bounds():
        raise AssertionError

    assert find_point_problems(104.2, 30.0, "gcj02", ("body",), bounds=bounds) == []
