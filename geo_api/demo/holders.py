"""Invented duty holders: somebody for every place and duty. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo_api.demo.names import People
from geo_api.demo.places import Place

GRID_WORKERS = 437
STATIONED = 71
TOWN_LEADERS = 43


@dataclass(frozen=True)
class Holder:
    """A person with one duty for one place; ``kind`` is a DutyKind's value."""

    code: str
    name: str
    phone: str
    kind: str
    # Codes of areas, or the one code of a zone.
    places: tuple[str, ...]
    is_party_member: bool = True


def appoint(
    places: Sequence[Place],
    zones: Sequence[str],
    people: People,
    draw: np.random.Generator,
) -> list[Holder]:
    """A holder for every duty, with the numbers that the district reports."""
    towns, villages, groups = (
        [p for p in places if p.type == type_] for type_ in ("town", "village", "group")
    )
    found: list[Holder] = []
    numbers: Counter[str] = Counter()

    def add(prefix: str, kind: str, *codes: str, is_party_member: bool = True) -> None:
        numbers[prefix] += 1
        found.append(
            Holder(
                f"{prefix}{numbers[prefix]:04d}",
                people.name(),
                people.phone(),
                kind,
                codes,
                is_party_member,
            )
        )

    found += [
        Holder(f"D{i:04d}", people.name(), people.phone(), "household_care", (zone,))
        for i, zone in enumerate(zones, start=1)
    ]
    second = draw.choice(len(groups), GRID_WORKERS - len(groups), replace=False)
    for group in [*groups, *(groups[int(i)] for i in sorted(second))]:
        add("G", "grid", group.code, is_party_member=bool(draw.random() < 0.4))
    for village in villages:
        add("V", "village_desk", village.code)
    stationed = draw.choice(len(villages), STATIONED, replace=False)
    for i in sorted(stationed):
        add("S", "stationed", villages[int(i)].code)
    for codes in _shared_out(towns, villages):
        add("L", "village_lead", *codes)
    for town in towns:
        for _ in range(2):
            add("T", "town_desk", town.code)
    for _ in range(2):
        add("C", "county_desk", towns[0].parent_code)
    return found


def _shared_out(
    towns: Sequence[Place], villages: Sequence[Place]
) -> list[tuple[str, ...]]:
    """Villages of each town shared among ``TOWN_LEADERS`` leaders, two or so each."""
    members = [
        [v.code for v in villages if v.parent_code == town.code] for town in towns
    ]
    leaders = [max(1, len(m) * TOWN_LEADERS // len(villages)) for m in members]
    while sum(leaders) < TOWN_LEADERS:
        load = [len(m) / n for m, n in zip(members, leaders, strict=True)]
        leaders[int(np.argmax(load))] += 1
    return [
        tuple(part.tolist())
        for codes, count in zip(members, leaders, strict=True)
        for part in np.array_split(np.array(codes), count)
    ]
