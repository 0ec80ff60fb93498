"""What requests' routes read and write."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from geo_api.requests.rules import Channel, DeclineReason, Rating

# Control characters but for line breaks and tabs; direction marks are kept, text is
# shown as text everywhere.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _without_controls(text: str) -> str:
    return _CONTROL.sub("", text)


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(_without_controls),
]
Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=4000),
    AfterValidator(_without_controls),
]


class In(BaseModel):
    """Input: an unknown field is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class LocationIn(In):
    """Where: a point with its CRS, a household, an area code, or words."""

    lon: float | None = Field(
        default=None, allow_inf_nan=False, description="Degrees east."
    )
    lat: float | None = Field(
        default=None, allow_inf_nan=False, description="Degrees north."
    )
    crs: str | None = Field(
        default=None, max_length=40, description="wgs84 | cgcs2000 | gcj02 | bd09"
    )
    accuracy_m: float | None = Field(
        default=None, ge=0, le=100_000, allow_inf_nan=False
    )
    address: Annotated[Note, Field(max_length=400)] | None = None
    area_code: str | None = Field(default=None, max_length=40)
    household_id: UUID | None = Field(
        default=None, description="Signed-in staff only; within their scope."
    )


class ContactIn(In):
    """Who ordered; both fields may be left out."""

    name: Annotated[Note, Field(max_length=60)] = ""
    phone: str = Field(default="", max_length=20, pattern=r"^(\+?[0-9]{7,15})?$")


class OrderIn(In):
    """An order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "service_code": "XQ-SHUI",
                "description": "三社停水两天了",
                "location": {"lon": 103.62, "lat": 36.51, "crs": "wgs84"},
                "contact": {"name": "王某", "phone": "10012345678"},
                "channel": "wechat",
            }
        },
    )

    service_code: str = Field(max_length=40)
    description: Text
    location: LocationIn
    contact: ContactIn | None = None
    channel: Channel = Channel.WEB
    about: UUID | None = Field(
        default=None, description="The duty holder it is about; makes it confidential."
    )
    is_confidential: bool = False
    external_id: str | None = Field(default=None, min_length=1, max_length=100)


class AreaRef(BaseModel):
    """An area by code and name."""

    code: str
    name: str
    type: str


class ZoneRef(BaseModel):
    """A responsibility zone."""

    id: UUID
    code: str
    name: str


class HandlerRef(BaseModel):
    """Who handles it; callers without an account get surname and duty only."""

    person_id: UUID | None = None
    name: str
    duty: str | None = None


class Point(BaseModel):
    """A point in EPSG:4326."""

    lon: float
    lat: float


class ContactOut(BaseModel):
    """The resident's contact; the reading of it is audited."""

    name: str
    phone: str


class OrderedOut(BaseModel):
    """The reply to an order; staff get the decision with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a0000-0000-7000-8000-000000000000",
                "number": "2026112400012",
                "stage": "dispatched",
                "due_at": "2026-12-02T00:00:00+08:00",
                "tracking_url": "http://127.0.0.1:8000/r/…",
                "handler": {"name": "王*", "duty": "household_care"},
            }
        }
    )

    id: UUID | None = None
    number: str
    stage: str
    due_at: datetime
    tracking_url: str
    handler: HandlerRef
    zone: ZoneRef | None = None
    areas: list[AreaRef] | None = None
    explanation: dict[str, Any] | None = None


class RequestOut(BaseModel):
    """A request as staff in scope see it; residents get a shorter one."""

    id: UUID
    number: str
    service_code: str
    service_name: str
    stage: str
    status: str
    ordered_at: datetime
    due_at: datetime
    completed_at: datetime | None
    updated_at: datetime
    is_overdue: bool
    rating: str | None
    description: str | None = None
    channel: str | None = None
    is_on_behalf: bool | None = None
    is_confidential: bool | None = None
    areas: list[AreaRef] | None = None
    zone: ZoneRef | None = None
    handler: HandlerRef
    location: Point | None = None
    contact: ContactOut | None = None
    reopen_count: int = 0


class EventOut(BaseModel):
    """One line of the history."""

    verb: str
    at: datetime
    by: dict[str, Any]
    note: str | None = None
    detail: dict[str, Any]


class DecisionsOut(BaseModel):
    """Every decision about who handles a request."""

    decisions: list[dict[str, Any]]


class EventsOut(BaseModel):
    """The whole history, oldest first."""

    items: list[EventOut]


class AcceptIn(In):
    """Nothing to say."""


class DeclineIn(In):
    """Why it is given back."""

    reason: DeclineReason
    note: Note = ""


class TransferIn(In):
    """To whom of the place's chain."""

    person_id: UUID
    note: Note = ""


class NoteIn(In):
    """What was done."""

    note: Text


class RateIn(In):
    """The resident's word on the result."""

    score: Rating
    note: Note = ""
    channel: Channel = Channel.WEB


class ReasonIn(In):
    """Why."""

    reason: Text


class WithdrawIn(In):
    """Why, if they say so."""

    reason: Note = ""


class TotalsOut(BaseModel):
    """Counts of the requests ordered in the period."""

    ordered: int
    open: int
    overdue: int
    closed: int
    closed_on_time: int
    on_time_rate: float | None
    rated: int
    satisfied: int
    satisfaction: float | None


class SummaryRow(TotalsOut):
    """Counts of one area, service, day or stage."""

    key: str
    name: str


class SummaryOut(BaseModel):
    """Totals and rows, ordered by key and never by a count."""

    model_config = ConfigDict(populate_by_name=True)

    area: AreaRef | None
    since: date | datetime | None = Field(serialization_alias="from")
    until: date | datetime | None = Field(serialization_alias="to")
    totals: TotalsOut
    by: str | None
    rows: list[SummaryRow]
