"""What households' routes read and write."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from geo_api.areas.datums import Crs
from geo_api.areas.schemas import AreaRef
from geo_api.households.rules import (
    ADDRESS_LENGTH,
    CODE_PATTERN,
    LINE_PATTERN,
    MOST_MEMBERS,
    NAME_LENGTH,
)
from geo_api.sentences import PHONE

Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=ADDRESS_LENGTH,
        pattern=LINE_PATTERN,
    ),
]
Members = Annotated[int, Field(ge=1, le=MOST_MEMBERS)]
Phone = Annotated[str, Field(max_length=20, pattern=PHONE)]


class PointIn(BaseModel):
    """A claimed point."""

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(allow_inf_nan=False)
    lat: float = Field(allow_inf_nan=False)
    crs: Crs


class HouseholdIn(BaseModel):
    """A new household."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "code": "620171103202003-0012",
                "head_name": "王某某",
                "address": "西岔镇岘子村三社12号",
                "location": {"lon": 103.7, "lat": 36.45, "crs": "wgs84"},
                "phone": "10012345678",
                "member_count": 4,
            }
        },
    )

    code: Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
    head_name: Annotated[Line, Field(max_length=NAME_LENGTH)]
    address: Line
    location: PointIn
    phone: Phone = ""
    id_number: Annotated[str, Field(max_length=18)] = ""
    member_count: Members | None = None


class HouseholdChange(BaseModel):
    """What is to be changed; absent fields stay."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"phone": "10012345679", "member_count": 5}},
    )

    head_name: Annotated[Line, Field(max_length=NAME_LENGTH)] | None = None
    address: Line | None = None
    location: PointIn | None = None
    phone: Phone | None = None
    id_number: Annotated[str, Field(max_length=18)] | None = None
    member_count: Members | None = None


class HouseholdContact(BaseModel):
    """Contact and exact point; the reading of them is audited."""

    head_name: str
    phone: str
    id_number: str
    lon: float
    lat: float
    lon_claimed: float
    lat_claimed: float
    crs_claimed: str


class HouseholdOut(BaseModel):
    """A household, masked; ``location`` is its group's label point."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a0000-0000-7000-8000-000000000005",
                "code": "620171103202003-0012",
                "head_name": "王*",
                "address": "西岔镇岘子村三社12号",
                "member_count": 4,
                "areas": [
                    {"code": "620171", "name": "兰州新区", "type": "county"},
                    {"code": "620171103", "name": "西岔镇", "type": "town"},
                ],
                "location": [103.7012, 36.4521],
                "contact": None,
            }
        }
    )

    id: UUID
    code: str
    head_name: str
    address: str
    member_count: int | None
    areas: list[AreaRef]
    location: tuple[float, float] | None
    contact: HouseholdContact | None = None
