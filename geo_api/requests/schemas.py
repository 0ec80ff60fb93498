"""What requests' routes answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from geo_api.areas.schemas import AreaRef


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
    erased_at: datetime | None = Field(
        default=None, description="When it was erased; name and phone are empty then."
    )


class AttachmentOut(BaseModel):
    """A photo of a request, and where to read it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a0000-0000-7000-8000-000000000002",
                "url": "/api/attachments/019a0000-0000-7000-8000-000000000002",
                "media_type": "image/jpeg",
                "bytes": 204800,
                "width": 2048,
                "height": 1536,
                "at": "2026-11-24T09:15:00+08:00",
            }
        }
    )

    id: UUID
    url: str
    media_type: str
    bytes: int
    width: int
    height: int
    at: datetime


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
    # What the orderer should know beside it, in words.
    notes: list[str] | None = None


class TrackedOut(BaseModel):
    """A link to the request."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"tracking_url": "http://127.0.0.1:8000/r/…"}}
    )

    tracking_url: str


class RequestOut(BaseModel):
    """A request as staff in scope see it; residents get a shorter one."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a0000-0000-7000-8000-000000000000",
                "number": "2026112400012",
                "service_code": "XQ-SHUI",
                "service_name": "供水",
                "stage": "dispatched",
                "status": "open",
                "ordered_at": "2026-11-24T09:12:00+08:00",
                "due_at": "2026-12-02T00:00:00+08:00",
                "completed_at": None,
                "updated_at": "2026-11-24T09:12:00+08:00",
                "is_overdue": False,
                "rating": None,
                "description": "三社停水两天了",
                "channel": "wechat",
                "external_id": None,
                "is_on_behalf": False,
                "is_confidential": False,
                "areas": [{"code": "620171103", "name": "西岔镇", "type": "town"}],
                "zone": None,
                "handler": {
                    "person_id": "019a0000-0000-7000-8000-000000000001",
                    "name": "李*",
                    "duty": "household_care",
                },
                "address": None,
                "location": {"lon": 103.62, "lat": 36.51},
                "household_id": None,
                "contact": None,
                "reopen_count": 0,
                "reminded_at": None,
                "rated_by": None,
                "attachments": [],
            }
        }
    )

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
    external_id: str | None = Field(
        default=None, description="Its number in the other system that sent it."
    )
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
    reminded_at: datetime | None = None
    rated_by: str | None = Field(
        default=None,
        description="`link`: the tracking link given with the order; `found`: number "
        "and phone digits; `callback`: staff who called. For staff.",
    )
    attachments: list[AttachmentOut] = []


class EventOut(BaseModel):
    """One line of the history."""

    verb: str
    at: datetime
    by: dict[str, Any]
    note: str | None = None
    detail: dict[str, Any]


class DecisionsOut(BaseModel):
    """Every decision about who handles a request."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "decisions": [
                    {
                        "at": "2026-11-24T09:12:00+08:00",
                        "step": "household_care",
                        "fallback_step": "household_care",
                        "candidates": [
                            {
                                "person_id": "019a0000-0000-7000-8000-000000000001",
                                "name": "李守望",
                                "verdict": "chosen",
                                "text": "由其办理",
                            }
                        ],
                        "text": "由其办理",
                    }
                ]
            }
        }
    )

    decisions: list[dict[str, Any]]


class EventsOut(BaseModel):
    """The whole history, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "items": [
                    {
                        "verb": "order",
                        "at": "2026-11-24T09:12:00+08:00",
                        "by": {"kind": "anonymous"},
                        "note": None,
                        "detail": {"service_code": "XQ-SHUI", "channel": "wechat"},
                    }
                ]
            }
        }
    )

    items: list[EventOut]
