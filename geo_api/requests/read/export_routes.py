"""A list of requests to take away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.encoders import jsonable_encoder
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.dependencies import StaffActor
from geo_api.accounts.rules import Actor
from geo_api.errors import InvalidInput
from geo_api.http.budgets import Budget, within
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.language import preferred_language, translations
from geo_api.http.problems import problem_responses
from geo_api.requests import queries
from geo_api.requests.models import ServiceRequest
from geo_api.requests.read import filters as read_filters
from geo_api.requests.read.dependencies import AskedFilters
from geo_api.requests.read.filters import RequestFilters
from geo_api.requests.read.workbook import write_workbook
from geo_api.requests.replies import Shower
from geo_api.requests.schemas import RequestOut
from geo_api.spreadsheets import XLSX

router = APIRouter(tags=["requests"])

_MOST = 20_000
# Shown together: enough to look things up once, few enough to hold.
_AT_ONCE = 500


@router.get(
    "/requests.xlsx",
    dependencies=[within(Budget.FILE)],
    summary="The same list as a workbook",
    response_class=Response,
    responses={
        200: {"content": {XLSX: {}}},
        **problem_responses(400, 401, 403, 404, 422),
    },
)
def get_workbook(
    request: Request,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    filters: AskedFilters,
) -> Response:
    """Masked like the list, newest first, 20,000 lines at most; audited."""
    ids = _ids(session, actor, filters, now)
    content = write_workbook(
        _shown(session, actor, ids, now),
        translate=translations(preferred_language(request)).gettext,
        tz=context.settings.place.tz,
    )
    record_audit(
        session,
        actor,
        action="requests.export",
        subject_kind="request",
        detail={"count": len(ids), "filters": _said(filters)},
        now=now,
    )
    day = now.astimezone(context.settings.place.tz)
    return Response(
        content,
        media_type=XLSX,
        headers={
            "Content-Disposition": f'attachment; filename="requests-{day:%Y%m%d}.xlsx"',
            "Cache-Control": "no-store",
        },
    )


def _ids(
    session: Session, actor: Actor, filters: RequestFilters, now: datetime
) -> list[int]:
    wanted = (
        read_filters.filtered(actor, filters, now=now)
        .with_only_columns(ServiceRequest.id)
        .order_by(ServiceRequest.ordered_at.desc(), ServiceRequest.public_id.desc())
    )
    ids = list(session.scalars(wanted.limit(_MOST + 1)))
    if len(ids) > _MOST:
        raise InvalidInput(
            "This is more than %(limit)s requests",
            loc=("query", "from"),
            mend="Narrow the period or the area",
            limit=_MOST,
        )
    return ids


def _shown(
    session: Session, actor: Actor, ids: list[int], now: datetime
) -> Iterator[RequestOut]:
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        rows = {
            row.id: row
            for row in session.scalars(
                queries.visible_to(actor).where(ServiceRequest.id.in_(part))
            )
        }
        shower = Shower(session, actor, list(rows.values()))
        # One that was taken out of sight meanwhile is not shown.
        yield from (shower.show(rows[i], now=now) for i in part if i in rows)
        session.expunge_all()


def _said(filters: RequestFilters) -> dict[str, Any]:
    """The filters that were set, as the audit keeps them."""
    said = {name: value for name, value in vars(filters).items() if value}
    if filters.is_overdue is not None:
        said["is_overdue"] = filters.is_overdue
    if filters.area is not None:
        said["area"] = filters.area.code
    shown: dict[str, Any] = jsonable_encoder(said)
    return shown
