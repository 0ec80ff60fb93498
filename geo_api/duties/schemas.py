"""What the routes of duties, people, leave and zones read and write."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    Field,
    model_validator,
)

from geo_api.areas.schemas import AreaRef
from geo_api.duties.examples import (
    COVERAGE,
    DUTY_IN,
    DUTY_KIND,
    DUTY_OUT,
    DUTY_TERMS,
    LEAVE_IN,
    LEAVE_OUT,
    LOCATED,
    PERSON_CHANGE,
    PERSON_IN,
    PERSON_OUT,
    ZONE_OUT,
)
from geo_api.duties.rules import DutyKind, PlaceKind
from geo_api.sentences import PHONE
from geo_api.zones.schemas import Code, Day, In, Name, like

Phone = Annotated[str, Field(max_length=20, pattern=PHONE)]


class PlaceRef(BaseModel):
    """An area, zone or household by code; the last two have an id."""

    kind: str
    code: str
    name: str
    id: UUID | None = None


class DutyTerms(In):
    """A duty for exactly one place, from a day on."""

    model_config = like(DUTY_TERMS)

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

    model_config = like(DUTY_IN)

    person_id: UUID


class PersonIn(In):
    """Somebody who may answer for a place."""

    model_config = like(PERSON_IN)

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

    model_config = like(PERSON_CHANGE)

    name: Name | None = None
    is_party_member: bool | None = None
    phone: Phone | None = None
    username: str | None = Field(default=None, max_length=60)
    is_ended: bool | None = Field(
        default=None, description="false brings back who had ended, without duties."
    )


class DutyOut(BaseModel):
    """A duty and its place."""

    model_config = like(DUTY_OUT)

    id: UUID
    kind: DutyKind
    person_id: UUID
    person_name: str
    place: PlaceRef | None
    valid_from: date
    valid_to: date | None


class PersonOut(BaseModel):
    """A person; in lists with surname and star, alone with the whole name."""

    model_config = like(PERSON_OUT)

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

    model_config = like(DUTY_KIND)

    kind: DutyKind
    places: list[PlaceKind]
    may_give: bool


class LeaveIn(In):
    """Days of leave, first and last included."""

    model_config = like(LEAVE_IN)

    person_id: UUID
    first_day: Day
    last_day: Day
    substitute_id: UUID | None = None


class LeaveOut(BaseModel):
    """A leave."""

    model_config = like(LEAVE_OUT)

    id: UUID
    person_id: UUID
    person_name: str
    first_day: date
    last_day: date
    substitute_id: UUID | None
    substitute_name: str | None
    is_cancelled: bool


class ZoneOut(BaseModel):
    """A responsibility zone."""

    model_config = like(ZONE_OUT)

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

    model_config = like(LOCATED)

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

    model_config = like(COVERAGE)

    on: date
    items: list[Vacancy]
