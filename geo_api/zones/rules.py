"""Kinds of duty and when they hold."""

from __future__ import annotations

from enum import StrEnum


class DutyKind(StrEnum):
    """Why somebody answers for a place; one place has several at a time."""

    HOUSEHOLD_CARE = "household_care"  # 包户/联户: a party member and 10-15 households
    GRID = "grid"  # 网格: a grid worker and a group
    STATIONED = "stationed"  # 驻村: a cadre living in the village
    VILLAGE_DESK = "village_desk"  # 村两委: the village's own desk
    VILLAGE_LEAD = "village_lead"  # 包村: a town leader and some villages
    TOWN_DESK = "town_desk"  # 镇值班: compulsory, never vacant
    COUNTY_DESK = "county_desk"  # 县值班: the last resort


class ZoneKind(StrEnum):
    """What a responsibility zone is made of."""

    HOUSEHOLDS = "households"  # 联户区: a list of households
    GRID = "grid"  # 网格: a polygon inside a village


class PlaceKind(StrEnum):
    """What a duty is held for, from narrow to wide."""

    HOUSEHOLD = "household"
    ZONE = "zone"
    GROUP = "group"
    VILLAGE = "village"
    TOWN = "town"
    COUNTY = "county"


# The chain of a place. Duties of one step are asked in this order, too: the village's
# own desk before the cadre stationed there before the town leader who looks after it.
CHAIN: tuple[DutyKind, ...] = (
    DutyKind.HOUSEHOLD_CARE,
    DutyKind.GRID,
    DutyKind.VILLAGE_DESK,
    DutyKind.STATIONED,
    DutyKind.VILLAGE_LEAD,
    DutyKind.TOWN_DESK,
    DutyKind.COUNTY_DESK,
)

DESKS = frozenset({DutyKind.TOWN_DESK, DutyKind.COUNTY_DESK})


def chain_from(first: DutyKind) -> tuple[DutyKind, ...]:
    """The duties asked, one after the other, when ``first`` is asked first."""
    return CHAIN[CHAIN.index(first) :]
