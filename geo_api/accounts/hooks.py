"""What accounts, and rooms close above, must ask of rooms that stand higher."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, DutyScope
from geo_api.settings import Settings


class EndPeopleOf(Protocol):
    """Ends who signs in with an account, and hands on what they hold."""

    def __call__(
        self,
        session: Session,
        actor: Actor,
        account_id: int,
        /,
        *,
        now: datetime,
        settings: Settings,
    ) -> None:
        """Raises Conflict while one of them is the last holder of a desk."""


class HandOn(Protocol):
    """Hands on what people, by internal id, hold and may not hold any more."""

    def __call__(
        self,
        session: Session,
        actor: Actor,
        person_ids: Collection[int],
        /,
        *,
        now: datetime,
        settings: Settings,
    ) -> int:
        """How many requests it was."""


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
    # Nobody who has left holds anything: asked by whatever ends somebody or a duty.
    end_people_of: EndPeopleOf
    hand_on: HandOn
