"""Kinds of zone, and who keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from geo_api.accounts.rules import Role


class ZoneKind(StrEnum):
    """What a responsibility zone is made of."""

    HOUSEHOLDS = "households"  # 联户区: a list of households
    GRID = "grid"  # 网格: a polygon inside a village


@dataclass(frozen=True)
class ZoneView:
    """A responsibility zone as other rooms know it."""

    id: int
    public_id: UUID
    code: str
    name: str
    kind: str


def can_keep_people(role: Role | None) -> bool:
    """Whether a role may add and change people, zones and leave within its areas."""
    return role in (Role.ADMIN, Role.TOWN_LEADER, Role.VILLAGE_CADRE)
