"""Where something was ordered, as it was claimed and as it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from geo_api.areas.rules import Place
from geo_api.duties.rules import AnswerPlace
from geo_api.zones.rules import ZoneView


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
    # As it was found just now; of what was found before it is looked up again.
    zone: ZoneView | None = None
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
    # The number of the shapes that it was found by.
    geography_version: int | None = None

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


DUTY_WORDS: Mapping[str, str] = {
    "household_care": "household care",
    "grid": "grid worker",
    "village_desk": "village desk",
    "stationed": "stationed cadre",
    "village_lead": "village lead",
    "town_desk": "town desk",
    "county_desk": "county desk",
}
