"""Codes and names with the days they were valid, kept in step with the editions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.models import AreaCode, AreaName, Edition, EditionArea
from geo_api.areas.rules import CodeSystem

# (area, system, code, is primary)
_Wanted = tuple[int, str, str, bool]


def register_drafts(
    session: Session,
    drafts: Sequence[AreaDraft],
    ids: Mapping[str, int],
    *,
    valid_from: date,
) -> None:
    """Note every code of the drafts from a day on; activation ends the older ones."""
    wanted: list[_Wanted] = []
    for draft in drafts:
        area_id = ids[draft.code]
        wanted.append((area_id, draft.system.value, draft.code, True))
        wanted += [
            (area_id, system.value, code, False)
            for system, code in draft.other_codes.items()
            if system is not draft.system
        ]
    _open_codes(session, wanted, day=valid_from)


def reopen_codes(session: Session, old: Edition, edition: Edition, day: date) -> None:
    """Note from ``day`` on the codes that areas bore when an old edition began."""
    members = select(EditionArea.area_id).where(EditionArea.edition_id == edition.id)
    began = old.active_from or day
    rows = session.scalars(
        select(AreaCode).where(
            AreaCode.area_id.in_(members),
            AreaCode.valid_from <= began,
            or_(AreaCode.valid_to.is_(None), AreaCode.valid_to > began),
        )
    )
    wanted: list[_Wanted] = [
        (row.area_id, row.system, row.code, row.is_primary) for row in rows
    ]
    _open_codes(session, wanted, day=day)


def _open_codes(session: Session, wanted: Iterable[_Wanted], *, day: date) -> None:
    wanted = list(wanted)
    present = {
        (row.area_id, row.system, row.code, row.is_primary)
        for row in _open_code_rows(session, {key[0] for key in wanted})
    }
    fresh = [key for key in dict.fromkeys(wanted) if key not in present]
    if fresh:
        session.execute(
            insert(AreaCode),
            [
                {
                    "area_id": area_id,
                    "system": system,
                    "code": code,
                    "is_primary": is_primary,
                    "valid_from": day,
                }
                for area_id, system, code, is_primary in fresh
            ],
        )


def _open_code_rows(session: Session, ids: Collection[int]) -> list[AreaCode]:
    return list(
        session.scalars(
            select(AreaCode)
            .where(AreaCode.area_id.in_(ids), AreaCode.valid_to.is_(None))
            .order_by(AreaCode.area_id, AreaCode.system, AreaCode.valid_from.desc())
            .order_by(AreaCode.id.desc())
        )
    )


def keep_in_step(
    session: Session, edition: Edition, before: Edition | None, *, day: date
) -> None:
    """End codes and names that an edition no longer has, and begin its names.

    Of two codes of one area in one system the later one counts.
    """
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
    seen: set[tuple[int, str]] = set()
    has_primary: set[int] = set()
    for code in _open_code_rows(session, gone | set(members)):
        member = members.get(code.area_id)
        is_stale_primary = (
            member is not None and code.is_primary and code.code != member.code
        )
        key = (code.area_id, code.system)
        if member is None or key in seen or is_stale_primary:
            _end(session, code, day)
            continue
        seen.add(key)
        if code.is_primary:
            has_primary.add(code.area_id)
    _open_codes(
        session,
        [
            (area_id, CodeSystem.LOCAL.value, member.code, True)
            for area_id, member in members.items()
            if area_id not in has_primary
        ],
        day=day,
    )
    _keep_names(session, members, gone, day)


def _keep_names(
    session: Session,
    members: Mapping[int, EditionArea],
    gone: Collection[int],
    day: date,
) -> None:
    present: set[int] = set()
    for name in session.scalars(
        select(AreaName).where(
            AreaName.area_id.in_({*gone, *members}),
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
