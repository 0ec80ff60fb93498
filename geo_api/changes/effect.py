"""What a change of boundaries comes to, in values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class AreaName:
    """An area by code and name."""

    code: str
    name: str


@dataclass(frozen=True)
class AreaChange:
    """An area that is not what it was: before and after, each None where it is not."""

    before: AreaName | None
    after: AreaName | None
    # renamed, recoded, reshaped, reparented; added and removed stand for themselves.
    how: tuple[str, ...]


@dataclass(frozen=True)
class DutyEffect:
    """A duty on an area that goes: it passes to another, or ends."""

    id: UUID
    kind: str
    person_code: str
    area: AreaName
    passes_to: AreaName | None


@dataclass(frozen=True)
class ReturningDuty:
    """A duty on an area that comes back: it went with it."""

    kind: str
    person_code: str
    area: AreaName


@dataclass(frozen=True)
class ZoneEffect:
    """A zone in an area that goes: it belongs to another, or to none that there is."""

    id: UUID
    code: str
    name: str
    area: AreaName
    passes_to: AreaName | None


@dataclass(frozen=True)
class Holder:
    """An account or a key for an area that goes."""

    id: UUID
    name: str
    area: AreaName


@dataclass(frozen=True)
class Desk:
    """A desk that nobody would hold, and somebody held before."""

    kind: str
    area: AreaName


@dataclass(frozen=True)
class Effect:
    """Everything that changes when an edition takes effect on a day."""

    day: date
    areas: tuple[AreaChange, ...] = ()
    duties: tuple[DutyEffect, ...] = ()
    duties_returning: tuple[ReturningDuty, ...] = ()
    zones: tuple[ZoneEffect, ...] = ()
    accounts: tuple[Holder, ...] = ()
    portal_keys: tuple[Holder, ...] = ()
    server_keys: tuple[Holder, ...] = ()
    desks: tuple[Desk, ...] = ()
    # How many have other areas; of requests, the open ones, also how many go on to
    # somebody else.
    households_moved: int = 0
    households_outside: int = 0
    requests_moved: int = 0
    requests_handed_on: int = 0

    def counts(self) -> Mapping[str, int]:
        """How much of each, for the audit and whoever reads one line."""
        told = ((one.name, getattr(self, one.name)) for one in fields(self))
        return {
            name: len(value) if isinstance(value, tuple) else value
            for name, value in told
            if name != "day"
        }
