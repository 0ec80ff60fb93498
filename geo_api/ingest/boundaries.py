"""A boundary file becomes an edition; dry unless told otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from shapely.strtree import STRtree
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.areas.models import AreaName, Edition, EditionArea
from geo_api.areas.rules import AreaType, CodeSystem, canonical, rounded
from geo_api.areas.service import (
    AreaDraft,
    SourceDraft,
    activate,
    diff_editions,
    find_edition_at,
    store_edition,
)
from geo_api.errors import InvalidInput
from geo_api.households.service import place_households
from geo_api.ingest.coverage import area_m2, check_shapes
from geo_api.ingest.declaration import Declaration
from geo_api.ingest.reading import read_frame
from geo_api.ingest.report import Report
from geo_api.settings import Settings


def import_boundaries(
    session: Session,
    path: Path,
    declaration: Declaration,
    *,
    commit: bool,
    now: datetime,
    settings: Settings,
) -> Report:
    """Read, check, store and activate a file's areas; without ``commit`` undo it all.

    The dry run does everything, then rolls back to where it began: what it reports is
    what would happen. Raises InvalidInput for a file that cannot be read at all.
    """
    report = Report()
    drafts = read_drafts(session, path, declaration)
    for type_ in AreaType:
        count = sum(draft.type is type_ for draft in drafts)
        if count:
            report.counts[type_.value] = count
    check_shapes(report, drafts)
    if not report.is_acceptable:
        return report
    savepoint = session.begin_nested()
    _store(session, path, declaration, drafts, report, now=now, settings=settings)
    if commit:
        savepoint.commit()
        report.is_committed = True
    else:
        savepoint.rollback()
    return report


def _store(
    session: Session,
    path: Path,
    declaration: Declaration,
    drafts: Sequence[AreaDraft],
    report: Report,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    before = find_edition_at(session, now.astimezone(settings.place.tz).date())
    edition = store_edition(
        session,
        SourceDraft(
            name=declaration.source,
            licence=declaration.licence,
            url=declaration.url,
            is_invented=declaration.is_invented,
            crs=declaration.crs or "",
            file_name=path.name,
            file_sha256=hashlib.sha256(path.read_bytes()).digest(),
        ),
        drafts,
        name=declaration.name,
        reason=declaration.reason,
        valid_from=declaration.valid_from,
        now=now,
    )
    activate(session, edition, day=declaration.valid_from, now=now)
    _note_changes(session, report, before, edition)
    try:
        report.counts["households"] = place_households(session, edition_id=edition.id)
    except InvalidInput as error:
        report.add(
            "%(count)s households would lie outside the county",
            mend="Correct the boundaries, or end these households first",
            count=len(error.problems),
        )


def _note_changes(
    session: Session, report: Report, before: Edition | None, edition: Edition
) -> None:
    if before is None:
        return
    changes = diff_editions(session, before.id, edition.id)
    for name in (
        "is_added",
        "is_removed",
        "is_renamed",
        "is_recoded",
        "is_reshaped",
        "is_reparented",
    ):
        count = sum(bool(getattr(row, name)) for row in changes)
        if count:
            report.counts[name.removeprefix("is_")] = count


def read_drafts(
    session: Session, path: Path, declaration: Declaration
) -> list[AreaDraft]:
    """The areas of a file as they would be stored, the county included."""
    frame = read_frame(path, declaration)
    _check_fields(frame, declaration)
    shapes = [canonical(shape) for shape in rounded(list(frame.geometry.array))]
    drafts = []
    has_codes = declaration.fields.code is not None
    for i, (row, shape) in enumerate(
        zip(frame.to_dict("records"), shapes, strict=True)
    ):
        drafts.append(_draft(row, shape, i, declaration, has_codes=has_codes))
    drafts = _with_county(drafts, declaration)
    drafts = _with_parents(drafts, declaration)
    return _with_known_codes(session, drafts) if not has_codes else drafts


def _check_fields(frame: Any, declaration: Declaration) -> None:
    fields = declaration.fields
    wanted = [fields.name, *(n for n in (fields.code, fields.type, fields.parent) if n)]
    wanted += list(declaration.codes.values())
    missing = sorted(set(wanted) - set(frame.columns))
    if missing:
        raise InvalidInput(
            "The file has no field %(fields)s",
            loc=("declaration", "fields"),
            mend="It has: %(present)s",
            fields=", ".join(missing),
            present=", ".join(str(c) for c in frame.columns if c != "geometry"),
        )


def _text(value: Any) -> str:
    """A cell as text: a code read as a number loses its decimals, not its digits."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _draft(
    row: dict[str, Any],
    shape: Any,
    i: int,
    declaration: Declaration,
    *,
    has_codes: bool,
) -> AreaDraft:
    fields, loc = declaration.fields, ("file", "features", i)
    name = _text(row.get(fields.name))
    type_text = _text(row.get(fields.type)) if fields.type else ""
    type_name = type_text or (
        declaration.values.type.value if declaration.values.type else ""
    )
    if type_name not in set(AreaType):
        raise InvalidInput(
            "Feature %(number)s has no kind known here: %(kind)s",
            loc=loc,
            mend="county, town, village or group; or declare [values] type",
            number=i + 1,
            kind=type_name or "-",
        )
    code = _text(row.get(fields.code)) if fields.code else ""
    if has_codes and not code:
        raise InvalidInput(
            "Feature %(number)s (%(name)s) has no code",
            loc=loc,
            mend="Fill in the code; or leave out [fields] code for provisional ones",
            number=i + 1,
            name=name,
        )
    others = {system: _text(row.get(f)) for system, f in declaration.codes.items()}
    parent = _text(row.get(fields.parent)) if fields.parent else ""
    return AreaDraft(
        code=code or f"L{i + 1:04d}",
        name=name or code,
        type=AreaType(type_name),
        parent_code=parent or None,
        shape=shape,
        system=declaration.values.system if has_codes else CodeSystem.LOCAL,
        other_codes={system: code for system, code in others.items() if code},
    )


