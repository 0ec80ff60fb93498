"""The catalogue as this process has read it, while nothing of it has changed since.

Rows of rules are only ever added; days of the calendar may be corrected, of which
PostgreSQL's own marks tell. Both are compared by the statement that holds the number of
the geography, which whoever decides sends anyway.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    Date,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from geo_api.areas.geography import read_with_number
from geo_api.catalogue.models import CalendarDay, CatalogueRule
from geo_api.catalogue.service import DAYS_AHEAD, Catalogue, read_catalogue
from geo_api.db.session import SessionFactory, factory_of

_WRITER = cast(cast(literal_column("calendar_day.xmin"), Text), BigInteger)
_DAYS = CalendarDay.day.between(
    bindparam("first", type_=Date), bindparam("last", type_=Date)
)
_STAMP = func.array_cat(
    select(array([func.count(), func.coalesce(func.sum(_WRITER), 0)]))
    .where(_DAYS)
    .scalar_subquery(),
    select(array([func.count(), func.max(CatalogueRule.version_id)])).scalar_subquery(),
)

_LOCK = threading.Lock()
_KEPT: WeakKeyDictionary[SessionFactory, tuple[Any, Catalogue]] = WeakKeyDictionary()


def catalogue_of(
    session: Session, *, since: datetime, until: datetime, tz: ZoneInfo
) -> Catalogue:
    """What holds from ``since`` on, for who decides; read again when it has changed."""
    factory = factory_of(session)
    if factory is None or not factory.is_lasting:
        return read_catalogue(session, since=since, until=until, tz=tz)
    begin = since.astimezone(tz).replace(hour=0, minute=0, second=0, microsecond=0)
    first, end = begin.date(), until.astimezone(tz).date() + DAYS_AHEAD
    stamp = read_with_number(session, _STAMP, {"first": first, "last": end})
    mark = first, end, tuple(stamp)
    with _LOCK:
        known = _KEPT.get(factory)
    if known is not None and known[0] == mark:
        return known[1]
    # What changes between the stamp and this is read under a stamp that no longer is.
    found = read_catalogue(session, since=begin, until=until, tz=tz)
    with _LOCK:
        _KEPT[factory] = mark, found
    return found
