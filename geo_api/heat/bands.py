"""Which bands of counts may be told, so that no two of them tell a third. Pure.

All services together are told by the month, groups of services by the quarter; every
other figure is reckoned from these. So one sum holds all there is to reckon with: three
months of a village are as many requests as its groups in that quarter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A village's groups that stay untold in a quarter, at least: of one alone the others
# would tell.
_UNTOLD_GROUPS = 2


@dataclass(frozen=True)
class Band:
    """``at_least ≤ requests < below``."""

    at_least: int
    below: int


def band_of_count(count: int, floor: int) -> Band | None:
    """The band of a count; None below the floor.

    Each band ends at twice its beginning, so all ends are multiples of the floor.
    """
    if count < floor:
        return None
    at_least = floor
    while count >= 2 * at_least:
        at_least *= 2
    return Band(at_least, 2 * at_least)


def told_groups(
    counts: Mapping[str, int], months: Sequence[Band | None], floor: int
) -> dict[str, Band]:
    """Groups of a village's quarter that may be told beside its published months.

    The lower ends of the groups never exceed those of the months. So whatever the
    months' bands allow is still possible, and so is every count below the floor in what
    is not told. decisions/0021 has the proof.
    """
    room = sum(month.at_least for month in months if month is not None)
    bands = {
        name: band
        for name, count in counts.items()
        if (band := band_of_count(count, floor)) is not None
    }
    told: dict[str, Band] = {}
    left = room
    for name in sorted(bands, key=lambda name: (-bands[name].at_least, name)):
        band = bands[name]
        if band.at_least <= left and len(told) < len(counts) - _UNTOLD_GROUPS:
            told[name] = band
            left -= band.at_least
    return told if _leaves_each_untold_empty(told, len(counts), room, floor) else {}


def _leaves_each_untold_empty(
    told: Mapping[str, Band], groups: int, room: int, floor: int
) -> bool:
    """Whether each untold group may hold nothing, were the others below the floor.

    Not all that is untold is below it; this holds for who believes it, too.
    """
    most_told = sum(band.below - 1 for band in told.values())
    return most_told + (groups - len(told) - 1) * (floor - 1) >= room


def coarse_households(count: int) -> int:
    """Households to the nearest ten: what rates are reckoned with."""
    return max(10, 10 * round(count / 10))
