"""Kinds of duty and when they hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from geo_api.accounts.rules import Role
from geo_api.people.rules import Absence


class DutyKind(StrEnum):
    """Why somebody answers for a place; one place has several at a time."""

    HOUSEHOLD_CARE = "household_care"  # 包户/联户: a party member and 10-15 households
    GRID = "grid"  # 网格: a grid worker and a group
    STATIONED = "stationed"  # 驻村: a cadre living in the village
    VILLAGE_DESK = "village_desk"  # 村两委: the village's own desk
    VILLAGE_LEAD = "village_lead"  # 包村: a town leader and some villages
    TOWN_DESK = "town_desk"  # 镇值班: compulsory, never vacant
    COUNTY_DESK = "county_desk"  # 县值班: the last resort


class PlaceKind(StrEnum):
    """What a duty is held for, from narrow to wide."""

    HOUSEHOLD = "household"
    ZONE = "zone"
    GROUP = "group"
    VILLAGE = "village"
    TOWN = "town"
    COUNTY = "county"


DESKS = frozenset({DutyKind.TOWN_DESK, DutyKind.COUNTY_DESK})


@dataclass(frozen=True)
class AnswerPlace:
    """A place whose answerers are asked for, as internal ids."""

    county_id: int
    town_id: int | None = None
    village_id: int | None = None
    group_id: int | None = None
    zone_id: int | None = None
    household_id: int | None = None

    def steps(self) -> list[tuple[PlaceKind, int]]:
        """What the place is part of, from narrow to wide."""
        kinds = (
            (PlaceKind.HOUSEHOLD, self.household_id),
            (PlaceKind.ZONE, self.zone_id),
            (PlaceKind.GROUP, self.group_id),
            (PlaceKind.VILLAGE, self.village_id),
            (PlaceKind.TOWN, self.town_id),
            (PlaceKind.COUNTY, self.county_id),
        )
        return [(kind, id_) for kind, id_ in kinds if id_ is not None]


@dataclass(frozen=True)
class Answerer:
    """Somebody with a duty, on whichever days it holds."""

    person_id: int
    person_public_id: UUID
    person_code: str
    name: str
    duty_id: int
    duty_public_id: UUID
    kind: DutyKind
    place_kind: PlaceKind
    place_code: str
    place_name: str
    valid_from: date
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the duty is in force on a day; the last day is not included."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Hindrance(StrEnum):
    """Why somebody cannot stand in for another."""

    LEFT = "left"
    AWAY = "away"
    NO_DESK = "no_desk"


@dataclass(frozen=True)
class Substitute:
    """Somebody who is to stand in, and what may hinder them."""

    has_left: bool = False
    absences: Sequence[Absence] = ()
    # Periods (first day, day after the last) in which they hold a desk themselves.
    desks: Sequence[tuple[date, date | None]] = ()


def find_hindrance(
    substitute: Substitute,
    kinds: Collection[DutyKind],
    *,
    first_day: date,
    last_day: date,
) -> Hindrance | None:
    """Why somebody cannot answer by these duties on all of these days, or None.

    What is confidential goes to desks alone: who stands in at one holds a desk.
    """
    if substitute.has_left:
        return Hindrance.LEFT
    if any(absence.overlaps(first_day, last_day) for absence in substitute.absences):
        return Hindrance.AWAY
    until = last_day + timedelta(days=1)
    if DESKS & set(kinds) and not is_held_throughout(
        substitute.desks, since=first_day, until=until
    ):
        return Hindrance.NO_DESK
    return None


@dataclass(frozen=True)
class Away:
    """A leave, and why whoever is named to stand in does not."""

    leave: Absence
    hindrance: Hindrance | None = None


class DutyBook:
    """Duties and leaves of some places and days, read once for a batch."""

    def __init__(
        self,
        by_place: Mapping[tuple[str, int], Sequence[Answerer]],
        absences: Sequence[Absence],
        substitutes: Mapping[int, Substitute],
    ) -> None:
        self._by_place = by_place
        self._substitutes = substitutes
        self._absences: dict[int, list[Absence]] = {}
        for absence in absences:
            self._absences.setdefault(absence.person_id, []).append(absence)

    def answerers(self, place: AnswerPlace, day: date) -> list[Answerer]:
        """Everybody with a duty on a place, or on what contains it, on a day."""
        found = []
        for kind, id_ in place.steps():
            column = "area" if kind.value in _AREA_KINDS else kind.value
            found += [
                a for a in self._by_place.get((column, id_), ()) if a.holds_on(day)
            ]
        return found

    def is_away(self, person_id: int, day: date) -> bool:
        """Whether somebody is on leave on a day."""
        return bool(self._leaves(person_id, day))

    def find_away(self, person_id: int, kind: DutyKind, day: date) -> Away | None:
        """The leave of a day that settles who answers by a duty; None without any.

        Nobody stands in for a substitute: one who cannot answer is passed over.
        """
        found: Away | None = None
        for leave in self._leaves(person_id, day):
            if leave.substitute_id is None:
                found = found or Away(leave)
                continue
            hindrance = find_hindrance(
                self._substitutes[leave.substitute_id],
                {kind},
                first_day=day,
                last_day=day,
            )
            found = Away(leave, hindrance)
            if hindrance is None:
                break
        return found

    def _leaves(self, person_id: int, day: date) -> list[Absence]:
        leaves = self._absences.get(person_id, ())
        return [leave for leave in leaves if leave.overlaps(day, day)]


_AREA_KINDS = frozenset({"group", "village", "town", "county"})

# Which duty belongs to which kind of place; what is nearest to a household first.
PLACES_OF_DUTY: Mapping[DutyKind, frozenset[PlaceKind]] = {
    DutyKind.HOUSEHOLD_CARE: frozenset({PlaceKind.HOUSEHOLD, PlaceKind.ZONE}),
    DutyKind.GRID: frozenset({PlaceKind.ZONE, PlaceKind.GROUP, PlaceKind.VILLAGE}),
    DutyKind.VILLAGE_DESK: frozenset({PlaceKind.VILLAGE}),
    DutyKind.STATIONED: frozenset({PlaceKind.VILLAGE}),
    DutyKind.VILLAGE_LEAD: frozenset({PlaceKind.VILLAGE}),
    DutyKind.TOWN_DESK: frozenset({PlaceKind.TOWN}),
    DutyKind.COUNTY_DESK: frozenset({PlaceKind.COUNTY}),
}

_VILLAGE_DUTIES = frozenset({DutyKind.HOUSEHOLD_CARE, DutyKind.GRID})


def is_held_throughout(
    periods: Sequence[tuple[date, date | None]], *, since: date, until: date | None
) -> bool:
    """Whether periods (first day, day after the last) leave no day vacant."""
    reached = since
    for start, end in sorted(periods, key=lambda period: period[0]):
        if start > reached:
            break
        if end is None:
            return True
        reached = max(reached, end)
    return until is not None and reached >= until


def can_give_duty(role: Role | None, kind: DutyKind) -> bool:
    """Whether a role may give or end a duty of a kind (within its areas).

    The village keeps its own 联户 and grid; the town everything in it but its own
    desk's last holder; the administrator all.
    """
    if role is Role.ADMIN:
        return True
    if role is Role.TOWN_LEADER:
        return kind is not DutyKind.COUNTY_DESK
    return role is Role.VILLAGE_CADRE and kind in _VILLAGE_DUTIES
