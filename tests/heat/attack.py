"""What somebody can reckon back who has everything that was ever published.

A system of sums: every count is at least zero, every published cell lies in its band,
and parts add up to their whole. Bounds are narrowed until nothing moves any more.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import inf

Interval = tuple[float, float]
# The parts of a whole: both sides are cells, and their sums are equal.
Sum = tuple[Sequence[Hashable], Sequence[Hashable]]


def propagate(
    known: Mapping[Hashable, Interval], sums: Sequence[Sum]
) -> dict[Hashable, Interval]:
    """Lowest and highest count of each cell; both ends are included."""
    found = {cell: (0.0, inf) for side in sums for part in side for cell in part}
    found.update(known)
    is_moving = True
    while is_moving:
        is_moving = False
        for left, right in sums:
            for side, other in ((left, right), (right, left)):
                least = sum(found[cell][0] for cell in other)
                most = sum(found[cell][1] for cell in other)
                for cell in side:
                    rest = [found[c] for c in side if c != cell]
                    low = least - sum(high for _, high in rest)
                    high = most - sum(low for low, _ in rest)
                    now = (max(found[cell][0], low), min(found[cell][1], high))
                    if now != found[cell]:
                        assert now[0] <= now[1], "what is published contradicts itself"
                        found[cell], is_moving = now, True
    return found
