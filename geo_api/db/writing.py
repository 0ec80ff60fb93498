"""Rows of several tables written by one statement, however many they are.

They are sent as JSON, which the server takes apart by the columns' own types: a
statement is as long for ten thousand rows as for one, and is planned once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from geo_api.db.model import Model


@dataclass(frozen=True)
class Rows:
    """New rows of a table; all name the same columns, those with a default, too."""

    model: type[Model]
    values: Sequence[Mapping[str, Any]]

    @property
    def _kind(self) -> tuple[type[Model], tuple[str, ...]]:
        return self.model, tuple(self.values[0])


def write(session: Session, *rows: Rows) -> None:
    """Write rows together; those that others refer to come before these."""
    kinds = [part for part in rows if part.values]
    if kinds:
        session.execute(
            _together(tuple(part._kind for part in kinds)),
            {f"rows_{n}": _json(part.values) for n, part in enumerate(kinds)},
        )


def write_new(session: Session, rows: Rows) -> dict[UUID, int]:
    """Write rows of which nothing unique is there yet; ids by public id.

    The others are left out, also where somebody is writing the same just now.
    """
    if not rows.values:
        return {}
    written = session.execute(
        _unless_there(*rows._kind), {"rows_0": _json(rows.values)}
    )
    return dict(written.all())


@cache
def _together(kinds: tuple[tuple[type[Model], tuple[str, ...]], ...]) -> Insert:
    *before, last = (_insert(*kind, n) for n, kind in enumerate(kinds))
    # References are checked when the whole statement has ended.
    return last.add_cte(*(part.cte(f"written_{n}") for n, part in enumerate(before)))


@cache
def _unless_there(model: type[Any], names: tuple[str, ...]) -> ReturningInsert[Any]:
    new = _insert(model, names, 0).on_conflict_do_nothing()
    return new.returning(model.public_id, model.id)


def _insert(model: type[Any], names: tuple[str, ...], n: int) -> Insert:
    table: Table = model.__table__
    columns = [column(name, table.c[name].type) for name in names]
    said = cast(bindparam(f"rows_{n}", type_=Text), JSONB)
    rows = func.jsonb_to_recordset(said).table_valued(*columns)
    read = select(rows.render_derived(f"said_{n}", with_types=True)).cte(f"rows_{n}")
    # Apart, or Citus refuses what the database reads by itself in an INSERT … SELECT.
    made = select(read.prefix_with("MATERIALIZED"))
    return insert(table).from_select(list(names), made, include_defaults=False)


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(rows, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value))
