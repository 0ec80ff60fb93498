"""What requests' routes answer and read alike."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from geo_api.areas.schemas import AreaRef
from geo_api.attachments.schemas import AttachmentOut


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


# Control characters but for line breaks and tabs; direction marks are kept, text is
# shown as text everywhere.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _without_controls(text: object) -> object:
    return _CONTROL.sub("", text) if isinstance(text, str) else text


# Outermost, so that it is cleaned first and measured then: what consists of control
# characters is empty.
_Clean = BeforeValidator(_without_controls)

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), _Clean
]

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), _Clean]

Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), _Clean]


class In(BaseModel):
    """Input: an unknown field is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")
