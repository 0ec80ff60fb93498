"""Membership in long lists of values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement


def among(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column is one of ``values``, however many they are.

    ``IN`` sends a parameter for each, and PostgreSQL takes 65,535: a ledger has more.
    """
    found: ColumnElement[bool] = column == any_(
        literal(list(values), ARRAY(column.type))
    )
    return found
