"""What requests' routes answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


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
    """The resident's contact: masked, or in clear where duty needs it and audited."""

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
    address: str | None = None
    location: Point | None = None
    household_id: UUID | None = None
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
