"""Publishes what has ended: once, after its end, and never again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.areas.service import current_edition
from geo_api.catalogue.queries import list_open_groups
from geo_api.errors import Unavailable
from geo_api.heat import queries
from geo_api.heat.bands import Band, band_of_count, coarse_households, told_groups
from geo_api.heat.models import Publication, PublishedRate
from geo_api.heat.periods import Kind, Period, months_on, periods_to_publish
from geo_api.settings import Settings

# Of a month all services are told together, under no group's name.
ALL = ""


@dataclass(frozen=True)
class _Ended:
    """What the county's rows say of the months to be published."""

    floor: int
    # By village, of those with enough of them.
    households: Mapping[int, int]
    groups: tuple[str, ...]
    # By village, month and group.
    counts: Mapping[tuple[int, date, str], int]

    def count(self, village: int, period: Period, group: str) -> int:
        return sum(self.counts.get((village, m, group), 0) for m in period.months)


def unpublished(session: Session, *, today: date) -> list[Period]:
    """Periods that have ended and are not out yet, in the order of publication."""
    out = {(p.kind, p.first_day) for p in session.scalars(select(Publication))}
    return [p for p in periods_to_publish(today) if (p.kind, p.since) not in out]


def publish_ended(session: Session, settings: Settings, *, now: datetime) -> int:
    """Publish every period that has ended; how many there were."""
    today = now.astimezone(settings.place.tz).date()
    wanted = unpublished(session, today=today)
    try:
        edition_id = current_edition(session, day=today).id
    except Unavailable:
        # Without boundaries there is no village to publish for.
        return 0
    if not wanted:
        return 0
    ended = _read(session, wanted, settings, edition_id=edition_id, now=now)
    return sum(
        _publish(session, period, ended, edition_id=edition_id, now=now)
        for period in wanted
    )


def _read(
    session: Session,
    wanted: list[Period],
    settings: Settings,
    *,
    edition_id: int,
    now: datetime,
) -> _Ended:
    tz = settings.place.tz
    first = min(period.since for period in wanted)
    last = max(period.until for period in wanted)
    since, until = Period(Kind.MONTH, first), Period(Kind.MONTH, months_on(last, -1))
    return _Ended(
        floor=settings.privacy.public_min_requests,
        households=queries.households_by_village(
            session,
            edition_id=edition_id,
            at_least=settings.privacy.public_min_households,
        ),
        groups=tuple(list_open_groups(session, now)),
        counts=queries.requests_by_month(
            session, since=since.moments(tz)[0], until=until.moments(tz)[1], tz=tz
        ),
    )


def _publish(
    session: Session, period: Period, ended: _Ended, *, edition_id: int, now: datetime
) -> bool:
    """Whether this period was published here, and not by somebody else meanwhile."""
    publication_id = session.scalar(
        upsert(Publication)
        .values(
            kind=period.kind.value,
            first_day=period.since,
            edition_id=edition_id,
            floor=ended.floor,
            published_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Publication.id)
    )
    if publication_id is None:
        return False
    told = _months if period.kind is Kind.MONTH else _quarters
    rows = [
        {
            "publication_id": publication_id,
            "area_id": village,
            "group_name": group,
            "at_least": band.at_least if band is not None else None,
            "below": band.below if band is not None else None,
            "households": coarse_households(ended.households[village]),
        }
        for village, group, band in told(session, period, ended)
    ]
    if rows:
        session.execute(insert(PublishedRate), rows)
    return True


Told = Iterator[tuple[int, str, Band | None]]


def _months(_session: Session, period: Period, ended: _Ended) -> Told:
    for village in ended.households:
        count = sum(ended.count(village, period, group) for group in ended.groups)
        yield village, ALL, band_of_count(count, ended.floor)


def _quarters(session: Session, period: Period, ended: _Ended) -> Told:
    """Groups beside the months as they were published, whatever they hold by now."""
    months: dict[int, list[Band | None]] = defaultdict(list)
    for row in queries.published_months(session, period.months):
        if row.at_least is None or row.below is None:
            months[row.area_id].append(None)
        else:
            months[row.area_id].append(Band(row.at_least, row.below))
    for village in ended.households:
        if len(months[village]) < len(period.months):
            continue
        counts = {group: ended.count(village, period, group) for group in ended.groups}
        told = told_groups(counts, months[village], ended.floor)
        for group in ended.groups:
            yield village, group, told.get(group)
