"""Editions: stored as snapshots, planned for a day, put in force, copied to go back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, aliased

from geo_api.areas.drafts import AreaDraft, SourceDraft
from geo_api.areas.geography import note_change
from geo_api.areas.models import BoundarySource, Edition, EditionArea, Shape
from geo_api.areas.plans import find_edition_before
from geo_api.areas.queries import SQL
from geo_api.areas.recognition import identities_of, other_codes_in
from geo_api.areas.registers import keep_in_step
from geo_api.areas.rules import EditionReason
from geo_api.areas.shape_store import store_shapes
from geo_api.db.locks import lock_again
from geo_api.errors import Conflict


def store_edition(
    session: Session,
    source: SourceDraft,
    drafts: Sequence[AreaDraft],
    *,
    name: str,
    reason: EditionReason,
    valid_from: date,
    now: datetime,
) -> Edition:
    """Store a snapshot of all areas: a draft, which no reader sees.

    ``valid_from`` says after which edition it comes. An area keeps its identity from
    that edition by its code, by another code that
    it bears, or, where one of the two is provisional, by its name in the same parent.
    Shapes that are stored already are shared.
    """
    stored = BoundarySource(
        name=source.name,
        licence=source.licence,
        url=source.url,
        is_invented=source.is_invented,
        crs=source.crs,
        file_name=source.file_name,
        file_sha256=source.file_sha256,
        imported_at=now,
    )
    session.add(stored)
    session.flush()  # the edition needs its id
    edition = Edition(
        name=name, reason=reason.value, source_id=stored.id, created_at=now
    )
    session.add(edition)
    session.flush()  # its rows need its id
    before = find_edition_before(session, valid_from)
    area_ids = identities_of(session, drafts, reason, before=before, now=now)
    kept = {} if before is None else other_codes_in(session, before)
    shapes = [draft.shape for draft in drafts]
    shape_ids = store_shapes(session, shapes, in_pieces=True)
    session.execute(
        insert(EditionArea),
        [
            {
                "edition_id": edition.id,
                "area_id": area_ids[draft.code],
                "parent_id": area_ids[draft.parent_code]
                if draft.parent_code is not None
                else None,
                "type": draft.type.value,
                "code": draft.code,
                "name": draft.name,
                "shape_id": shape_id,
                "system": draft.system.value,
                "other_codes": _other_codes(draft, kept.get(area_ids[draft.code], {})),
            }
            for draft, shape_id in zip(drafts, shape_ids, strict=True)
        ],
    )
    note_change(session)
    return edition


def _other_codes(draft: AreaDraft, kept: Mapping[str, str]) -> dict[str, str]:
    """A file that knows one system says nothing of the others."""
    said = {system.value: code for system, code in draft.other_codes.items()}
    return {k: v for k, v in {**kept, **said}.items() if k != draft.system.value}


def plan(session: Session, edition: Edition, *, day: date, now: datetime) -> None:
    """Have a draft take effect on ``day``; what was planned for that day goes.

    Editions follow each other: Conflict where one is in force or planned from a later
    day on, because this one was not drawn after it.
    """
    in_line = _lock_line(session, edition)
    _refuse_before(in_line, day)
    _supersede(session, [e for e in in_line if e.active_from == day], now)
    edition.active_from = day
    session.flush()


def activate(session: Session, edition: Edition, *, day: date, now: datetime) -> None:
    """Put an edition in force from ``day`` on; one of the same day is superseded.

    Raises Conflict where one is in force from a later day on: this one would change
    what that other one decided. A plan whose day has passed without it goes.
    """
    in_line = _lock_line(session, edition)
    active = [e for e in in_line if e.activated_at is not None]
    _refuse_before(active, day)
    missed = [e for e in in_line if e.activated_at is None and _is_before(e, day)]
    _supersede(session, [*missed, *(e for e in in_line if e.active_from == day)], now)
    edition.active_from, edition.activated_at = day, now
    session.flush()
    note_change(session)
    keep_in_step(session, edition, active[0] if active else None, day=day)


def _lock_line(session: Session, edition: Edition) -> Sequence[Edition]:
    """The other editions in force or planned, the last first, locked with this one."""
    if lock_again(session, edition).activated_at is not None:
        raise Conflict("This edition has been activated already")
    if edition.superseded_at is not None:
        raise Conflict("Another edition has taken the place of this one")
    return session.scalars(
        select(Edition)
        .where(
            Edition.active_from.is_not(None),
            Edition.superseded_at.is_(None),
            Edition.id != edition.id,
        )
        .order_by(Edition.active_from.desc())
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _refuse_before(in_line: Sequence[Edition], day: date) -> None:
    first = in_line[0].active_from if in_line else None
    if first is not None and first > day:
        raise Conflict(
            "Boundaries are in force from %(day)s on; none can begin before",
            mend="Declare a valid_from of that day or later",
            day=first.isoformat(),
        )


def _is_before(edition: Edition, day: date) -> bool:
    return edition.active_from is not None and edition.active_from < day


def _supersede(session: Session, others: Sequence[Edition], now: datetime) -> None:
    for other in others:
        other.superseded_at = now
    session.flush()  # the unique index must see both changes in this order


def copy_of(session: Session, old: Edition, *, name: str, now: datetime) -> Edition:
    """A draft equal to an old edition, with which it is rolled back."""
    edition = Edition(
        name=name,
        reason=EditionReason.ROLLBACK.value,
        source_id=old.source_id,
        created_at=now,
    )
    session.add(edition)
    session.flush()  # its rows need its id
    rows = session.execute(
        select(
            EditionArea.area_id,
            EditionArea.parent_id,
            EditionArea.type,
            EditionArea.code,
            EditionArea.name,
            EditionArea.shape_id,
            EditionArea.system,
            EditionArea.other_codes,
        ).where(EditionArea.edition_id == old.id)
    )
    session.execute(
        insert(EditionArea),
        [{"edition_id": edition.id, **row._mapping} for row in rows],
    )
    note_change(session)
    return edition


def diff_editions(session: Session, old_id: int, new_id: int) -> Sequence[Any]:
    """Rows of areas that differ between two editions, by code."""
    return session.execute(SQL["diff"], {"old_id": old_id, "new_id": new_id}).all()


def reshaped_between(session: Session, old_id: int, new_id: int) -> Sequence[Any]:
    """(code, name, type, old WKB, new WKB) of areas with another shape, by code."""
    old, new = aliased(EditionArea), aliased(EditionArea)
    former, present = aliased(Shape), aliased(Shape)
    return session.execute(
        select(
            new.code,
            new.name,
            new.type,
            func.ST_AsBinary(former.geom).label("before"),
            func.ST_AsBinary(present.geom).label("after"),
        )
        .join(old, (old.area_id == new.area_id) & (old.edition_id == old_id))
        .join(former, former.id == old.shape_id)
        .join(present, present.id == new.shape_id)
        .where(new.edition_id == new_id, new.shape_id != old.shape_id)
        .order_by(new.code.collate("C"))
    ).all()
