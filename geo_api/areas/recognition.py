"""Finds the stored areas that drafts are, and the codes they bear already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, aliased

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.identities import KnownArea, match
from geo_api.areas.models import Area, Edition, EditionArea
from geo_api.areas.plans import find_edition_before
from geo_api.areas.provisional import with_codes
from geo_api.areas.rules import AreaType, CodeSystem, EditionReason
from geo_api.db.arrays import among
from geo_api.db.model import new_public_id


def identities_of(
    session: Session,
    drafts: Sequence[AreaDraft],
    reason: EditionReason,
    *,
    before: Edition | None,
    now: datetime,
) -> dict[str, int]:
    """Ids by the drafts' codes; areas that nobody was before are made."""
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


def other_codes_in(session: Session, edition: Edition) -> dict[int, dict[str, str]]:
    """By area the codes of other systems that it bears in an edition."""
    rows = session.execute(
        select(EditionArea.area_id, EditionArea.other_codes).where(
            EditionArea.edition_id == edition.id
        )
    )
    return dict(rows.all())


def _known_areas(session: Session, edition: Edition) -> list[KnownArea]:
    """Areas of an edition with their codes there."""
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
            codes=frozenset({(row.system, row.code), *row.other_codes.items()}),
            is_provisional=row.system == CodeSystem.LOCAL.value,
        )
        for row in rows
    ]


def _former_areas(
    session: Session, codes: Collection[str]
) -> dict[tuple[str, str, str], int]:
    """Areas of editions in force, once in force or planned, by system, code, name."""
    rows = session.execute(
        select(
            EditionArea.system, EditionArea.code, EditionArea.name, EditionArea.area_id
        )
        .join(Edition, Edition.id == EditionArea.edition_id)
        .where(among(EditionArea.code, codes), Edition.active_from.is_not(None))
        .order_by(Edition.active_from, Edition.id)
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def give_codes(
    session: Session, drafts: Sequence[AreaDraft], *, day: date
) -> list[AreaDraft]:
    """Drafts whose LOCAL placeholder codes are replaced by stable ones.

    An area of the same name in the same parent keeps the code it bears before ``day``.
    """
    known: dict[tuple[AreaType, str, str | None], list[tuple[CodeSystem, str]]] = {}
    edition = find_edition_before(session, day)
    if edition is not None:
        parent = aliased(EditionArea)
        rows = session.execute(
            select(
                EditionArea.type,
                EditionArea.name,
                parent.code,
                EditionArea.system,
                EditionArea.code,
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
        select(EditionArea.code).where(EditionArea.system == CodeSystem.LOCAL.value)
    )
    return with_codes(drafts, known, set(taken))
