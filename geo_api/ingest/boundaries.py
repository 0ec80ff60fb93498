"""A boundary file becomes an edition; dry unless told otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import shapely
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.drafts import AreaDraft, SourceDraft
from geo_api.areas.editions import (
    diff_editions,
    plan,
    reshaped_between,
    store_edition,
)
from geo_api.areas.models import Edition
from geo_api.areas.plans import find_edition_before
from geo_api.areas.rules import AreaType
from geo_api.changes.activation import take_effect
from geo_api.changes.loose_ends import find_loose_ends
from geo_api.errors import InvalidInput
from geo_api.households.placement import place_households
from geo_api.ingest.coverage import check_shapes
from geo_api.ingest.declaration import Declaration
from geo_api.ingest.displacement import Move, find_displaced
from geo_api.ingest.drafts import read_drafts
from geo_api.ingest.placement import check_place, tell_place
from geo_api.ingest.report import Report
from geo_api.settings import Settings

# What may differ between two editions, as the report and its reader call it.
_CHANGES = ("added", "removed", "renamed", "recoded", "reshaped", "reparented")


def import_boundaries(
    session: Session,
    path: Path,
    declaration: Declaration,
    *,
    commit: bool,
    now: datetime,
    settings: Settings,
) -> Report:
    """Read, check and store a file's areas; without ``commit`` undo it all.

    They take effect at once, or are planned for the day that is declared.

    The dry run does everything, then rolls back to where it began: what it reports is
    what would happen. Raises InvalidInput for a file that cannot be read at all.
    """
    report = Report()
    drafts = read_drafts(session, path, declaration, report)
    for type_ in AreaType:
        count = sum(draft.type is type_ for draft in drafts)
        if count:
            report.counts[type_.value] = count
    check_place(report, drafts)
    check_shapes(report, drafts)
    tell_place(report, drafts)
    if not report.is_acceptable:
        return report
    today = now.astimezone(settings.place.tz).date()
    if declaration.valid_from > today:
        report.add(
            "These boundaries are in force from %(day)s on, not before",
            mend="Until then points are located in the former ones",
            is_fatal=False,
            day=declaration.valid_from.isoformat(),
        )
    with session.begin_nested() as savepoint:
        _store(
            session,
            path,
            declaration,
            drafts,
            report,
            today=today,
            now=now,
            settings=settings,
        )
        report.is_committed = commit and report.is_acceptable
        if not report.is_committed:
            savepoint.rollback()
    return report


def _store(
    session: Session,
    path: Path,
    declaration: Declaration,
    drafts: Sequence[AreaDraft],
    report: Report,
    *,
    today: date,
    now: datetime,
    settings: Settings,
) -> None:
    before = find_edition_before(session, declaration.valid_from)
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
    if before is not None:
        _note_changes(session, report, before, edition)
        report.findings += find_displaced(
            _moves(session, before, edition), is_meant=declaration.is_moved
        )
    try:
        report.counts["households"] = place_households(session, edition_id=edition.id)
    except InvalidInput as error:
        report.add(
            "Households that would lie outside the county: %(count)s",
            mend="Correct the boundaries, or end these households first",
            count=len(error.problems),
        )
        return
    day = declaration.valid_from
    for end in find_loose_ends(session, edition_id=edition.id, day=day):
        report.add(end.msg, mend=end.mend, is_fatal=False, **end.params)
    if day > today:
        plan(session, edition, day=day, now=now)
    else:
        take_effect(
            session, edition, actor=Actor(), now=now, settings=settings, day=day
        )


def _moves(session: Session, before: Edition, edition: Edition) -> list[Move]:
    return [
        Move(
            row.code,
            row.name,
            AreaType(row.type),
            shapely.from_wkb(bytes(row.before)),
            shapely.from_wkb(bytes(row.after)),
        )
        for row in reshaped_between(session, before.id, edition.id)
    ]


def _note_changes(
    session: Session, report: Report, before: Edition, edition: Edition
) -> None:
    changes = diff_editions(session, before.id, edition.id)
    for name in _CHANGES:
        count = sum(bool(getattr(row, f"is_{name}")) for row in changes)
        if count:
            report.counts[name] = count
