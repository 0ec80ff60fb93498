"""Codes of requests, and a request as a value: its state, and as a verb finds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from geo_api.catalogue.rules import Due
from geo_api.errors import Gone


class Status(StrEnum):
    """What the public is told."""

    OPEN = "open"
    CLOSED = "closed"


class Stage(StrEnum):
    """How far a request is."""

    ORDERED = "ordered"  # → dispatched, in the same transaction
    DISPATCHED = "dispatched"  # → accepted, dispatched (declined, transferred)
    ACCEPTED = "accepted"  # → completed, dispatched (transferred)
    COMPLETED = "completed"  # closed; → rated, dispatched (reopened)
    RATED = "rated"  # closed; → dispatched (reopened)
    WITHDRAWN = "withdrawn"  # closed by the resident
    REJECTED = "rejected"  # closed: nobody's to handle
    MERGED = "merged"  # closed: goes on as another request


class Verb(StrEnum):
    """What can happen, also the event's name; what each does stands in ``verbs``."""

    ORDER = "order"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    DECLINE = "decline"
    TRANSFER = "transfer"
    PROGRESS = "progress"
    COMPLETE = "complete"
    RATE = "rate"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    REMIND = "remind"
    ATTACH = "attach"
    HAND_ON = "hand_on"


CLOSED_STAGES = frozenset(
    {Stage.COMPLETED, Stage.RATED, Stage.WITHDRAWN, Stage.REJECTED, Stage.MERGED}
)


class DeclineReason(StrEnum):
    """The closed list: a return must say which it is."""

    NOT_MY_AREA = "not_my_area"
    NOT_MY_DUTY = "not_my_duty"
    BEYOND_MY_POWER = "beyond_my_power"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    OTHER = "other"


class HandOnReason(StrEnum):
    """Why nobody held it any more."""

    PERSON_ENDED = "person_ended"
    DUTY_ENDED = "duty_ended"
    BOUNDARIES_CHANGED = "boundaries_changed"


class Rating(StrEnum):
    """What the resident says of the result."""

    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically_satisfied"
    UNSATISFIED = "unsatisfied"


class KnownBy(StrEnum):
    """How who speaks for the resident was known to be entitled to it."""

    LINK = "link"  # the tracking link that the order was answered with
    FOUND = "found"  # number and digits, which who handled it knows, too
    CALLBACK = "callback"  # staff who called back say so


class Channel(StrEnum):
    """How the order reached us."""

    WEB = "web"
    WECHAT = "wechat"
    PHONE = "phone"
    VISIT = "visit"
    HOTLINE_12345 = "hotline_12345"
    INSPECTION = "inspection"
    PORTAL = "portal"


# As many as six digits can tell apart.
NUMBERS_A_DAY = 1_000_000


def make_number(day: date, drawn: int) -> str:
    """The number that people say: the date and six digits that mean nothing."""
    return f"{day:%Y%m%d}{drawn:06d}"


@dataclass(frozen=True)
class RequestState:
    """The changing half of a request."""

    stage: Stage
    handler_id: int
    handler_duty_id: int | None
    ordered_at: datetime
    due_at: datetime
    dispatched_at: datetime
    updated_at: datetime
    accepted_at: datetime | None = None
    completed_at: datetime | None = None
    closed_at: datetime | None = None
    rated_at: datetime | None = None
    rating: str | None = None
    decline_count: int = 0
    reopen_count: int = 0

    @property
    def status(self) -> Status:
        """Open or closed."""
        return Status.CLOSED if self.stage in CLOSED_STAGES else Status.OPEN


@dataclass(frozen=True)
class Case:
    """A request as a verb finds it; a verb says what of it must have been read."""

    state: RequestState
    about_person_id: int | None
    entered_by: int | None
    # What the installation permits.
    max_declines: int
    rating_days: int
    # Who gave it back since it was ordered or opened again.
    declined: frozenset[int] = frozenset()
    handler_is_desk: bool = False
    # Whether the tracking link shown was handed to the present handler.
    is_handlers_link: bool = False
    # Who may accept, each with the duty that makes them one, and what they are called.
    chain: Mapping[int, int] = field(default_factory=dict)
    people: Mapping[UUID, int] = field(default_factory=dict)
    # The deadline if it were ordered at that moment.
    due: Due | None = None
    photos: int = 0


def does_town_decide(decline_count: int, max_declines: int) -> bool:
    """Whether one more return is the last that is permitted."""
    return decline_count + 1 >= max_declines


def decliners(deeds: Iterable[tuple[str, int | None]]) -> frozenset[int]:
    """Who gave a request back since it was ordered or opened again.

    Of its history in order: each verb, and the person who did it.
    """
    found: set[int] = set()
    for verb, person_id in deeds:
        if verb == Verb.REOPEN:
            found.clear()
        elif verb == Verb.DECLINE and person_id is not None:
            found.add(person_id)
    return frozenset(found)


def check_time(completed_at: datetime | None, now: datetime, days: int) -> None:
    """Raise Gone when the days for rating and reopening are over."""
    if completed_at is None or now > completed_at + timedelta(days=days):
        raise Gone(
            "Rating and reopening were possible for %(days)s days",
            mend="Order again; mention the old number",
            days=days,
        )
