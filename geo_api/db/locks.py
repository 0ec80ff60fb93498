"""Rows that are read again once they are locked."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from geo_api.db.model import Model
from geo_api.errors import Conflict

Row = TypeVar("Row", bound=Model)


def lock_again(session: Session, row: Row) -> Row:
    """Lock a row that was read already, and read what others have made of it since.

    Whatever is decided on what was read before the lock is decided on the past. NO KEY
    UPDATE: rows that only refer to this one need not wait for it. Raises Conflict for a
    row that is gone.
    """
    # What was changed on it already is written by the flush, not lost by the reading.
    session.flush()
    found = session.get(
        type(row),
        inspect(row).identity,
        populate_existing=True,
        with_for_update={"key_share": True},
    )
    if found is None:
        raise Conflict(
            "Somebody has just removed this", mend="Load it again and see what is left"
        )
    return found
