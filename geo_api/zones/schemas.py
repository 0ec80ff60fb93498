"""What the routes of zones, people, duties and leave read and write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from geo_api.areas.schemas import AreaRef
from geo_api.households.rules import LINE_PATTERN
from geo_api.zones import examples
from geo_api.zones.rules import DutyKind, PlaceKind, ZoneKind


def _one_line(text: str) -> str:
    if not re.fullmatch(LINE_PATTERN, text):
        raise ValueError("This is not one line of text")
    return text


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(_one_line),
]
Code = Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,60}$")]


# Within them a day has a day before and a day after it.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Phone = Annotated[str, Field(max_length=20, pattern=r"^(\+?[0-9]{7,15})?$")]


def _like(example: Mapping[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": dict(example)})


class In(BaseModel):
    """Input: an unknown field is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class PlaceRef(BaseModel):
    """An area, zone or household by code; the last two have an id."""

    kind: str
    code: str
    name: str
    id: UUID | None = None


class DutyTerms(In):
    """A duty for exactly one place, from a day on."""

    model_config = _like(examples.DUTY_TERMS)

    kind: DutyKind
    area_code: str | None = Field(default=None, max_length=40)
    zone_id: UUID | None = None
    household_id: UUID | None = None
    valid_from: Day
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = (self.area_code, self.zone_id, self.household_id)
        if sum(place is not None for place in places) != 1:
            raise ValueError("Send exactly one of area_code, zone_id, household_id")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("`valid_to` must be later than `valid_from`")
        return self


class DutyIn(DutyTerms):
    """A new duty of a person."""

    model_config = _like(examples.DUTY_IN)

    person_id: UUID


class PersonIn(In):
    """Somebody who may answer for a place."""

    model_config = _like(examples.PERSON_IN)

    code: Code | None = Field(
        default=None, description="The ledger's; default: the next free P0001, …"
    )
    name: Name
    is_party_member: bool = False
    phone: Phone = ""
    username: str | None = Field(
        default=None, max_length=60, description="The account they sign in with."
    )
    duty: DutyTerms | None = Field(
        default=None, description="What they answer for; added with them or not at all."
    )


class PersonChange(In):
    """What is to be changed; absent fields stay."""

    model_config = _like(examples.PERSON_CHANGE)

    name: Name | None = None
    is_party_member: bool | None = None
    phone: Phone | None = None
    username: str | None = Field(default=None, max_length=60)
    is_ended: bool | None = Field(
        default=None, description="false brings back who had ended, without duties."
    )


class DutyOut(BaseModel):
    """A duty and its place."""

    model_config = _like(examples.DUTY_OUT)

    id: UUID
    kind: DutyKind
    person_id: UUID
    person_name: str
    place: PlaceRef | None
    valid_from: date
    valid_to: date | None


class PersonOut(BaseModel):
    """A person; in lists with surname and star, alone with the whole name."""

    model_config = _like(examples.PERSON_OUT)

    id: UUID
    code: str
    name: str
    is_party_member: bool
    is_on_leave: bool
    is_ended: bool = False
    phone: str | None = None
    username: str | None = Field(
        default=None, description="Of one person, for the administrator alone."
    )
    duties: list[DutyOut] = []


class DutyKindOut(BaseModel):
    """A kind of duty in the order of the chain, and what the caller may do with it."""

    model_config = _like(examples.DUTY_KIND)

    kind: DutyKind
    places: list[PlaceKind]
    may_give: bool


class LeaveIn(In):
    """Days of leave, first and last included."""

    model_config = _like(examples.LEAVE_IN)

    person_id: UUID
    first_day: Day
    last_day: Day
    substitute_id: UUID | None = None


class LeaveOut(BaseModel):
    """A leave."""

    model_config = _like(examples.LEAVE_OUT)

    id: UUID
    person_id: UUID
    person_name: str
    first_day: date
    last_day: date
    substitute_id: UUID | None
    substitute_name: str | None
    is_cancelled: bool


class ZoneIn(In):
    """A new zone; the polygon (GeoJSON, EPSG:4326) may be left out."""

    model_config = _like(examples.ZONE_IN)

    code: Code | None = Field(
        default=None, description="Default: the area's code and three digits."
    )
    name: Name
    kind: ZoneKind = ZoneKind.HOUSEHOLDS
    area_code: str = Field(max_length=40)
    valid_from: Day
    geometry: dict[str, Any] | None = None


class ZoneChange(In):
    """What is to be changed; absent fields stay."""

    model_config = _like(examples.ZONE_CHANGE)

    name: Name | None = None
    geometry: dict[str, Any] | None = None
    ends_on: Day | None = None


class ZoneOut(BaseModel):
    """A responsibility zone."""

    model_config = _like(examples.ZONE_OUT)

    id: UUID
    code: str
    name: str
    kind: str
    area: PlaceRef | None
    household_count: int
    label: tuple[float, float] | None
    valid_from: date
    valid_to: date | None
    duties: list[DutyOut] = []


class ZoneHouseholdsIn(In):
    """Households of a zone."""

    model_config = _like(examples.ZONE_HOUSEHOLDS)

    household_ids: list[UUID] = Field(max_length=500)


class LocatedDuty(BaseModel):
    """Who answers, with surname and star."""

    kind: DutyKind
    person_id: UUID
    name: str
    is_on_leave: bool


class LocatedZone(BaseModel):
    """The zone of a point."""

    id: UUID
    code: str
    name: str
    duties: list[LocatedDuty]


class LocatedOut(BaseModel):
    """Where a point lies; zones and duties for staff in scope only."""

    model_config = _like(examples.LOCATED)

    point: dict[str, float]
    areas: list[AreaRef]
    zones: list[LocatedZone] | None = None
    duties: list[LocatedDuty] | None = None
    ambiguous: bool
    other_side: list[AreaRef]
    border_distance_m: float | None


class Vacancy(BaseModel):
    """A place where nobody holds a duty."""

    duty: DutyKind
    place: PlaceRef


class CoverageOut(BaseModel):
    """Vacancies on a day."""

    model_config = _like(examples.COVERAGE)

    on: date
    items: list[Vacancy]
