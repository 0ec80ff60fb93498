"""Finds the stored areas that drafts are, and the codes they bear already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, aliased

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.identities import KnownArea, match
from geo_api.areas.models import Area, AreaCode, AreaName, Edition, EditionArea
from geo_api.areas.provisional import with_codes
from geo_api.areas.queries import find_edition_at
from geo_api.areas.rules import AreaType, CodeSystem, EditionReason
from geo_api.db.model import new_public_id


def identities_of(
    session: Session,
    drafts: Sequence[AreaDraft],
    reason: EditionReason,
    *,
    valid_from: date,
    now: datetime,
) -> dict[str, int]:
    """Ids by the drafts' codes; areas that nobody was before are made."""
    before = find_edition_at(session, valid_from)
    found = match(
        drafts,
        [] if before is None else _known_areas(session, before),
        _former_areas(session, {draft.code for draft in drafts}),
        by_name=reason is EditionReason.RECODE,
    )
    fresh = [draft for draft in drafts if draft.code not in found]
    if fresh:
        new_ids = session.scalars(
            insert(Area).returning(Area.id, sort_by_parameter_order=True),
            [{"public_id": new_public_id(), "created_at": now} for _ in fresh],
        )
        found |= {d.code: i for d, i in zip(fresh, new_ids, strict=True)}
    return found


def _known_areas(session: Session, edition: Edition) -> list[KnownArea]:
    """Areas of an edition with the codes that are open."""
    members = select(EditionArea.area_id).where(EditionArea.edition_id == edition.id)
    codes: dict[int, list[AreaCode]] = {}
    for code in session.scalars(
        select(AreaCode).where(
            AreaCode.area_id.in_(members), AreaCode.valid_to.is_(None)
        )
    ):
        codes.setdefault(code.area_id, []).append(code)
    rows = session.scalars(
        select(EditionArea).where(EditionArea.edition_id == edition.id)
    )
    return [
        KnownArea(
            id=row.area_id,
            code=row.code,
            name=row.name,
            type=AreaType(row.type),
            parent_id=row.parent_id,
            codes=frozenset((c.system, c.code) for c in codes.get(row.area_id, ())),
            is_provisional=all(
                c.system == CodeSystem.LOCAL.value
                for c in codes.get(row.area_id, ())
                if c.is_primary
            ),
        )
        for row in rows
    ]


def _former_areas(
    session: Session, codes: Collection[str]
) -> dict[tuple[str, str, str], int]:
    """Areas of any edition by system, code and a name that they bore."""
    rows = session.execute(
        select(AreaCode.system, AreaCode.code, AreaName.name, AreaCode.area_id)
        .join(AreaName, AreaName.area_id == AreaCode.area_id)
        .where(AreaCode.code.in_(codes))
        .order_by(AreaCode.valid_from, AreaCode.id)
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def give_codes(
    session: Session, drafts: Sequence[AreaDraft], *, day: date
) -> list[AreaDraft]:
    """Drafts whose LOCAL placeholder codes are replaced by stable ones.

    An area of the same name in the same parent keeps the code it bears on ``day``.
    """
    known: dict[tuple[AreaType, str, str | None], list[tuple[CodeSystem, str]]] = {}
    edition = find_edition_at(session, day)
    if edition is not None:
        parent = aliased(EditionArea)
        rows = session.execute(
            select(
                EditionArea.type,
                EditionArea.name,
                parent.code,
                AreaCode.system,
                EditionArea.code,
            )
            .join(
                AreaCode,
                (AreaCode.area_id == EditionArea.area_id)
                & (AreaCode.code == EditionArea.code)
                & AreaCode.is_primary
                & AreaCode.valid_to.is_(None),
            )
            .outerjoin(
                parent,
                (parent.edition_id == EditionArea.edition_id)
                & (parent.area_id == EditionArea.parent_id),
            )
            .where(EditionArea.edition_id == edition.id)
        )
        for type_, name, parent_code, system, code in rows:
            key = (AreaType(type_), name, parent_code)
            known.setdefault(key, []).append((CodeSystem(system), code))
    taken = session.scalars(
        select(AreaCode.code).where(AreaCode.system == CodeSystem.LOCAL.value)
    )
    return with_codes(drafts, known, set(taken))