def _with_county(drafts: list[AreaDraft], declaration: Declaration) -> list[AreaDraft]:
    """The drafts with a county: the declared one is the union of the widest shapes."""
    if any(draft.type is AreaType.COUNTY for draft in drafts):
        return drafts
    county = declaration.county
    if county is None:
        raise InvalidInput(
            "Neither the file nor its declaration has a county",
            loc=("declaration", "county"),
            mend="Declare [county] with code and name",
        )
    widest = min((draft.type for draft in drafts), key=lambda type_: type_.depth)
    top = [draft for draft in drafts if draft.type is widest]
    union = AreaDraft(
        code=county.code,
        name=county.name,
        type=AreaType.COUNTY,
        parent_code=None,
        shape=canonical(shapely.union_all([draft.shape for draft in top])),
        system=top[0].system,
    )
    return [
        union,
        *(
            replace(draft, parent_code=county.code)
            if draft.type is widest and draft.parent_code is None
            else draft
            for draft in drafts
        ),
    ]


def _with_parents(drafts: list[AreaDraft], declaration: Declaration) -> list[AreaDraft]:
    """Parents by geometry where none is declared: who has most in common."""
    if declaration.fields.parent is not None:
        county = next(d for d in drafts if d.type is AreaType.COUNTY)
        return [
            replace(draft, parent_code=county.code)
            if draft.type is AreaType.TOWN and draft.parent_code is None
            else draft
            for draft in drafts
        ]
    found = []
    for draft in drafts:
        wider = [d for d in drafts if d.type.depth < draft.type.depth]
        if draft.parent_code is not None or not wider:
            found.append(draft)
            continue
        depth = max(d.type.depth for d in wider)
        candidates = [d for d in wider if d.type.depth == depth]
        tree = STRtree([d.shape for d in candidates])
        near = tree.query(draft.shape, predicate="intersects")
        best = max(
            near,
            key=lambda i: area_m2(draft.shape.intersection(candidates[i].shape)),
            default=None,
        )
        parent = candidates[best].code if best is not None else None
        found.append(replace(draft, parent_code=parent))
    return found


def _with_known_codes(session: Session, drafts: list[AreaDraft]) -> list[AreaDraft]:
    """Provisional codes that an area of the same name bears already stay its own."""
    known = {
        (name, type_): code
        for name, type_, code in session.execute(
            select(AreaName.name, EditionArea.type, EditionArea.code)
            .join(EditionArea, EditionArea.area_id == AreaName.area_id)
            .where(AreaName.kind == "official")
        )
    }
    taken = set(known.values())
    renamed: dict[str, str] = {}
    number = 0
    for draft in drafts:
        kept = known.get((draft.name, draft.type.value))
        if draft.type is AreaType.COUNTY:
            kept = draft.code
        while kept is None:
            number += 1
            fresh = f"L{number:04d}"
            kept = fresh if fresh not in taken else None
        taken.add(kept)
        renamed[draft.code] = kept
    return [
        replace(
            draft,
            code=renamed[draft.code],
            parent_code=renamed.get(draft.parent_code or "", draft.parent_code),
        )
        for draft in drafts
    ]
