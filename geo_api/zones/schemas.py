"""What the routes of zones read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from geo_api.households.rules import LINE_PATTERN
from geo_api.zones.examples import ZONE_CHANGE, ZONE_HOUSEHOLDS, ZONE_IN
from geo_api.zones.rules import ZoneKind


def _one_line(text: str) -> str:
    if not re.fullmatch(LINE_PATTERN, text):
        raise ValueError("This is not one line of text")
    return text


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(_one_line),
]

Code = Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,60}$")]

# Within them a day has a day before and a day after it.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]


def like(example: Mapping[str, Any]) -> ConfigDict:
    """What a body looks like, for the OpenAPI document."""
    return ConfigDict(json_schema_extra={"example": dict(example)})


class In(BaseModel):
    """Input: an unknown field is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class ZoneIn(In):
    """A new zone; the polygon (GeoJSON, EPSG:4326) may be left out."""

    model_config = like(ZONE_IN)

    code: Code | None = Field(
        default=None, description="Default: the area's code and three digits."
    )
    name: Name
    kind: ZoneKind = ZoneKind.HOUSEHOLDS
    area_code: str = Field(max_length=40)
    valid_from: Day
    geometry: dict[str, Any] | None = None


class ZoneChange(In):
    """What is to be changed; absent fields stay."""

    model_config = like(ZONE_CHANGE)

    name: Name | None = None
    geometry: dict[str, Any] | None = None
    ends_on: Day | None = None


class ZoneHouseholdsIn(In):
    """Households of a zone."""

    model_config = like(ZONE_HOUSEHOLDS)

    household_ids: list[UUID] = Field(max_length=500)
