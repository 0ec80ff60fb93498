"""What the public may ask of the heat, and what it is answered: published bands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.catalogue.queries import list_services
from geo_api.errors import InvalidInput, Problem
from geo_api.heat import queries
from geo_api.heat.periods import Kind, Period, periods_of_all, periods_of_groups
from geo_api.heat.publication import ALL
from geo_api.heat.queries import VillageBand
from geo_api.heat.rules import band_of, shares_of
from geo_api.ogc.layers import TileQuestion

# So many periods are named in a sentence; the reply's `periods` has all of them.
_NAMED = 20


@dataclass(frozen=True)
class Shelf:
    """What is out: publications by kind and first day, and the groups told of."""

    published_at: Mapping[tuple[str, Any], datetime]
    groups: Sequence[str]

    def periods(self, group: str) -> list[Period]:
        """What may be asked of a group, or of all services; the longest first."""
        kind = _part_of(group)
        days = [day for found, day in self.published_at if found == kind]
        return periods_of_groups(days) if group else periods_of_all(days)


@dataclass(frozen=True)
class Asked:
    """A published period of all services or of one group; None: nothing is out yet."""

    period: Period | None
    group: str


def _part_of(group: str) -> str:
    """The kind of publication that figures of a group, or of all, are made of."""
    return Kind.QUARTER.value if group else Kind.MONTH.value


def read_shelf(session: Session) -> Shelf:
    """Everything that is out."""
    return Shelf(
        published_at={
            (p.kind, p.first_day): p.published_at for p in queries.publications(session)
        },
        groups=queries.published_groups(session),
    )


def read_asked(session: Session, shelf: Shelf, question: TileQuestion) -> Asked:
    """What the filters ask for; InvalidInput names what may be asked instead."""
    filters, tz = question.filters, question.settings.place.tz
    if filters.stages:
        raise _refused(
            "Published figures do not tell stages",
            "Leave `stage` out",
            name="stage",
            shelf=shelf,
        )
    group = _group_of(session, shelf, question)
    periods = shelf.periods(group)
    if filters.since is None and filters.until is None:
        return Asked(periods[0] if periods else None, group)
    for period in periods:
        if period.moments(tz) == (filters.since, filters.until):
            return Asked(period, group)
    if not periods:
        raise _refused(
            "Nothing has been published yet",
            "Ask again tomorrow",
            name="from",
            shelf=shelf,
        )
    raise _refused(
        "Only published periods are told",
        "Choose as `from` and `to` one of %(periods)s; without both it is the first",
        name="from",
        shelf=shelf,
        group=group,
        periods=", ".join(f"{p.since}/{p.until}" for p in periods[:_NAMED]),
    )


def _group_of(session: Session, shelf: Shelf, question: TileQuestion) -> str:
    """The group that is named, or whose services are all named and no others."""
    filters = question.filters
    if not filters.group and not filters.service_codes:
        return ALL
    codes_of = defaultdict(set)
    for service, _ in list_services(session, question.now):
        codes_of[service.group_name].add(service.code)
    for group in shelf.groups:
        is_named = filters.group in (None, group)
        if is_named and set(filters.service_codes) in (set(), codes_of[group]):
            return group
    raise _refused(
        "Figures are published of all services together or of one group of them",
        "Choose as `group` one of %(groups)s",
        name="group" if filters.group else "service_code",
        shelf=shelf,
        groups=", ".join(shelf.groups) or "-",
    )


def _refused(
    msg: str, mend: str, *, name: str, shelf: Shelf, group: str = ALL, **params: str
) -> InvalidInput:
    return InvalidInput(
        msg,
        problems=[Problem(("query", name), msg, mend, params)],
        facts={
            "periods": [_told(period) for period in shelf.periods(group)],
            "groups": list(shelf.groups),
        },
        **params,
    )


def _told(period: Period) -> dict[str, str]:
    return {
        "kind": period.kind.value,
        "from": period.since.isoformat(),
        "to": period.until.isoformat(),
    }


def describe(shelf: Shelf, asked: Asked, tz: ZoneInfo) -> dict[str, Any]:
    """What TileJSON says of the figures beside the standard's members."""
    shown = None
    if asked.period is not None:
        parts = asked.period.quarters if asked.group else asked.period.months
        at = shelf.published_at[_part_of(asked.group), parts[-1]].astimezone(tz)
        shown = {**_told(asked.period), "published_at": at.isoformat()}
    return {
        "period": shown,
        "group": asked.group or None,
        "periods": [_told(period) for period in shelf.periods(asked.group)],
        "groups": list(shelf.groups),
    }


def read_bands(session: Session, actor: Actor, asked: Asked) -> list[VillageBand]:
    """Villages by code with their band; a portal's own ones alone.

    The scale is the county's, whoever asks: a village has one colour.
    """
    if asked.period is None:
        return []
    is_portal = actor.kind is CallerKind.PORTAL
    rates = queries.published_rates(
        session,
        kind=_part_of(asked.group),
        first_days=asked.period.quarters if asked.group else asked.period.months,
        group=asked.group,
        area_ids=sorted(actor.area_ids) if is_portal else None,
    )
    shares = shares_of([rate.rate for rate in rates])
    return [
        VillageBand(rate.shape_id, rate.code, rate.name, band_of(share))
        for rate, share in zip(rates, shares, strict=True)
        if rate.is_asked_for
    ]
