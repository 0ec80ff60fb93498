"""What accounts must ask of rooms that stand above it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, DutyScope


@dataclass(frozen=True)
class ScopeHooks:
    """Filled by ``create_app``."""

    # What an account's own duties reach on a day.
    duty_scope: Callable[[Session, int, date], DutyScope]
    # {"areas": [{code, name, type}], "duties": [{kind, place}]} of a caller.
    describe_scope: Callable[[Session, Actor, date], dict[str, Any]]
    # Internal ids of area codes; NotFound for an unknown one.
    area_ids_of: Callable[[Session, Sequence[str], date], list[int]]
    # Internal ids of an area, by its code, and all in it; NotFound for an unknown one.
    areas_within: Callable[[Session, str, date], Collection[int]]
    # Whether an area, by its code, lies in the caller's; NotFound for an unknown one.
    reaches: Callable[[Session, Actor, str, date], bool]
