"""Where the provinces of China lie, coarsely: enough to see that a file lies elsewhere.

Whole degrees around each, by the first two digits of its codes (GB/T 2260).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# Degrees: a shifted datum moves nobody out.
_RIM = 0.05


class Extent(NamedTuple):
    """West, south, east, north in degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a point lies inside, or next to it."""
        return (
            self.west - _RIM <= lon <= self.east + _RIM
            and self.south - _RIM <= lat <= self.north + _RIM
        )


CHINA = Extent(73, 3, 136, 54)

PROVINCES: Mapping[str, Extent] = {
    "11": Extent(115, 39, 118, 42),
    "12": Extent(116, 38, 119, 41),
    "13": Extent(113, 36, 120, 43),
    "14": Extent(110, 34, 115, 41),
    "15": Extent(97, 37, 127, 54),
    "21": Extent(118, 38, 126, 44),
    "22": Extent(121, 40, 132, 47),
    "23": Extent(121, 43, 136, 54),
    "31": Extent(120, 30, 123, 32),
    "32": Extent(116, 30, 122, 36),
    "33": Extent(118, 27, 123, 32),
    "34": Extent(114, 29, 120, 35),
    "35": Extent(115, 23, 121, 29),
    "36": Extent(113, 24, 119, 31),
    "37": Extent(114, 34, 123, 39),
    "41": Extent(110, 31, 117, 37),
    "42": Extent(108, 29, 117, 34),
    "43": Extent(108, 24, 115, 31),
    "44": Extent(109, 20, 118, 26),
    "45": Extent(104, 20, 113, 27),
    "46": Extent(108, 3, 118, 21),
    "50": Extent(105, 28, 111, 33),
    "51": Extent(97, 26, 109, 35),
    "52": Extent(103, 24, 110, 30),
    "53": Extent(97, 21, 107, 30),
    "54": Extent(78, 26, 100, 37),
    "61": Extent(105, 31, 112, 40),
    "62": Extent(92, 32, 109, 43),
    "63": Extent(89, 31, 104, 40),
    "64": Extent(104, 35, 108, 40),
    "65": Extent(73, 34, 97, 50),
    "71": Extent(119, 21, 125, 26),
    "81": Extent(113, 22, 115, 23),
    "82": Extent(113, 22, 114, 23),
}
