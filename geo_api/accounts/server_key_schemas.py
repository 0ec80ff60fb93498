"""What the routes of server keys read and write."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from geo_api.accounts.rules import Permission
from geo_api.accounts.schemas import AreaCode, AreaName, Name

_SHOWN: dict[str, Any] = {
    "id": "019cad2f-5c00-7c3e-8a51-2f4b9d1e7a60",
    "name": "12345热线",
    "may": ["order", "read"],
    "areas": [{"code": "620171", "name": "兰州新区", "type": "county"}],
    "created_at": "2026-03-02T10:00:00+08:00",
    "last_used_at": None,
    "revoked_at": None,
}


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": values})


class ServerKeyIn(BaseModel):
    """A new server key."""

    model_config = _example(name="12345热线", areas=["620171"], may=["order", "read"])

    name: Name
    areas: list[AreaCode] = Field(
        min_length=1, max_length=200, description="Codes; it holds in them alone."
    )
    may: list[Permission] = Field(
        min_length=1,
        max_length=len(Permission),
        description="`order`: with channel and external id, in its areas. `read`: what "
        "it has ordered, and how far the others of its areas are.",
    )


class ServerKeyOut(BaseModel):
    """A server key without its secret."""

    model_config = _example(**_SHOWN)

    id: UUID
    name: str
    may: list[Permission]
    areas: list[AreaName]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ServerKeyWithSecret(ServerKeyOut):
    """A server key whose secret is shown, this once."""

    model_config = _example(**_SHOWN, secret="mqs.…")  # noqa: S106

    secret: str
