"""Rows that hold from one day until another, which is not included."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import and_, or_
from sqlalchemy.sql import ColumnElement

# What the database holds of each of them.
PERIOD = "valid_to IS NULL OR valid_to > valid_from"


def holds(model: Any, day: date) -> ColumnElement[bool]:
    """Whether a row with valid_from and valid_to is in force on a day."""
    return and_(
        model.valid_from <= day, or_(model.valid_to.is_(None), model.valid_to > day)
    )
