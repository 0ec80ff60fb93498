"""Editions: stored as snapshots, activated at a date, rolled back by a new snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from geoalchemy2.shape import from_shape
from pyproj import Geod
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, aliased

from geo_api.areas.drafts import AreaDraft, SourceDraft
from geo_api.areas.geography import note_change
from geo_api.areas.models import BoundarySource, Edition, EditionArea, Shape
from geo_api.areas.queries import SQL
from geo_api.areas.recognition import identities_of
from geo_api.areas.registers import keep_in_step, register_drafts, reopen_codes
from geo_api.areas.rules import EditionReason
from geo_api.areas.shapes import canonical, hash_of, label_point
from geo_api.db.locks import lock_again
from geo_api.errors import Conflict

# CGCS2000's ellipsoid; areas are measured on it, not on the plane.
_GEOD = Geod(ellps="GRS80")


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
    """Store a snapshot of all areas; ``activate`` puts it in force.

    An area keeps its identity from the edition before by its code, by another code that
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
    area_ids = identities_of(session, drafts, reason, valid_from=valid_from, now=now)
    shape_ids = _store_shapes(session, [draft.shape for draft in drafts])
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
            }
            for draft, shape_id in zip(drafts, shape_ids, strict=True)
        ],
    )
    note_change(session)
    register_drafts(session, drafts, area_ids, valid_from=valid_from)
    return edition


def _store_shapes(session: Session, shapes: Sequence[BaseGeometry]) -> list[int]:
    """Ids of shapes in their order; a shape stored before is found by its hash."""
    stored: list[MultiPolygon] = [canonical(shape) for shape in shapes]
    hashes = [hash_of(shape) for shape in stored]
    known: dict[bytes, int] = {
        row.hash: row.id
        for row in session.execute(
            select(Shape.hash, Shape.id).where(Shape.hash.in_(set(hashes)))
        )
    }
    fresh = {h: s for h, s in zip(hashes, stored, strict=True) if h not in known}
    if fresh:
        new_ids = session.scalars(
            insert(Shape).returning(Shape.id, sort_by_parameter_order=True),
            [
                {
                    "hash": digest,
                    "geom": from_shape(shape, srid=4326),
                    "label_point": from_shape(label_point(shape), srid=4326),
                    "area_m2": abs(_GEOD.geometry_area_perimeter(shape)[0]),
                }
                for digest, shape in fresh.items()
            ],
        ).all()
        session.execute(SQL["subdivide"], {"shape_ids": list(new_ids)})
        known |= dict(zip(fresh, new_ids, strict=True))
    return [known[digest] for digest in hashes]


def activate(session: Session, edition: Edition, *, day: date, now: datetime) -> None:
    """Put an edition in force from ``day`` on; one of the same day is superseded.

    Editions follow each other: one that began before another would change what that
    other one decided. Raises Conflict for such a day.
    """
    if lock_again(session, edition).active_from is not None:
        raise Conflict("This edition has been activated already")
    in_force = session.scalars(
        select(Edition)
        .where(Edition.active_from.is_not(None), Edition.superseded_at.is_(None))
        .order_by(Edition.active_from.desc())
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    before = in_force[0] if in_force else None
    if before is not None and before.active_from is not None:
        if before.active_from > day:
            raise Conflict(
                "Boundaries are in force from %(day)s on; none can begin before",
                mend="Declare a valid_from of that day or later",
                day=before.active_from.isoformat(),
            )
        if before.active_from == day:
            before.superseded_at = now
            session.flush()  # the unique index must see both changes in this order
    edition.active_from = day
    session.flush()
    note_change(session)
    keep_in_step(session, edition, before, day=day)


def rollback_to(
    session: Session, old: Edition, *, name: str, day: date, now: datetime
) -> Edition:
    """A new edition equal to an old one, in force from ``day``."""
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
        ).where(EditionArea.edition_id == old.id)
    )
    session.execute(
        insert(EditionArea),
        [{"edition_id": edition.id, **row._mapping} for row in rows],
    )
    reopen_codes(session, old, edition, day)
    activate(session, edition, day=day, now=now)
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


def planned_editions(session: Session, *, day: date) -> Sequence[Edition]:
    """Editions that will be in force after a day, the next one first."""
    return session.scalars(
        select(Edition)
        .where(Edition.active_from > day, Edition.superseded_at.is_(None))
        .order_by(Edition.active_from)
    ).all()
