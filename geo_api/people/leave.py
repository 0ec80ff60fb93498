"""Keeps leave: days on which somebody cannot answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from geo_api.db.model import new_public_id
from geo_api.errors import InvalidInput
from geo_api.people.drafts import LeaveDraft
from geo_api.people.models import Leave


def check_leave(draft: LeaveDraft) -> None:
    """Raise InvalidInput for a leave that makes no sense."""
    if draft.last_day < draft.first_day:
        raise InvalidInput(
            "The leave ends before it begins",
            loc=("body", "last_day"),
            mend="The last day is included; it may equal the first",
        )
    if draft.substitute_id == draft.person_id:
        raise InvalidInput(
            "Nobody can stand in for themselves",
            loc=("body", "substitute_id"),
            mend="Name somebody else or leave it out",
        )


def add_leaves_many(
    session: Session, drafts: Sequence[LeaveDraft], *, now: datetime
) -> list[int]:
    """Add leaves; internal ids in the order of the drafts."""
    if not drafts:
        return []
    return list(
        session.scalars(
            insert(Leave).returning(Leave.id, sort_by_parameter_order=True),
            [
                {
                    "public_id": new_public_id(),
                    "person_id": draft.person_id,
                    "first_day": draft.first_day,
                    "last_day": draft.last_day,
                    "substitute_id": draft.substitute_id,
                    "created_at": now,
                }
                for draft in drafts
            ],
        )
    )
