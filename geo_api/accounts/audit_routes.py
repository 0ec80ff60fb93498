"""The audit, read by auditors only; nobody has a route to alter it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from geo_api.accounts import audit, queries
from geo_api.accounts.dependencies import StaffActor, require
from geo_api.accounts.models import Account, AuditEntry
from geo_api.accounts.rules import Action, CallerKind, Role, can_administer, mask_name
from geo_api.accounts.schemas import AuditAccount, AuditOut, Word
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.periods import read_moment
from geo_api.http.problems import problem_responses

router = APIRouter(tags=["audit"])

Moment = Annotated[
    str | None, Query(max_length=40, description="A date or RFC 3339; from ≤ t < to.")
]


@router.get(
    "/audit",
    summary="Who did or read what, newest first (auditor)",
    responses=problem_responses(400, 401, 403, 422),
)
def get_audit(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    since: Annotated[Moment, Query(alias="from")] = None,
    until: Annotated[Moment, Query(alias="to")] = None,
    account: Annotated[
        Word | None, Query(description="User name or id of the one who acted.")
    ] = None,
    action: Annotated[Word | None, Query(examples=["sign_in.fail"])] = None,
    subject_kind: Annotated[Word | None, Query(examples=["household"])] = None,
    subject_id: UUID | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AuditOut]:
    """Reading the audit is itself a row of it, written after the page is read."""
    require(can_administer(actor, Action.READ_AUDIT))
    tz = context.settings.place.tz
    filters = queries.AuditFilters(
        since=read_moment(since, "from", tz),
        until=read_moment(until, "to", tz),
        account=account,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
    )
    given = {name: value for name, value in asdict(filters).items() if value}
    position = read_cursor(cursor, given, (datetime, int))
    rows = queries.audit_page(
        session,
        filters,
        before=(position[0], position[1]) if position else None,
        limit=limit + 1,
    )
    page = rows[:limit]
    audit.record_audit(
        session,
        actor,
        action="audit.read",
        subject_kind="audit",
        subject_id=subject_id,
        fields=sorted(given),
        detail={"rows": len(page)},
        now=now,
    )
    names = queries.names_of_subjects(session, [entry for entry, _who in page])
    last = page[-1][0] if len(rows) > limit else None
    return Page(
        items=[_shown(entry, who, names) for entry, who in page],
        next=make_cursor([last.at, last.id], given) if last else None,
    )


def _shown(
    entry: AuditEntry, who: Account | None, names: Mapping[UUID, str]
) -> AuditOut:
    return AuditOut(
        at=entry.at,
        caller_kind=CallerKind(entry.caller_kind),
        account=None
        if who is None
        else AuditAccount(
            id=who.public_id,
            username=who.username,
            name=mask_name(who.name),
            role=Role(who.role),
        ),
        action=entry.action,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        subject_name=names.get(entry.subject_id) if entry.subject_id else None,
        fields=entry.fields,
        detail=entry.detail,
    )
