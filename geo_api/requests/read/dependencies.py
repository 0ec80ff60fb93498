"""What lists of requests may be narrowed to, read alike for a page and for a file."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query

from geo_api.accounts.dependencies import CurrentActor
from geo_api.areas.service import get_area
from geo_api.errors import BadRequest
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.periods import Since, Until, read_moment
from geo_api.requests.callers import listing_caller
from geo_api.requests.read.filters import RequestFilters
from geo_api.requests.rules import Stage

UpdatedAfter = Annotated[
    str | None,
    Query(
        max_length=40,
        description="Changed later than this moment, which is not included. To follow "
        "changes, read all pages; the next time, send the moment at which you began to "
        "read (the `Date` of the first reply), ten minutes less for what was being "
        "written then. A request may come twice, by its id; none is missed.",
    ),
]


def _read_bbox(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
        is_box = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    except ValueError:
        is_box = False
    if not is_box:
        raise BadRequest(
            "This is not a bounding box",
            loc=("query", "bbox"),
            mend="Send west,south,east,north in degrees",
        )
    return west, south, east, north


def read_filters(
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    stage: Annotated[list[Stage] | None, Query(max_length=10)] = None,
    status: Literal["open", "closed"] | None = None,
    service_code: Annotated[list[str] | None, Query(max_length=100)] = None,
    area: Annotated[str | None, Query(max_length=40, description="Area code.")] = None,
    zone: Annotated[str | None, Query(max_length=40, description="Zone code.")] = None,
    handler: UUID | None = None,
    since: Since = None,
    until: Until = None,
    overdue: bool | None = None,
    updated_after: UpdatedAfter = None,
    bbox: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
) -> RequestFilters:
    """The filters of a caller who may see requests at all."""
    listing_caller(actor)
    tz = context.settings.place.tz
    day = now.astimezone(tz).date()
    return RequestFilters(
        stage=tuple(s.value for s in stage or ()),
        status=status,
        service_code=tuple(service_code or ()),
        area=get_area(session, area, day=day, loc=("query", "area")) if area else None,
        zone_code=zone,
        handler_id=handler,
        since=read_moment(since, "from", tz),
        until=read_moment(until, "to", tz),
        is_overdue=overdue,
        updated_after=read_moment(updated_after, "updated_after", tz),
        bbox=_read_bbox(bbox),
        text=q or None,
    )


AskedFilters = Annotated[RequestFilters, Depends(read_filters, scope="function")]
