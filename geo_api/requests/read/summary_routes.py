"""What the requests in scope add up to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from geo_api.accounts.dependencies import StaffActor
from geo_api.accounts.rules import Actor
from geo_api.areas.queries import AreaView, areas_by_id, children_of
from geo_api.areas.rules import AreaType
from geo_api.areas.schemas import AreaRef
from geo_api.areas.service import current_edition, get_area, get_county, no_such_area
from geo_api.catalogue.queries import service_names
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.periods import Since, Until, read_moment, whole_days
from geo_api.http.problems import problem_responses
from geo_api.requests.callers import known_caller
from geo_api.requests.read import summary
from geo_api.requests.read.schemas import SummaryOut, SummaryRow, TotalsOut
from geo_api.requests.read.summary import SummaryBy, Totals

router = APIRouter(tags=["requests"])


def _totals(totals: Totals) -> TotalsOut:
    return TotalsOut(
        **asdict(totals),
        on_time_rate=totals.on_time_rate,
        satisfaction=totals.satisfaction,
    )


@router.get(
    "/summary",
    summary="Counts, on-time rate and satisfaction in scope",
    responses=problem_responses(400, 401, 403, 404),
)
def get_summary(
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    area: Annotated[str | None, Query(max_length=40, description="Area code.")] = None,
    since: Since = None,
    until: Until = None,
    service_code: Annotated[list[str] | None, Query(max_length=100)] = None,
    by: SummaryBy | None = None,
) -> SummaryOut:
    """Rows are ordered by code or day. `by=area` gives the areas inside `area`.

    A week is named by its Monday; the period's first and last may be parts of one.
    A moment in `from` or `to` counts for its whole day, and the reply says so.
    """
    known_caller(actor)
    settings = context.settings.place
    day = now.astimezone(settings.tz).date()
    first, last = whole_days(
        read_moment(since, "from", settings.tz),
        read_moment(until, "to", settings.tz),
        settings.tz,
    )
    edition_id = current_edition(session, day=day).id
    found = _asked_area(session, actor, area, edition_id=edition_id, day=day)
    children = (
        children_of(session, found.id, edition_id=edition_id)
        if by is SummaryBy.AREA
        else []
    )
    counted = {
        key_by: summary.count_requests(
            session,
            actor,
            by=key_by,
            area=found,
            child_type=AreaType(children[0].type) if children else None,
            since=first,
            until=last,
            service_codes=tuple(service_code or ()),
            now=now,
            timezone=settings.timezone,
        )
        for key_by in {None, by}
    }
    rows: list[SummaryRow] = []
    if by is not None:
        names = _names(session, by, children)
        keyed = {_key(by, k, children): v for k, v in counted[by].items()}
        keys = sorted(set(names) | {key for key in keyed if key})
        rows = [
            SummaryRow(
                key=key,
                name=names.get(key, key),
                **_totals(keyed.get(key, Totals())).model_dump(),
            )
            for key in keys
        ]
    return SummaryOut(
        area=AreaRef(code=found.code, name=found.name, type=str(found.type)),
        since=first,
        until=last,
        totals=_totals(counted[None].get(None, Totals())),
        by=by.value if by else None,
        rows=rows,
    )


def _asked_area(
    session: CurrentSession,
    actor: Actor,
    code: str | None,
    *,
    edition_id: int,
    day: date,
) -> AreaView:
    if code is not None:
        found = get_area(session, code, day=day, loc=("query", "area"))
        if not summary.may_ask_of(session, actor, found, edition_id=edition_id):
            raise no_such_area(code, ("query", "area"))
        return found
    if len(actor.area_ids) == 1:
        own = areas_by_id(session, actor.area_ids, edition_id=edition_id)
        if own:
            return next(iter(own.values()))
    return get_county(session, edition_id=edition_id)


def _names(
    session: CurrentSession, by: SummaryBy, children: list[AreaView]
) -> dict[str, str]:
    if by is SummaryBy.AREA:
        return {child.code: child.name for child in children}
    if by is SummaryBy.SERVICE:
        return service_names(session)
    return {}


def _key(by: SummaryBy, key: object, children: list[AreaView]) -> str:
    if by is SummaryBy.AREA:
        codes = {child.id: child.code for child in children}
        return codes.get(key, "") if isinstance(key, int) else ""
    return str(key)
