"""The few periods that the public may ask for. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo


class Kind(StrEnum):
    """How long a period is."""

    TWELVE_MONTHS = "twelve_months"
    QUARTER = "quarter"
    MONTH = "month"


_LENGTH = {Kind.TWELVE_MONTHS: 12, Kind.QUARTER: 3, Kind.MONTH: 1}


@dataclass(frozen=True)
class Period:
    """Whole months: ``since ≤ day < until``."""

    kind: Kind
    since: date

    @property
    def until(self) -> date:
        """The first day after it."""
        return months_on(self.since, _LENGTH[self.kind])

    @property
    def months(self) -> tuple[date, ...]:
        """The first days of its months."""
        return tuple(months_on(self.since, i) for i in range(_LENGTH[self.kind]))

    @property
    def quarters(self) -> tuple[date, ...]:
        """The first days of the calendar's quarters that begin in it."""
        return tuple(month for month in self.months if _begins_quarter(month))

    def moments(self, tz: ZoneInfo) -> tuple[datetime, datetime]:
        """Its beginning and end in the county's zone."""
        midnight = time(tzinfo=tz)
        return (
            datetime.combine(self.since, midnight),
            datetime.combine(self.until, midnight),
        )


def months_on(day: date, count: int) -> date:
    """The first of the month that lies ``count`` months after the one of ``day``."""
    index = day.year * 12 + day.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def _begins_quarter(month: date) -> bool:
    return month.month % 3 == 1


def periods_to_publish(today: date) -> list[Period]:
    """Ended months and quarters that the last four quarters and twelve months need."""
    this_month = today.replace(day=1)
    # The oldest of the last four quarters that have ended.
    first = months_on(this_month, -12 - (this_month.month - 1) % 3)
    months = []
    while first < this_month:
        months.append(first)
        first = months_on(first, 1)
    quarters = [
        Period(Kind.QUARTER, month)
        for month in months
        if _begins_quarter(month) and months_on(month, 3) <= this_month
    ]
    return [*(Period(Kind.MONTH, month) for month in months), *quarters]


def periods_of_all(months: Collection[date]) -> list[Period]:
    """What may be asked of all services, by the published months; the longest first."""
    newest_first = sorted(months, reverse=True)
    found = []
    if newest_first:
        year = Period(Kind.TWELVE_MONTHS, months_on(newest_first[0], -11))
        found = [year] if set(year.months) <= set(months) else []
    quarters = [Period(Kind.QUARTER, m) for m in newest_first if _begins_quarter(m)]
    found += [quarter for quarter in quarters if set(quarter.months) <= set(months)]
    return [*found, *(Period(Kind.MONTH, month) for month in newest_first)]


def periods_of_groups(quarters: Collection[date]) -> list[Period]:
    """What may be asked of one group, by the published quarters; the longest first.

    Its twelve months are the last four quarters.
    """
    newest_first = sorted(quarters, reverse=True)
    found = []
    if newest_first:
        year = Period(Kind.TWELVE_MONTHS, months_on(newest_first[0], -9))
        found = [year] if set(year.quarters) <= set(quarters) else []
    return [*found, *(Period(Kind.QUARTER, first) for first in newest_first)]
