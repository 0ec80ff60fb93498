"""Codes and names with the days they were valid, written by what takes effect alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from geo_api.areas.models import AreaCode, AreaName, Edition, EditionArea
from geo_api.db.arrays import among


def keep_in_step(
    session: Session, edition: Edition, before: Edition | None, *, day: date
) -> None:
    """End the codes and names that an edition no longer has, and begin its own."""
    rows = session.scalars(
        select(EditionArea).where(EditionArea.edition_id == edition.id)
    )
    members = {row.area_id: row for row in rows}
    gone: set[int] = set()
    if before is not None:
        gone = set(
            session.scalars(
                select(EditionArea.area_id).where(EditionArea.edition_id == before.id)
            )
        ) - set(members)
    _keep_codes(session, members, gone, day)
    _keep_names(session, members, gone, day)


def _keep_codes(
    session: Session,
    members: Mapping[int, EditionArea],
    gone: Collection[int],
    day: date,
) -> None:
    wanted = {
        key: None for area_id, row in members.items() for key in _codes_of(area_id, row)
    }
    for code in session.scalars(
        select(AreaCode)
        .where(among(AreaCode.area_id, {*gone, *members}), AreaCode.valid_to.is_(None))
        .order_by(AreaCode.id)
    ):
        key = (code.area_id, code.system, code.code, code.is_primary)
        if key in wanted:
            del wanted[key]
        else:
            _end(session, code, day)
    columns = ("area_id", "system", "code", "is_primary")
    rows = [
        {**dict(zip(columns, key, strict=True)), "valid_from": day} for key in wanted
    ]
    if rows:
        session.execute(insert(AreaCode), rows)


def _codes_of(area_id: int, row: EditionArea) -> Iterator[tuple[int, str, str, bool]]:
    yield area_id, row.system, row.code, True
    for system, code in row.other_codes.items():
        yield area_id, system, code, False


def _keep_names(
    session: Session,
    members: Mapping[int, EditionArea],
    gone: Collection[int],
    day: date,
) -> None:
    present: set[int] = set()
    for name in session.scalars(
        select(AreaName).where(
            among(AreaName.area_id, {*gone, *members}),
            AreaName.kind == "official",
            AreaName.valid_to.is_(None),
        )
    ):
        member = members.get(name.area_id)
        if member is not None and member.name == name.name:
            present.add(name.area_id)
            continue
        if member is not None:
            name.kind = "former"
        _end(session, name, day)
    rows: list[dict[str, Any]] = [
        {
            "area_id": area_id,
            "name": member.name,
            "kind": "official",
            "valid_from": day,
        }
        for area_id, member in members.items()
        if area_id not in present
    ]
    if rows:
        session.execute(insert(AreaName), rows)


def _end(session: Session, row: AreaCode | AreaName, day: date) -> None:
    """End a row; one that began on the very day was never in force and goes."""
    if row.valid_from < day:
        row.valid_to = day
    else:
        session.delete(row)
