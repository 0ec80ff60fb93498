"""What the summary answers."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from geo_api.areas.schemas import AreaRef


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
