"""What requests' routes read: an order, and what a verb is told."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from geo_api.errors import InvalidInput
from geo_api.requests.rules import Channel, DeclineReason, Rating

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
    phone: str = Field(default="", max_length=20, pattern=r"^(\+?[0-9]{7,15})?$")


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


class AcceptIn(In):
    """Nothing to say."""

    model_config = ConfigDict(json_schema_extra={"example": {}})


class DeclineIn(In):
    """Why it is given back."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"reason": "beyond_my_power", "note": "要请水务站来人"}
        }
    )

    reason: DeclineReason
    note: Note = ""


class TransferIn(In):
    """To whom of the place's chain."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "person_id": "019a0000-0000-7000-8000-000000000001",
                "note": "地界以东归四社",
            }
        }
    )

    person_id: UUID
    note: Note = ""


class NoteIn(In):
    """What was done."""

    model_config = ConfigDict(json_schema_extra={"example": {"note": "已换好阀门"}})

    note: Text


class RateIn(In):
    """The resident's word on the result."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"score": "satisfied", "note": "当天就修好了"}}
    )

    score: Rating
    note: Note = ""
    channel: Channel | None = Field(
        default=None,
        description="By default `phone` for staff, else `web`. Without an account "
        "`web` or `wechat`.",
    )


class ReasonIn(In):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "又停水了"}})

    reason: Text


class WithdrawIn(In):
    """Why, if they say so."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "水来了"}})

    reason: Note = ""


class TrackIn(In):
    """What a resident remembers of a request."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"number": "2026112400012", "phone_tail": "5678"}}
    )

    number: Annotated[Text, Field(max_length=20)]
    phone_tail: str = Field(
        pattern=r"^([0-9]{4}|[0-9]{7,15})$",
        description="The last four digits of the phone, or all of it: after many wrong "
        "tries only that will do.",
    )
