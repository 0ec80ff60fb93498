"""Accounts, tokens, keys of pages and of servers, and the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import String

from geo_api.db.model import Key, Model, PublicId


class Account(Model):
    """One person's or program's way in; it ends, it is not deleted."""

    __tablename__ = "account"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=True)
    # By an administrator; it stays until one opens it.
    is_locked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AccountArea(Model):
    """An area in which an account's role holds."""

    __tablename__ = "account_area"

    account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("account.id"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("area.id"), primary_key=True
    )


class Token(Model):
    """An opaque token, stored as a hash: page session, bearer or tracking link."""

    __tablename__ = "token"
    __table_args__ = (
        CheckConstraint("kind IN ('session', 'bearer', 'tracking')", name="kind"),
        Index(None, "account_id"),
        Index(None, "subject_id"),
        Index(None, "expires_at"),
        Index(None, "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")),
    )

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    kind: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("account.id"))
    # What a tracking link opens; a public id, because requests live further up. Its
    # account is whom it was handed to, where that was not the resident.
    subject_id: Mapped[UUID | None] = mapped_column(Uuid)
    # Come by with a number and four digits, which its resident is not alone to know.
    is_found: Mapped[bool] = mapped_column(default=False)
    csrf: Mapped[str | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PortalKey(Model):
    """Another portal's key: what it may embed, where, and from which pages."""

    __tablename__ = "portal_key"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    origins: Mapped[list[str]] = mapped_column(ARRAY(String))
    layers: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class PortalKeyArea(Model):
    """An area that a portal key may show."""

    __tablename__ = "portal_key_area"

    portal_key_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("portal_key.id"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("area.id"), primary_key=True
    )


class ServerKey(Model):
    """Another system's secret: what it may do, and where."""

    __tablename__ = "server_key"
    __table_args__ = (
        CheckConstraint(
            "may <@ ARRAY['order', 'read']::varchar[] AND cardinality(may) > 0",
            name="may",
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    may: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[datetime]
    # Whoever is to revoke a key wants to know whether somebody still uses it.
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ServerKeyArea(Model):
    """An area in which a server key holds."""

    __tablename__ = "server_key_area"

    server_key_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("server_key.id"), primary_key=True
    )
    area_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("area.id"), primary_key=True
    )


class AuditEntry(Model):
    """Who read or changed what; the app's role can add rows and read them, no more."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "subject_kind", "subject_id"),
        Index(None, "account_id", "at"),
        Index(None, "action", "at"),
    )

    id: Mapped[Key]
    at: Mapped[datetime]
    caller_kind: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("account.id"))
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None] = mapped_column(Uuid)
    # Names of the fields that were shown or changed; never their values.
    fields: Mapped[list[str]] = mapped_column(ARRAY(String))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
