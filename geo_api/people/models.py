"""People and their leave."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
)
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Key, Model, PublicId


class Person(Model):
    """Somebody who may answer for a place, with or without an account."""

    __tablename__ = "person"
    __table_args__ = (Index(None, "account_id"), Index(None, "contact_id"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    # The ledger's own number, so that an import can be repeated.
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    is_party_member: Mapped[bool]
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("account.id"))
    contact_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("contact.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Leave(Model):
    """Days on which a person cannot answer; first and last day included."""

    __tablename__ = "leave"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="period"),
        Index(None, "person_id"),
        Index(None, "substitute_id"),
        Index(None, "last_day"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    substitute_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("person.id")
    )
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
