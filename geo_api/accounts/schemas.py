"""What accounts' routes read and write."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

from geo_api.accounts.rules import CallerKind, Role

_ID = "019cad2f-5c00-7c3e-8a51-2f4b9d1e7a60"
_DAY = "2026-03-02T10:00:00+08:00"

Username = Annotated[
    str, StringConstraints(pattern=r"^[\w.@-]{2,60}$", strip_whitespace=True)
]
# Control characters have no place in a name, and PostgreSQL refuses one of them.
_PLAIN = r"^[^\x00-\x1f\x7f]+$"
Name = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=60, strip_whitespace=True, pattern=_PLAIN
    ),
]
Word = Annotated[str, StringConstraints(max_length=60, pattern=_PLAIN)]
Password = Annotated[str, Field(min_length=1, max_length=200)]
AreaCode = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,40}$")]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"example": values})


class SignIn(BaseModel):
    """Name and password of a page's sign-in."""

    model_config = _example(username="town", password="…")  # noqa: S106

    username: Annotated[str, Field(max_length=60)]
    password: Password


class TokenForm(BaseModel):
    """The password form of OAuth2; scopes and clients are not used."""

    grant_type: Literal["password"] = "password"
    username: Annotated[str, Field(max_length=60)]
    password: Password
    scope: str = ""
    client_id: str | None = None
    client_secret: str | None = None


class PasswordChange(BaseModel):
    """Old and new password."""

    model_config = _example(old_password="…", new_password="…")  # noqa: S106

    old_password: Password
    new_password: Password


class OpenSession(BaseModel):
    """A page or a program that is signed in."""

    id: UUID
    kind: Literal["session", "bearer"] = Field(
        description="`session` is a page, `bearer` a program."
    )
    created_at: datetime
    last_used_at: datetime
    is_current: bool = Field(description="The one that asks.")


class OpenSessions(BaseModel):
    """Where an account is signed in."""

    model_config = _example(
        items=[
            {
                "id": _ID,
                "kind": "session",
                "created_at": _DAY,
                "last_used_at": _DAY,
                "is_current": True,
            }
        ]
    )

    items: list[OpenSession]


class TokenReply(BaseModel):
    """A bearer token."""

    model_config = _example(access_token="Zk3…", expires_at=_DAY)  # noqa: S106

    access_token: str
    token_type: str = "bearer"  # noqa: S105  the word, not a secret
    expires_at: datetime


class AreaName(BaseModel):
    """An area in which a role holds."""

    code: str
    name: str
    type: str


class DutyPlace(BaseModel):
    """A zone or an area for which somebody answers."""

    code: str | None
    name: str


class OwnDuty(BaseModel):
    """One of the caller's own duties."""

    kind: str
    place: DutyPlace | None


class Me(BaseModel):
    """Who is asking."""

    model_config = _example(
        kind="account",
        role="town_leader",
        username="town",
        name="镇负责人",
        must_change_password=False,
        areas=[{"code": "620171103", "name": "西岔镇", "type": "town"}],
        duties=[],
        person_id=None,
        request_id=None,
    )

    kind: CallerKind
    role: Role | None = None
    username: str | None = None
    name: str = ""
    must_change_password: bool = False
    areas: list[AreaName] = []
    duties: list[OwnDuty] = []
    person_id: UUID | None = Field(
        default=None, description="As whom the caller handles requests, if at all."
    )
    request_id: UUID | None = Field(
        default=None, description="The one request that a tracking link opens."
    )


class AccountIn(BaseModel):
    """A new account."""

    model_config = _example(
        username="xicha-2",
        name="张三丰",
        role="town_leader",
        area_codes=["620171103"],
    )

    username: Username
    name: Name
    role: Role
    area_codes: list[AreaCode] = Field(
        default=[],
        max_length=200,
        description="Where the role holds; leaders and village cadres need some, "
        "the others have none.",
    )


class AccountChange(BaseModel):
    """What is to be changed of an account; absent fields stay."""

    model_config = _example(role="village_cadre", area_codes=["620171103201"])

    name: Name | None = None
    role: Role | None = None
    area_codes: list[AreaCode] | None = Field(default=None, max_length=200)
    is_ended: Literal[True] | None = Field(
        default=None, description="true ends the account for good."
    )
    is_locked: bool | None = Field(
        default=None,
        description="true locks, and ends all sessions; false opens again.",
    )
    reset_password: bool = Field(
        default=False, description="true gives a new first password, shown once."
    )


class AccountOut(BaseModel):
    """An account as administrators see it."""

    model_config = _example(
        id=_ID,
        username="xicha-2",
        name="张建国",
        role="town_leader",
        areas=[{"code": "620171103", "name": "西岔镇", "type": "town"}],
        must_change_password=True,
        locked_until=None,
        is_locked=False,
        created_at=_DAY,
        ended_at=None,
        version='"0f3a5c"',
    )

    id: UUID
    username: str
    name: str = Field(description="Reading it is audited.")
    role: Role
    areas: list[AreaName]
    must_change_password: bool
    locked_until: datetime | None = Field(
        deprecated=True,
        description="Always null: who types wrong passwords has to wait, where they "
        "are; the account stays open.",
    )
    is_locked: bool = Field(description="By an administrator, until one opens it.")
    created_at: datetime
    ended_at: datetime | None
    version: str | None = Field(
        default=None,
        description="In lists: what If-Match takes, as the ETag of one account does.",
    )


class AccountWithPassword(AccountOut):
    """An account whose first password is shown, this once."""

    first_password: str | None = None


class AuditAccount(BaseModel):
    """The account behind a row of the audit."""

    id: UUID
    username: str
    name: str = Field(description="Masked.")
    role: Role


class AuditOut(BaseModel):
    """Who did or read what, and when."""

    model_config = _example(
        at=_DAY,
        caller_kind="account",
        account={"id": _ID, "username": "cun-1", "name": "李*", "role": "handler"},
        action="household.reveal",
        subject_kind="household",
        subject_id=_ID,
        subject_name=None,
        fields=["phone"],
        detail={},
    )

    at: datetime
    caller_kind: CallerKind
    account: AuditAccount | None
    action: str
    subject_kind: str
    subject_id: UUID | None
    subject_name: str | None = Field(
        default=None, description="User name of an account, or a key's name."
    )
    fields: list[str]
    detail: dict[str, Any]
