"""Days and moments as people, hotlines and spreadsheets write them. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

_DAY = r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))"
_TIME = (
    r"(\d{1,2})[:：时点](\d{1,2})分?(?:[:：]?(\d{1,2})(?:[.,]\d+)?秒?)?"
    r"|(\d{2})(\d{2})(\d{2})?"
)
_ZONE = r"Z|[+-]\d{2}:?\d{2}"
_MOMENT = re.compile(rf"{_DAY}(?:[T ]*(?:{_TIME})\s*({_ZONE})?)?", re.ASCII)


def read_moment(text: str, tz: ZoneInfo) -> datetime | None:
    """A moment; without a zone the county's, without a time midnight."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    year, *rest = found.groups()
    month, day, month_close, day_close = rest[:4]
    hour, minute, second, hour_close, minute_close, second_close, zone = rest[4:]
    try:
        moment = datetime(
            int(year),
            int(month or month_close),
            int(day or day_close),
            int(hour or hour_close or 0),
            int(minute or minute_close or 0),
            int(second or second_close or 0),
            tzinfo=tz,
        )
        if zone:
            moment = moment.replace(tzinfo=datetime.strptime(zone, "%z").tzinfo)
    except ValueError:
        return None
    return moment


def read_day(text: str, tz: ZoneInfo) -> date | None:
    """A day; a time of day beside it is left out."""
    moment = read_moment(text, tz)
    return moment.date() if moment else None
