"""An order, and the reply to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

from geo_api.areas.schemas import AreaRef
from geo_api.errors import InvalidInput
from geo_api.requests.rules import Channel
from geo_api.requests.schemas import Code, HandlerRef, In, Note, Text, ZoneRef
from geo_api.sentences import PHONE


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


class WhereaboutsIn(In):
    """Where, without a point: a household, an area, or words."""

    address: Annotated[Note, Field(max_length=400)] | None = Field(
        default=None,
        description="Words alone go to the county's desk; beside a point they help "
        "to find the door.",
    )
    area_code: Code | None = Field(
        default=None, description="When nothing finer is known; old codes are found."
    )
    household_id: UUID | None = Field(
        default=None, description="Signed-in staff only; within their scope."
    )


class LocationIn(WhereaboutsIn):
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


class ContactIn(In):
    """Who ordered; both fields may be left out."""

    name: Annotated[Note, Field(max_length=60)] = ""
    phone: str = Field(default="", max_length=20, pattern=PHONE)


class OrderIn(WhereaboutsIn):
    """An order.

    Where: `location`; or `address`, `area_code` or `household_id`, beside it or inside
    it. A household beats a point beats an area code beats words; the same thing said
    twice must be said alike.
    """

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

    service_code: Code
    description: Text
    location: LocationIn | None = None
    contact: ContactIn | None = None
    channel: Channel | None = Field(
        default=None,
        description="By default `portal` with a server key, else `web`. Without an "
        "account or a server key `web` or `wechat`.",
    )
    about: UUID | None = Field(
        default=None, description="The duty holder it is about; makes it confidential."
    )
    is_confidential: bool = False
    external_id: Annotated[Text, Field(max_length=100)] | None = Field(
        default=None,
        description="The order's number in the other system; with an account or a "
        "server key. The same one of the same channel is taken once.",
    )

    def where(self) -> LocationIn:
        """The location with what was said beside it."""
        inner = self.location or LocationIn()
        beside = {
            name: value
            for name in WhereaboutsIn.model_fields
            if (value := getattr(self, name)) is not None
        }
        for name, value in beside.items():
            if getattr(inner, name) not in (None, value):
                raise InvalidInput(
                    "This is said twice, and differently",
                    loc=("body", name),
                    mend="Say it once, inside `location` or beside it",
                )
        return inner.model_copy(update=beside)
