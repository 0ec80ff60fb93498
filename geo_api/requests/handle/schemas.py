"""What a verb is told."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
)

from geo_api.requests.outcomes import Body
from geo_api.requests.rules import Channel, DeclineReason, Rating
from geo_api.requests.schemas import In, Note, Text


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


BODIES: Mapping[Body, type[In]] = {
    Body.NOTHING: AcceptIn,
    Body.NOTE: NoteIn,
    Body.REASON: ReasonIn,
    Body.REASON_IF_ANY: WithdrawIn,
    Body.DECLINE: DeclineIn,
    Body.TRANSFER: TransferIn,
    Body.RATE: RateIn,
}
