"""Days and moments in a query: `from ≤ t < to`, in the county's time zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from geo_api.errors import BadRequest

Since = Annotated[
    str | None, Query(alias="from", max_length=40, description="First day or moment.")
]
Until = Annotated[
    str | None,
    Query(alias="to", max_length=40, description="Day or moment after the last."),
]

# Beyond them neither zones nor months can be reckoned with.
_YEARS = range(1000, 9000)


def whole_days(
    since: datetime | None, until: datetime | None, tz: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """A period drawn out to whole days of the county.

    What is counted is counted by days: between two moments a second apart lies one
    order, and every figure would be about that one.
    """
    midnight = time(tzinfo=tz)
    if since is not None:
        since = datetime.combine(since.astimezone(tz).date(), midnight)
    if until is not None:
        local = until.astimezone(tz)
        begun = datetime.combine(local.date(), midnight)
        until = begun if begun == local else begun + timedelta(days=1)
    return since, until


def read_moment(text: str | None, name: str, tz: ZoneInfo) -> datetime | None:
    """A day's beginning or a moment; BadRequest says how to write it."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-01-01"):
            day = date.fromisoformat(text)
            moment = datetime.combine(day, time(tzinfo=tz))
        else:
            # A bare plus sign of a zone arrives as a space.
            moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise BadRequest(
            "%(value)s is not a date or a time",
            loc=("query", name),
            mend="Write YYYY-MM-DD, or RFC 3339 with a zone",
            value=text[:40],
        ) from error
    if moment.year not in _YEARS:
        raise BadRequest(
            "%(value)s lies too far from our time",
            loc=("query", name),
            mend="Choose a year from %(first)s to %(last)s",
            value=text[:40],
            first=_YEARS[0],
            last=_YEARS[-1],
        )
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=tz)
