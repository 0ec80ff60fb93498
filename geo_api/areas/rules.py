"""Kinds of areas and the order among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class AreaType(StrEnum):
    """Levels of the ladder, from wide to narrow."""

    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"
    GROUP = "group"

    @property
    def depth(self) -> int:
        """0 for the county, growing inward."""
        return list(AreaType).index(self)


class CodeSystem(StrEnum):
    """Who gave a code. Statistics and civil affairs differ, and both are used."""

    STATISTICS = "statistics"
    CIVIL_AFFAIRS = "civil_affairs"
    LOCAL = "local"  # provisional, given by this service until an official one is known


class EditionReason(StrEnum):
    """Why the boundaries changed: redrawn lines must not be read as a reform."""

    INITIAL = "initial"
    MERGE = "merge"
    SPLIT = "split"
    RECODE = "recode"
    REDRAW = "redraw"
    ROLLBACK = "rollback"


@dataclass(frozen=True)
class Place:
    """Internal ids of the areas at one spot; what is not known there is None."""

    county_id: int
    town_id: int | None = None
    village_id: int | None = None
    group_id: int | None = None

    @classmethod
    def of(cls, ids: Mapping[AreaType, int]) -> Place:
        """A place from its areas by kind; the county is always one of them."""
        return cls(
            county_id=ids[AreaType.COUNTY],
            town_id=ids.get(AreaType.TOWN),
            village_id=ids.get(AreaType.VILLAGE),
            group_id=ids.get(AreaType.GROUP),
        )

    @property
    def narrowest(self) -> int:
        """The id of the deepest area."""
        return self.group_id or self.village_id or self.town_id or self.county_id

    @property
    def ids(self) -> tuple[int, ...]:
        """Every id from the county inward."""
        chain = (self.county_id, self.town_id, self.village_id, self.group_id)
        return tuple(area_id for area_id in chain if area_id is not None)
