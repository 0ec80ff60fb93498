"""Where something was ordered, and the decision's explanation in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from geo_api.areas.rules import Place
from geo_api.directions import isolated
from geo_api.dispatch.choice import Reason
from geo_api.duties.rules import AnswerPlace

EXPLANATION_VERSION = 1


class Basis(StrEnum):
    """What the place was found by."""

    HOUSEHOLD = "household"
    POINT = "point"
    AREA = "area"
    ADDRESS = "address"  # words only: the county's desk must find out


@dataclass(frozen=True)
class Location:
    """Where, as it was claimed: a household, a point, an area code or words."""

    lon: float | None = None
    lat: float | None = None
    crs: str | None = None
    accuracy_m: float | None = None
    address: str | None = None
    area_code: str | None = None
    household_id: int | None = None


@dataclass(frozen=True)
class PlaceNote:
    """What of a claim was not taken, and for what: a msgid and its params."""

    msg: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class ResolvedPlace:
    """A location in the areas and zones of an edition."""

    basis: Basis
    place: Place
    edition_id: int
    zone_id: int | None = None
    household_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    lon_claimed: float | None = None
    lat_claimed: float | None = None
    crs_claimed: str | None = None
    accuracy_m: float | None = None
    address: str | None = None
    # Codes of areas and zones across a border that is nearer than the point is sure.
    other_side: tuple[str, ...] = ()
    notes: tuple[PlaceNote, ...] = ()

    @property
    def is_ambiguous(self) -> bool:
        """Whether the point might as well lie across a border."""
        return bool(self.other_side)

    @property
    def answer_place(self) -> AnswerPlace:
        """The place as the duty book knows it."""
        return AnswerPlace(
            county_id=self.place.county_id,
            town_id=self.place.town_id,
            village_id=self.place.village_id,
            group_id=self.place.group_id,
            zone_id=self.zone_id,
            household_id=self.household_id,
        )


# Sentences for the reasons; the words of a verdict are made when it is read.
REASONS: Mapping[Reason, str] = {
    Reason.CHOSEN: "asked to handle it",
    Reason.CHOSEN_AS_SUBSTITUTE: "on leave; the substitute is asked",
    Reason.ON_LEAVE: "on leave without a substitute",
    Reason.SUBSTITUTE_LEFT: "on leave; the substitute has left",
    Reason.SUBSTITUTE_AWAY: "on leave, and so is the substitute",
    Reason.SUBSTITUTE_NO_DESK: "on leave; the substitute holds no desk",
    Reason.SUBSTITUTE_BARRED: (
        "on leave; the substitute declined it before or is whom it is about"
    ),
    Reason.DECLINED_BEFORE: "declined it before",
    Reason.IS_SUBJECT: "is whom it is about",
    Reason.CONFIDENTIAL: "it is confidential and goes to a desk",
    Reason.TOWN_DECIDES: "the town's desk decides",
    Reason.BELOW_SERVICE: "this service starts higher up the chain",
    Reason.NARROWER_FOUND: "somebody nearer was found",
    Reason.SAME_RANK: "another with the same duty comes first by code",
}

DUTY_WORDS: Mapping[str, str] = {
    "household_care": "household care",
    "grid": "grid worker",
    "village_desk": "village desk",
    "stationed": "stationed cadre",
    "village_lead": "village lead",
    "town_desk": "town desk",
    "county_desk": "county desk",
}


def render_verdict(verdict: Mapping[str, Any], translate: Callable[[str], str]) -> str:
    """One candidate's verdict as a sentence in the caller's language."""
    duty = translate(DUTY_WORDS[verdict["duty"]])
    reason = translate(REASONS[Reason(verdict["reason"])])
    return f"{isolated(verdict['place_name'])} · {duty}: {reason}"


@dataclass(frozen=True)
class Decision:
    """Who handles a request and why, ready to be stored."""

    handler_id: int
    duty_id: int
    edition_id: int
    step: str
    explanation: dict[str, Any]
    # Everybody who may accept: internal ids of people.
    chain: frozenset[int]
