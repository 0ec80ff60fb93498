"""The invented year: rhythm, hot places, and nothing from the future."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from geo_api.catalogue.seed import SERVICES
from geo_api.demo.texts import TOPICS
from geo_api.demo.year import Site, YearOrder, draw_year
from geo_api.heat.bands import band_of_count
from geo_api.settings import PrivacySettings

TZ = ZoneInfo("Asia/Shanghai")
UNTIL = date(2026, 11, 1)


def _sites() -> list[Site]:
    return [
        Site(f"{village:03d}{i % 5}", f"{village:03d}", village < 18, 103.6, 36.5)
        for village in range(88)
        for i in range(60)
    ]


@cache
def _year() -> list[YearOrder]:
    return draw_year(_sites(), until=UNTIL, tz=TZ)


def test_a_year_holds_about_ten_thousand_orders() -> None:
    assert 9_000 < len(_year()) < 11_000


@pytest.mark.long
def test_the_same_day_gives_the_same_year_and_another_day_another() -> None:
    assert draw_year(_sites(), until=UNTIL, tz=TZ) == _year()
    other = draw_year(_sites(), until=UNTIL + timedelta(days=1), tz=TZ)
    assert other[:50] != _year()[:50]


@pytest.mark.long
def test_nothing_happens_when_the_year_is_over() -> None:
    end = datetime(2026, 11, 1, tzinfo=TZ)
    assert all(order.at < end for order in _year())
    assert all(step.at < end for order in _year() for step in order.steps)
    assert min(order.at for order in _year()).date() == date(2025, 11, 1)


def test_steps_follow_the_order_and_each_other() -> None:
    for order in _year():
        moments = [order.at, *(step.at for step in order.steps)]
        assert moments == sorted(moments)


def test_people_order_by_day_and_heat_is_asked_for_in_winter() -> None:
    hours = Counter(order.at.hour for order in _year())
    assert hours[9] + hours[10] > 20 * (hours[2] + hours[3] + 1)
    heating = Counter(o.at.month for o in _year() if o.service_code == "XQ-NUAN")
    assert heating[1] + heating[12] > 20 * (heating[6] + heating[7] + 1)
    watering = Counter(o.at.month for o in _year() if o.service_code == "XQ-NONGYE")
    assert watering[5] + watering[6] > 3 * (watering[12] + watering[1] + 1)


def test_some_places_are_hot() -> None:
    sites = _sites()
    villages = Counter(sites[order.site].village for order in _year())
    hottest = sum(count for _, count in villages.most_common(9))
    assert hottest > 0.25 * len(_year())


def test_the_last_twelve_months_show_four_villages_of_five() -> None:
    hidden = {seed.code for seed in SERVICES if seed.is_confidential}
    sites = _sites()
    # As the public's year is reckoned: from months that reach the floor themselves.
    counts = Counter(
        (sites[order.site].village, order.at.month)
        for order in _year()
        if order.service_code not in hidden
    )
    floor = PrivacySettings().public_min_requests
    shown = {
        village
        for (village, _), count in counts.items()
        if band_of_count(count, floor) is not None
    }
    assert len(shown) >= 0.8 * len({site.village for site in sites})


def test_some_things_go_wrong() -> None:
    verbs = Counter(step.verb for order in _year() for step in order.steps)
    for verb in ("decline", "transfer", "withdraw", "reopen", "progress"):
        assert verbs[verb] > 20, verb
    assert any(not order.steps for order in _year()[:5_000])


def test_every_service_of_the_catalogue_is_ordered() -> None:
    assert set(TOPICS) == {seed.code for seed in SERVICES}
    assert {order.service_code for order in _year()} == set(TOPICS)
