"""What the simulation reads and answers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class SimulatedPoint(BaseModel):
    """A point and a service, as in an order."""

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(allow_inf_nan=False)
    lat: float = Field(allow_inf_nan=False)
    crs: str = Field(max_length=40)
    accuracy_m: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    service_code: str = Field(max_length=40)


class SimulateIn(BaseModel):
    """One or many points."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "points": [
                    {
                        "lon": 103.62,
                        "lat": 36.51,
                        "crs": "wgs84",
                        "service_code": "XQ-SHUI",
                    }
                ]
            }
        },
    )

    points: list[SimulatedPoint] = Field(min_length=1, max_length=1000)


class SimulatedOut(BaseModel):
    """What would happen to one point, or what is wrong with it."""

    handler: str | None = None
    duty: str | None = None
    explanation: dict[str, Any] | None = None
    problem: str | None = None


class SimulateOut(BaseModel):
    """In the order of the points."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "items": [
                    {
                        "handler": "李*",
                        "duty": "household_care",
                        "explanation": {"step": "household_care", "candidates": []},
                        "problem": None,
                    }
                ]
            }
        }
    )

    items: list[SimulatedOut]
