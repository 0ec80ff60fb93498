"""Editions: stored as snapshots, activated at a date, rolled back by a new snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from geoalchemy2.shape import from_shape
from pyproj import Geod
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from geo_api.areas.models import (
    Area,
    AreaCode,
    AreaName,
    BoundarySource,
    Edition,
    EditionArea,
    Shape,
)
from geo_api.areas.queries import SQL
from geo_api.areas.rules import AreaType, CodeSystem, EditionReason, canonical
from geo_api.areas.shapes import hash_of, label_point
from geo_api.db.model import new_public_id
from geo_api.errors import Conflict

# CGCS2000's ellipsoid; areas are measured on it, not on the plane.
_GEOD = Geod(ellps="GRS80")


@dataclass(frozen=True)
class SourceDraft:
    """Where shapes came from, as their declaration says."""

    name: str
    licence: str
    url: str
    is_invented: bool
    crs: str
    file_name: str
    file_sha256: bytes


@dataclass(frozen=True)
class AreaDraft:
    """An area as a file describes it; ``shape`` is in EPSG:4326."""

    code: str
    name: str
    type: AreaType
    parent_code: str | None
    shape: BaseGeometry
    system: CodeSystem = CodeSystem.STATISTICS
    other_codes: Mapping[CodeSystem, str] = field(default_factory=dict)


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
    """Store a snapshot as a draft: activate it afterwards.

    An area keeps its identity from the edition before by its code, or by another code
    that it bore. Shapes that are stored already are shared.
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
    area_ids = _identities(session, drafts, valid_from=valid_from, now=now)
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
    return edition


def _identities(
    session: Session, drafts: Sequence[AreaDraft], *, valid_from: date, now: datetime
) -> dict[str, int]:
    """Identities of the drafts by primary code; new ones where nobody bore the code."""
    codes = {draft.code for draft in drafts}
    codes |= {code for draft in drafts for code in draft.other_codes.values()}
    known: dict[tuple[str, str], int] = {}
    for row in session.scalars(
        select(AreaCode)
        .where(AreaCode.code.in_(codes))
        .order_by(AreaCode.valid_from, AreaCode.id)
    ):
        known[(row.system, row.code)] = row.area_id
    found: dict[str, int] = {}
    fresh: list[AreaDraft] = []
    for draft in drafts:
        candidates = [(draft.system, draft.code), *draft.other_codes.items()]
        ids = [known[key] for key in candidates if key in known]
        if ids and ids[0] not in found.values():
            found[draft.code] = ids[0]
        else:
            fresh.append(draft)
    if fresh:
        new_ids = session.scalars(
            insert(Area).returning(Area.id, sort_by_parameter_order=True),
            [{"public_id": new_public_id(), "created_at": now} for _ in fresh],
        )
        found |= {d.code: i for d, i in zip(fresh, new_ids, strict=True)}
    _keep_codes(session, drafts, found, valid_from)
    _keep_names(session, drafts, found, valid_from)
    return found


def _keep_codes(
    session: Session,
    drafts: Sequence[AreaDraft],
    ids: Mapping[str, int],
    valid_from: date,
) -> None:
    present = {
        (row.area_id, row.system): row
        for row in session.scalars(
            select(AreaCode).where(
                AreaCode.area_id.in_(ids.values()), AreaCode.valid_to.is_(None)
            )
        )
    }
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        area_id = ids[draft.code]
        wanted = {**draft.other_codes, draft.system: draft.code}
        for system, code in wanted.items():
            old = present.get((area_id, system.value))
            if old is not None and old.code == code:
                continue
            if old is not None and old.valid_from < valid_from:
                old.valid_to = valid_from
            rows.append(
                {
                    "area_id": area_id,
                    "system": system.value,
                    "code": code,
                    "valid_from": valid_from,
                    "is_primary": system is draft.system,
                }
            )
    if rows:
        session.execute(insert(AreaCode), rows)


def _keep_names(
    session: Session,
    drafts: Sequence[AreaDraft],
    ids: Mapping[str, int],
    valid_from: date,
) -> None:
    present = {
        row.area_id: row
        for row in session.scalars(
            select(AreaName).where(
                AreaName.area_id.in_(ids.values()),
                AreaName.kind == "official",
                AreaName.valid_to.is_(None),
            )
        )
    }
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        old = present.get(ids[draft.code])
        if old is not None and old.name == draft.name:
            continue
        if old is not None:
            old.kind, old.valid_to = "former", max(old.valid_from, valid_from)
        rows.append(
            {
                "area_id": ids[draft.code],
                "name": draft.name,
                "kind": "official",
                "valid_from": valid_from,
            }
        )
    if rows:
        session.execute(insert(AreaName), rows)


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
    """Put an edition in force from ``day`` on; one of the same day is superseded."""
    if edition.active_from is not None:
        raise Conflict("This edition has been activated already")
    session.execute(
        update(Edition)
        .where(Edition.active_from == day, Edition.superseded_at.is_(None))
        .values(superseded_at=now)
    )
    edition.active_from = day
    session.flush()  # the unique index must see both changes in this order


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
    activate(session, edition, day=day, now=now)
    return edition


def diff_editions(session: Session, old_id: int, new_id: int) -> Sequence[Any]:
    """Rows of areas that differ between two editions, by code."""
    return session.execute(SQL["diff"], {"old_id": old_id, "new_id": new_id}).all()
