"""What is asked of areas: as of which day, and which one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from geo_api.areas import service
from geo_api.areas.models import Edition
from geo_api.areas.queries import AreaView
from geo_api.areas.rules import CodeSystem
from geo_api.errors import NotFound, Unavailable
from geo_api.http.context import CurrentContext, CurrentSession, Now

At = Annotated[date | None, Query(description="As of this day; default today.")]
Code = Annotated[str | None, Query(max_length=40)]


@dataclass(frozen=True)
class AsOf:
    """A day and the edition that was in force on it."""

    asked: date | None
    day: date
    edition: Edition


def read_as_of(
    session: CurrentSession, context: CurrentContext, now: Now, at: At = None
) -> AsOf:
    """The day asked about; one before the first edition is the caller's mistake."""
    day = at or now.astimezone(context.settings.place.tz).date()
    try:
        return AsOf(at, day, service.current_edition(session, day=day))
    except Unavailable as error:
        if at is None:
            raise
        raise NotFound(
            "No boundaries were in force on %(day)s",
            loc=("query", "at"),
            mend="Ask for a later day; GET /api/editions names the first one",
            day=day.isoformat(),
        ) from error


AskedDay = Annotated[AsOf, Depends(read_as_of, scope="function")]


def read_area(
    code: str,
    session: CurrentSession,
    as_of: AskedDay,
    system: CodeSystem | None = None,
) -> AreaView:
    """The area of the path, by any of its codes."""
    name = system.value if system else None
    return service.get_area(session, code, day=as_of.day, system=name)


AskedArea = Annotated[AreaView, Depends(read_area, scope="function")]
