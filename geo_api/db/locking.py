"""Rows that are read again once they are locked."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.orm import Session

from geo_api.db.model import Model

Row = TypeVar("Row", bound=Model)


def lock_again(session: Session, row: Row) -> Row:
    """Lock a row that was read already, and read what others have made of it since.

    Whatever is decided on what was read before the lock is decided on the past. NO KEY
    UPDATE: rows that only refer to this one need not wait for it.
    """
    # What was changed on it already is written by the flush, not lost by the reading.
    session.flush()
    session.refresh(row, with_for_update={"key_share": True})
    return row
