"""Stages and verbs: for one request and for a whole year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from geo_api.errors import Conflict, Gone, Words
from geo_api.requests.words import STAGE_WORDS, VERB_WORDS


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
    """What can happen; also the event's name."""

    ORDER = "order"  # → ordered
    DISPATCH = "dispatch"  # ordered → dispatched
    ACCEPT = "accept"  # dispatched → accepted
    DECLINE = "decline"  # dispatched → dispatched to another
    TRANSFER = "transfer"  # dispatched, accepted → dispatched to another
    PROGRESS = "progress"  # accepted → accepted, with a note
    COMPLETE = "complete"  # accepted → completed
    RATE = "rate"  # completed → rated
    REOPEN = "reopen"  # completed, rated → dispatched
    WITHDRAW = "withdraw"  # dispatched, accepted → withdrawn
    REMIND = "remind"  # while open; the stage stays
    ATTACH = "attach"  # a photo; the stage stays
    HAND_ON = "hand_on"  # who held it has left: → dispatched to another


TRANSITIONS: Mapping[Verb, tuple[frozenset[Stage], Stage | None]] = {
    Verb.ORDER: (frozenset(), Stage.ORDERED),
    Verb.DISPATCH: (frozenset({Stage.ORDERED}), Stage.DISPATCHED),
    Verb.ACCEPT: (frozenset({Stage.DISPATCHED}), Stage.ACCEPTED),
    Verb.DECLINE: (frozenset({Stage.DISPATCHED}), Stage.DISPATCHED),
    Verb.TRANSFER: (frozenset({Stage.DISPATCHED, Stage.ACCEPTED}), Stage.DISPATCHED),
    Verb.PROGRESS: (frozenset({Stage.ACCEPTED}), Stage.ACCEPTED),
    Verb.COMPLETE: (frozenset({Stage.ACCEPTED}), Stage.COMPLETED),
    Verb.RATE: (frozenset({Stage.COMPLETED}), Stage.RATED),
    Verb.REOPEN: (frozenset({Stage.COMPLETED, Stage.RATED}), Stage.DISPATCHED),
    Verb.WITHDRAW: (frozenset({Stage.DISPATCHED, Stage.ACCEPTED}), Stage.WITHDRAWN),
    Verb.REMIND: (frozenset({Stage.DISPATCHED, Stage.ACCEPTED}), None),
    # Also afterwards: what was taken out of reach of the network arrives late.
    Verb.ATTACH: (
        frozenset({Stage.DISPATCHED, Stage.ACCEPTED, Stage.COMPLETED, Stage.RATED}),
        None,
    ),
    # Who still answers there, by another duty, goes on where they were.
    Verb.HAND_ON: (frozenset({Stage.DISPATCHED, Stage.ACCEPTED}), None),
}

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


def next_stage(stage: Stage, verb: Verb) -> Stage:
    """The stage after a verb; Conflict where the present one does not allow it."""
    sources, target = TRANSITIONS[verb]
    if stage not in sources:
        raise Conflict(
            "A request that is “%(stage)s” does not allow “%(verb)s”",
            mend="Read the request again: somebody may have been faster",
            stage=Words(STAGE_WORDS[stage]),
            verb=Words(VERB_WORDS[verb]),
        )
    return target or stage


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
class Act:
    """One verb done to a request."""

    verb: Verb
    at: datetime
    # Who handles it afterwards, where the verb names somebody.
    handler_id: int | None = None
    handler_duty_id: int | None = None
    rating: Rating | None = None
    due_at: datetime | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


def apply(state: RequestState, act: Act) -> RequestState:
    """The state after an act; Conflict where the stage does not allow it."""
    stage = next_stage(state.stage, act.verb)
    changed = replace(state, stage=stage, updated_at=act.at)
    match act.verb:
        case Verb.ACCEPT:
            return replace(_handed(changed, act), accepted_at=act.at)
        case Verb.DECLINE:
            count = state.decline_count + 1
            return replace(_handed(changed, act), decline_count=count)
        case Verb.TRANSFER:
            return replace(_handed(changed, act), accepted_at=None)
        case Verb.HAND_ON if act.handler_id == state.handler_id:
            return replace(changed, handler_duty_id=act.handler_duty_id)
        case Verb.HAND_ON:
            handed = _handed(changed, act)
            return replace(handed, stage=Stage.DISPATCHED, accepted_at=None)
        case Verb.COMPLETE:
            return replace(changed, completed_at=act.at, closed_at=act.at)
        case Verb.WITHDRAW:
            return replace(changed, closed_at=act.at)
        case Verb.RATE:
            rating = act.rating.value if act.rating else None
            return replace(changed, rated_at=act.at, rating=rating)
        case Verb.REOPEN:
            return replace(
                _handed(changed, act),
                due_at=act.due_at or state.due_at,
                reopen_count=state.reopen_count + 1,
                decline_count=0,
                accepted_at=None,
                completed_at=None,
                closed_at=None,
                rated_at=None,
                rating=None,
            )
        case _:
            return changed


def _handed(state: RequestState, act: Act) -> RequestState:
    """The state with another handler; the clock of the deadline runs on."""
    if act.handler_id is None:
        return state
    return replace(
        state,
        handler_id=act.handler_id,
        handler_duty_id=act.handler_duty_id,
        dispatched_at=state.dispatched_at if act.verb is Verb.ACCEPT else act.at,
    )


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
