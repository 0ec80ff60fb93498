"""A year of orders: how many on which day, what, where, and how each one went. Pure.

Rhythm comes from the calendar (seasons, weekdays, hours, the Spring Festival), hot
places from villages that order more than others and from episodes: for some days one
village has no water, no heat, or a flood ditch in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_api.demo.course import Step, steps_of
from geo_api.demo.texts import TOPICS

DAYS = 365
ORDERS = 10_000
EPISODES = 26

# Orders by hour of the day, by weekday, by month.
_HOURS = (
    *(1, 1, 0, 0, 0, 1, 4, 14, 38, 62, 66, 50),
    *(28, 22, 40, 58, 60, 48, 34, 38, 40, 28, 12, 4),
)
_WEEKDAYS = (1.18, 1.10, 1.05, 1.02, 1.04, 0.82, 0.79)
_MONTHS = (1.05, 0.80, 0.92, 0.95, 1.02, 1.08, 1.18, 1.12, 0.95, 0.92, 1.05, 1.06)
# Channel, share, and whether a clerk enters it.
_CHANNELS = (
    ("wechat", 0.46, False),
    ("web", 0.08, False),
    ("phone", 0.20, True),
    ("visit", 0.12, True),
    ("hotline_12345", 0.10, True),
    ("inspection", 0.04, True),
)
# What an episode is about, and the months in which it may begin.
_TROUBLES = (
    ("XQ-SHUI", (5, 6, 7, 8, 12, 1)),
    ("XQ-NUAN", (11, 12, 1, 2)),
    ("AQ-YINHUAN", (7, 8)),
    ("XQ-NONGYE", (4, 5, 6)),
    ("XQ-LAJI", (6, 7, 8, 2)),
    ("XQ-DIAN", (6, 7, 1)),
)


@dataclass(frozen=True)
class Site:
    """Where an order may come from: a home in a group in a village."""

    group: str
    village: str
    is_urban: bool
    lon: float
    lat: float


@dataclass(frozen=True)
class YearOrder:
    """One order and the steps that follow it."""

    at: datetime
    service_code: str
    description: str
    # Index of the site.
    site: int
    channel: str
    is_by_clerk: bool
    # Where it happened: at the very home, near it, or only in its village.
    has_home: bool
    has_point: bool
    lon: float
    lat: float
    crs: str
    has_contact: bool
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class _Episode:
    service_code: str
    village: str
    first_day: date
    days: int
    orders_a_day: float


@dataclass
class _Village:
    """The sites of a village with its share of all orders."""

    weight: float
    sites: list[int] = field(default_factory=list)
    urban: int = 0


def draw_year(
    sites: Sequence[Site],
    *,
    until: date,
    tz: ZoneInfo,
    orders: int = ORDERS,
    seed: int = 12_345,
) -> list[YearOrder]:
    """About ``orders`` orders of the ``DAYS`` days before ``until``, by time.

    Nothing happens at or after the midnight with which ``until`` begins. The same sites
    and day give the same year.
    """
    draw = np.random.default_rng([seed, until.toordinal()])
    end = datetime.combine(until, time(), tz)
    villages = _villages(sites, draw)
    first = until - timedelta(days=DAYS)
    episodes = _episodes(villages, first, draw)
    usual = orders * 0.9 / DAYS
    found: list[YearOrder] = []
    for i in range(DAYS):
        day = first + timedelta(days=i)
        expected = usual * _MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()]
        for _ in range(int(draw.poisson(expected * _holiday(day)))):
            village = _pick(villages, draw)
            service = _service(day.month, villages[village], draw)
            found.append(_order(sites, villages[village], service, day, end, tz, draw))
        for episode in episodes:
            age = (day - episode.first_day).days
            if 0 <= age < episode.days:
                count = int(draw.poisson(episode.orders_a_day / (1 + age)))
                home = villages[episode.village]
                found += [
                    _order(sites, home, episode.service_code, day, end, tz, draw)
                    for _ in range(count)
                ]
    return sorted(found, key=lambda order: order.at)


def _villages(sites: Sequence[Site], draw: np.random.Generator) -> dict[str, _Village]:
    found: dict[str, _Village] = {}
    for i, site in enumerate(sites):
        if site.village not in found:
            found[site.village] = _Village(float(draw.lognormal(0, 0.7)))
        found[site.village].sites.append(i)
        found[site.village].urban += site.is_urban
    return found


def _pick(villages: dict[str, _Village], draw: np.random.Generator) -> str:
    codes = list(villages)
    weight = np.array([v.weight * len(v.sites) for v in villages.values()])
    return codes[int(np.searchsorted(weight.cumsum(), draw.random() * weight.sum()))]


def _holiday(day: date) -> float:
    """Late January to mid February fewer orders come in: everybody is home."""
    is_festival = (1, 26) <= (day.month, day.day) <= (2, 14)
    is_october = day.month == 10 and day.day <= 7
    return 0.55 if is_festival or is_october else 1.0


def _service(month: int, village: _Village, draw: np.random.Generator) -> str:
    codes = list(TOPICS)
    is_urban = 2 * village.urban > len(village.sites)
    share = np.array(
        [t.months[month - 1] * (t.urban if is_urban else 1.0) for t in TOPICS.values()]
    )
    return codes[int(np.searchsorted(share.cumsum(), draw.random() * share.sum()))]


def _episodes(
    villages: dict[str, _Village], first: date, draw: np.random.Generator
) -> list[_Episode]:
    """Troubles of single villages, about a tenth of all orders."""
    size = sum(len(v.sites) for v in villages.values()) / len(villages)
    found = []
    for i in range(EPISODES):
        service, months = _TROUBLES[i % len(_TROUBLES)]
        day = first + timedelta(days=int(draw.integers(DAYS - 20)))
        while day.month not in months:
            day = first + timedelta(days=int(draw.integers(DAYS - 20)))
        fitting = [
            code
            for code, v in villages.items()
            if (service == "XQ-NUAN") <= (v.urban > 0)
            and (service == "XQ-NONGYE") <= (v.urban == 0)
        ]
        village = str(draw.choice(fitting or list(villages)))
        loud = min(1.0, size / 100)
        days = int(draw.integers(4, 12))
        found.append(
            _Episode(service, village, day, days, float(draw.uniform(10, 26)) * loud)
        )
    return found


def _order(
    sites: Sequence[Site],
    village: _Village,
    service: str,
    day: date,
    end: datetime,
    tz: ZoneInfo,
    draw: np.random.Generator,
) -> YearOrder:
    hours = np.array(_HOURS, float)
    hour = int(np.searchsorted(hours.cumsum(), draw.random() * hours.sum()))
    seconds = int(draw.integers(3600))
    at = datetime.combine(day, time(hour), tz) + timedelta(seconds=seconds)
    site = village.sites[int(draw.integers(len(village.sites)))]
    channel, is_by_clerk = _channel(draw)
    luck = draw.random()
    topic = TOPICS[service]
    lon, lat = _near(sites[site], draw)
    return YearOrder(
        at=at,
        service_code=service,
        description=topic.words[int(draw.integers(len(topic.words)))],
        site=site,
        channel=channel,
        is_by_clerk=is_by_clerk,
        has_home=is_by_clerk and luck < 0.8,
        has_point=not is_by_clerk,
        lon=lon,
        lat=lat,
        crs={"wechat": "gcj02", "web": "wgs84"}.get(channel, "cgcs2000"),
        has_contact=service != "JB-JUBAO" and draw.random() < 0.85,
        steps=steps_of(service, at, end, draw, is_urgent=service == "AQ-YINHUAN"),
    )


def _channel(draw: np.random.Generator) -> tuple[str, bool]:
    luck = float(draw.random())
    for name, share, is_by_clerk in _CHANNELS:
        if luck < share:
            return name, is_by_clerk
        luck -= share
    return "wechat", False


def _near(site: Site, draw: np.random.Generator) -> tuple[float, float]:
    """Some metres from the door: a telephone knows no better."""
    away: NDArray[np.float64] = draw.normal(0, 0.00008, 2)
    return round(site.lon + float(away[0]), 7), round(site.lat + float(away[1]), 7)
