"""What two published bands never tell: the count of a third cell."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from attack import Interval, propagate
from hypothesis import given
from hypothesis import strategies as st

from geo_api.heat.bands import Band, band_of_count, coarse_households, told_groups

GROUPS = tuple("abcdefgh")
FLOOR = 5
_LOW = (0.0, FLOOR - 1.0)


def _interval(band: Band | None, untold: Interval) -> Interval:
    return untold if band is None else (float(band.at_least), band.below - 1.0)


def _attack(
    counts: np.ndarray, floor: int = FLOOR
) -> list[tuple[object, Band | None, Interval]]:
    """Cells of a village's quarter (months × groups) with what is known of each.

    By whoever knows that an untold group may be any number, and by whoever takes it to
    be below the floor as long as others of the quarter are told.
    """
    groups = GROUPS[: counts.shape[1]]
    months = [band_of_count(int(n), floor) for n in counts.sum(axis=1)]
    told = told_groups(
        dict(zip(groups, map(int, counts.sum(axis=0)), strict=True)), months, floor
    )
    published: dict[object, Band | None] = dict(enumerate(months))
    published.update({group: told.get(group) for group in groups})
    atoms = {(i, group): (0.0, inf) for i in range(len(months)) for group in groups}
    sums = [([i], [(i, group) for group in groups]) for i in range(len(months))]
    sums += [([g], [(i, g) for i in range(len(months))]) for g in groups]
    sums += [(list(range(len(months))), list(groups))]
    below = (0.0, floor - 1.0)
    found = []
    for untold in [(0.0, inf), below] if told else [(0.0, inf)]:
        known = {
            cell: _interval(band, untold if cell in groups else below)
            for cell, band in published.items()
        }
        bounds = propagate({**atoms, **known}, sums)
        found += [(cell, band, bounds[cell]) for cell, band in published.items()]
        if untold[1] == inf:
            for cell, band in published.items():
                if band is not None:
                    # A group may lose two off its upper end, a month nothing.
                    lost = 2 if cell in groups else 0
                    assert bounds[cell][0] == band.at_least
                    assert bounds[cell][1] >= band.below - 1 - lost
    return found


def _villages(quarters: int, seed: int) -> list[np.ndarray]:
    """Months × groups of villages of every size, with troubles of single groups."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(quarters):
        shares = draw.dirichlet(np.full(len(GROUPS), draw.choice([0.2, 0.7, 3.0])))
        counts = draw.poisson(draw.lognormal(2.2, 1.1) * shares, (3, len(GROUPS)))
        if draw.random() < 0.2:
            counts[draw.integers(3), draw.integers(len(GROUPS))] += draw.integers(80)
        found.append(counts)
    return found


def _assert_untold_stay_untold(villages: list[np.ndarray]) -> int:
    cells = 0
    for counts in villages:
        for cell, band, (low, high) in _attack(counts):
            cells += 1
            if band is None:
                assert low <= 0, (cell, counts)
                assert high >= FLOOR - 1, (cell, counts)
    return cells


def test_all_that_is_published_never_narrows_what_is_not_told() -> None:
    assert _assert_untold_stay_untold(_villages(300, seed=1)) > 3000


@pytest.mark.long
def test_all_that_is_published_never_narrows_what_is_not_told_in_a_big_county() -> None:
    assert _assert_untold_stay_untold(_villages(20_000, seed=2)) > 200_000


@given(
    counts=st.lists(
        st.lists(st.integers(0, 45), min_size=3, max_size=3), min_size=2, max_size=8
    ),
    floor=st.integers(1, 12),
)
def test_no_counts_at_all_can_be_told_apart_below_the_floor(
    counts: list[list[int]], floor: int
) -> None:
    for _cell, band, (low, high) in _attack(np.array(counts).T, floor):
        if band is None:
            assert low <= 0
            assert high >= floor - 1


def test_the_attack_finds_what_a_careless_publication_tells() -> None:
    """All groups but one beside their sum: the one is known."""
    whole = [(["all"], ["a", "b", "c"])]
    known = {"all": (20.0, 39.0), "a": (5.0, 9.0), "b": (5.0, 9.0), "c": _LOW}
    assert propagate(known, whole)["c"] == (2, 4)
    known = {"all": (10.0, 11.0), "a": (5.0, 9.0), "b": (5.0, 9.0), "c": _LOW}
    assert propagate(known, whole)["c"] == (0, 1)
    known = {"all": (40.0, 79.0), "a": (5.0, 9.0), "b": (5.0, 9.0), "c": _LOW}
    with pytest.raises(AssertionError, match="contradicts"):
        propagate(known, whole)


def test_at_least_two_groups_of_a_quarter_stay_untold() -> None:
    months = [Band(10, 20)] * 3
    assert len(told_groups(dict.fromkeys(GROUPS, 5), months, FLOOR)) == 6
    assert told_groups({"a": 20, "b": 20}, months, FLOOR) == {}
    # The larger ones first, as much as there is room for.
    told = told_groups({**dict.fromkeys(GROUPS, 5), "h": 20}, months, FLOOR)
    assert told == {"h": Band(20, 40), "a": Band(5, 10), "b": Band(5, 10)}


def test_the_groups_never_say_more_of_a_quarter_than_its_months() -> None:
    months = [Band(10, 20), None, None]
    told = told_groups({**dict.fromkeys(GROUPS, 0), "a": 22, "b": 6}, months, FLOOR)
    assert told == {"b": Band(5, 10)}
    assert told_groups(dict.fromkeys(GROUPS, 9), [None] * 3, FLOOR) == {}


@pytest.mark.parametrize(
    ("count", "band"),
    [(0, None), (4, None), (5, (5, 10)), (9, (5, 10)), (10, (10, 20)), (85, (80, 160))],
)
def test_bands_double_from_the_floor_on(
    count: int, band: tuple[int, int] | None
) -> None:
    assert band_of_count(count, FLOOR) == (Band(*band) if band else None)


def test_households_are_rounded_to_tens_and_never_to_none() -> None:
    assert [coarse_households(n) for n in (2, 14, 16, 281)] == [10, 10, 20, 280]
