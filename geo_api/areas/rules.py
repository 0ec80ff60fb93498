"""Kinds of areas and the order among them."""

from __future__ import annotations

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
