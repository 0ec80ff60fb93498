"""What the lists, the history and the summary read and answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

from geo_api.areas.schemas import AreaRef
from geo_api.requests.schemas import In, Text
from geo_api.sentences import PHONE_DIGITS


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

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra={
            "example": {
                "area": {"code": "620171", "name": "兰州新区", "type": "county"},
                "from": "2026-01-01T00:00:00+08:00",
                "to": "2026-02-01T00:00:00+08:00",
                "totals": {
                    "ordered": 812,
                    "open": 40,
                    "overdue": 3,
                    "closed": 772,
                    "closed_on_time": 741,
                    "on_time_rate": 0.956,
                    "rated": 600,
                    "satisfied": 580,
                    "satisfaction": 0.967,
                },
                "by": None,
                "rows": [],
            }
        },
    )

    area: AreaRef | None
    since: date | datetime | None = Field(serialization_alias="from")
    until: date | datetime | None = Field(serialization_alias="to")
    totals: TotalsOut
    by: str | None
    rows: list[SummaryRow]


class TrackedOut(BaseModel):
    """A link to the request."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"tracking_url": "http://127.0.0.1:8000/r/…"}}
    )

    tracking_url: str


class EventOut(BaseModel):
    """One line of the history."""

    verb: str
    at: datetime
    by: dict[str, Any]
    note: str | None = None
    detail: dict[str, Any]


class DifferenceOut(BaseModel):
    """What was answered, and what follows from the inputs."""

    at: datetime = Field(description="The moment of the decision.")
    field: Literal["handler", "duty", "candidate", "person", "order"]
    stored: str | None = Field(
        description="A person's code, a duty's id, or of a candidate the reason."
    )
    replayed: str | None
    duty_id: UUID | None = Field(description="Of a candidate: by which duty.")
    duty: str | None


class NotReplayableOut(BaseModel):
    """A decision that can be read only."""

    at: datetime
    text: str


class ReplayOut(BaseModel):
    """The decisions made again from their inputs."""

    equal: bool | None = Field(
        description="Whether the same comes of them; null where none can be replayed."
    )
    differences: list[DifferenceOut]
    not_replayable: list[NotReplayableOut]


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
    replay: ReplayOut | None = Field(default=None, description="With `replay=true`.")


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


class TrackIn(In):
    """What a resident remembers of a request."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"number": "2026112400012", "phone_tail": "5678"}}
    )

    number: Annotated[Text, Field(max_length=20)]
    phone_tail: str = Field(
        pattern=PHONE_DIGITS,
        description="The last four digits of the phone, or all of it: after many wrong "
        "tries only that will do.",
    )
