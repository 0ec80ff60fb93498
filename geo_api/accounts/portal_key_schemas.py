"""What the routes of portal keys read and write."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from geo_api.accounts.schemas import AreaCode, AreaName, Name

_ID = "019cad2f-5c00-7c3e-8a51-2f4b9d1e7a60"
_DAY = "2026-03-02T10:00:00+08:00"

# As browsers write it: it stands in headers, where other signs would have a meaning.
Origin = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$", max_length=255),
    AfterValidator(str.lower),
]
LayerId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": values})


class PortalKeyIn(BaseModel):
    """A new portal key."""

    model_config = _example(
        name="政务服务网",
        origins=["https://portal.example"],
        layers=["heat", "areas"],
        area_codes=["620171103"],
    )

    name: Name
    origins: list[Origin] = Field(
        default=[], max_length=20, description="Pages that may use it; none: all."
    )
    layers: list[LayerId] = Field(min_length=1, max_length=20)
    area_codes: list[AreaCode] = Field(min_length=1, max_length=200)


class PortalKeyOut(BaseModel):
    """A portal key without its secret."""

    model_config = _example(
        id=_ID,
        name="政务服务网",
        origins=["https://portal.example"],
        layers=["heat", "areas"],
        areas=[{"code": "620171103", "name": "西岔镇", "type": "town"}],
        created_at=_DAY,
        revoked_at=None,
    )

    id: UUID
    name: str
    origins: list[str]
    layers: list[str]
    areas: list[AreaName]
    created_at: datetime
    revoked_at: datetime | None


class OwnPortalKey(BaseModel):
    """What a portal may know of the key it shows."""

    model_config = _example(
        name="政务服务网",
        origins=["https://portal.example"],
        layers=["heat", "areas"],
        areas=[{"code": "620171103", "name": "西岔镇", "type": "town"}],
    )

    name: str
    origins: list[str]
    layers: list[str]
    areas: list[AreaName]


class PortalKeyWithSecret(PortalKeyOut):
    """A portal key whose secret is shown, this once."""

    model_config = _example(
        id=_ID,
        name="政务服务网",
        origins=["https://portal.example"],
        layers=["heat", "areas"],
        areas=[{"code": "620171103", "name": "西岔镇", "type": "town"}],
        created_at=_DAY,
        revoked_at=None,
        key="mq_…",
    )

    key: str
