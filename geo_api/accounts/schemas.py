"""What accounts' routes read and write."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from geo_api.accounts.rules import Role

Username = Annotated[
    str, StringConstraints(pattern=r"^[\w.@-]{2,60}$", strip_whitespace=True)
]
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)
]
Password = Annotated[str, Field(min_length=1, max_length=200)]
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s?#]+$")]


class In(BaseModel):
    """Input: an unknown field is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class SignIn(In):
    """Name and password of a page's sign-in."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"username": "town", "password": "…"}}
    )

    username: str = Field(max_length=60)
    password: Password


class PasswordChange(In):
    """Old and new password."""

    old_password: Password
    new_password: Password


class TokenReply(BaseModel):
    """A bearer token."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105  the word, not a secret
    expires_at: datetime


class Me(BaseModel):
    """Who is asking."""

    kind: str
    role: Role | None = None
    username: str | None = None
    name: str = ""
    must_change_password: bool = False
    areas: list[dict[str, Any]] = []
    duties: list[dict[str, Any]] = []
    # A tracking link opens one request.
    request_id: UUID | None = None


class AccountIn(In):
    """A new account."""

    username: Username
    name: Name
    role: Role
    area_codes: list[str] = Field(default=[], max_length=200)


class AccountChange(In):
    """What is to be changed of an account; absent fields stay."""

    name: Name | None = None
    role: Role | None = None
    area_codes: list[str] | None = Field(default=None, max_length=200)
    is_ended: bool | None = None
    is_locked: bool | None = Field(default=None, description="false opens a lock.")
    reset_password: bool = False


class AccountOut(BaseModel):
    """An account as administrators see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str
    name: str
    role: Role
    must_change_password: bool
    locked_until: datetime | None
    created_at: datetime
    ended_at: datetime | None
    first_password: str | None = Field(default=None, description="Shown once.")


class PortalKeyIn(In):
    """A new portal key."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name": "政务服务网",
                "origins": ["https://portal.example"],
                "layers": ["heat", "areas"],
                "area_codes": ["620171103"],
            }
        },
    )

    name: Name
    origins: list[Origin] = Field(default=[], max_length=20)
    layers: list[str] = Field(min_length=1, max_length=20)
    area_codes: list[str] = Field(min_length=1, max_length=200)


class PortalKeyOut(BaseModel):
    """A portal key; the key itself is shown once."""

    id: UUID
    name: str
    origins: list[str]
    layers: list[str]
    created_at: datetime
    revoked_at: datetime | None
    key: str | None = None


class AuditOut(BaseModel):
    """Who did or read what, and when."""

    at: datetime
    caller_kind: str
    username: str | None
    action: str
    subject_kind: str
    subject_id: UUID | None
    fields: list[str]
    detail: dict[str, Any]
