"""What waits for a consumer, and what was told live."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Key, Model
from geo_api.notices.rules import Audience


class _Notice:
    """An event and its audience. What stood in the event stands in the event alone."""

    event_id: Mapped[UUID] = mapped_column(ForeignKey("request_event.public_id"))
    area_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    zone_id: Mapped[int | None] = mapped_column(BigInteger)
    household_id: Mapped[int | None] = mapped_column(BigInteger)
    person_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    request_public_id: Mapped[UUID]
    # When the event was written.
    created_at: Mapped[datetime]

    @property
    def audience(self) -> Audience:
        """Whom it may concern."""
        return Audience(
            area_ids=frozenset(self.area_ids),
            zone_id=self.zone_id,
            household_id=self.household_id,
            person_ids=frozenset(self.person_ids),
            request_public_id=self.request_public_id,
        )


class Outbox(_Notice, Model):
    """An event that waits until its consumer has taken it."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "consumer", "id"),)

    id: Mapped[Key]
    consumer: Mapped[str]


class LiveEvent(_Notice, Model):
    """An event as it is told to listeners, numbered in the order of commits."""

    __tablename__ = "live_event"
    __table_args__ = (Index(None, "created_at"),)

    number: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False
    )


class LiveTurn(Model):
    """The one row that whoever numbers live events holds until the commit."""

    __tablename__ = "live_turn"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(BigInteger)
