"""The figures: counted in scope, by code or day, never ranked."""

from __future__ import annotations

from datetime import timedelta

import make
import make_requests
import pytest
from make_requests import act, link_of, path_of
from sqlalchemy import text

EMPTY = {
    "ordered": 0, "open": 0, "overdue": 0, "closed": 0, "closed_on_time": 0,
    "on_time_rate": None, "rated": 0, "satisfied": 0, "satisfaction": None,
}  # fmt: skip


def _summary(client, headers: dict, **query) -> dict:
    reply = client.get("/api/summary", params=query, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.json()


def _rows(summary: dict) -> dict[str, int]:
    return {row["key"]: row["ordered"] for row in summary["rows"]}


def test_the_rates_are_what_they_say(client, world, sign_in, clock) -> None:
    """Of five: on time, late, withdrawn, overdue and open, open in time."""
    start = clock.now
    paths, links = [], []
    for service in ("AQ-YINHUAN",) * 4 + ("MD-TUDI",):
        ordered = make_requests.order(client, world, service_code=service)
        paths.append(path_of(client, ordered))
        links.append(link_of(ordered))
    note = {"note": "好了"}
    act(client, paths[0], "accept", sign_in("village"))
    act(client, paths[0], "complete", sign_in("village"), note)
    act(client, paths[0], "rate", links[0], {"score": "basically_satisfied"})
    act(client, paths[2], "withdraw", links[2])
    clock.now = start + timedelta(hours=25)
    act(client, paths[1], "accept", sign_in("village"))
    act(client, paths[1], "complete", sign_in("village"), note)
    act(client, paths[1], "rate", links[1], {"score": "unsatisfied"})
    assert _summary(client, sign_in("county"))["totals"] == {
        "ordered": 5, "open": 2, "overdue": 1, "closed": 2, "closed_on_time": 1,
        "on_time_rate": pytest.approx(1 / 3), "rated": 2, "satisfied": 1,
        "satisfaction": 0.5,
    }  # fmt: skip


def test_nothing_ordered_has_no_rate(client, world, sign_in) -> None:
    assert _summary(client, sign_in("county"))["totals"] == EMPTY


@pytest.fixture
def spread(client, world, clock) -> None:
    """Two in 东南村 and one in 西北村, over midnight of the county."""
    clock.now = clock.now.replace(hour=23, minute=30)
    make_requests.order(client, world)
    make_requests.order(client, world, service_code="XQ-LU")
    clock.now += timedelta(minutes=30)
    lon, lat = world.point("620171102202001")
    place = {"lon": lon, "lat": lat, "crs": "wgs84"}
    make_requests.order(client, world, location=place)


def test_days_begin_at_the_countys_midnight(client, spread, sign_in) -> None:
    by_day = _summary(client, sign_in("county"), by="day")
    assert _rows(by_day) == {"2026-03-02": 2, "2026-03-03": 1}
    first = {"from": "2026-03-02", "to": "2026-03-03"}
    assert _summary(client, sign_in("county"), **first)["totals"]["ordered"] == 2
    exact = {"from": "2026-03-03T00:00:00+08:00"}
    assert _summary(client, sign_in("county"), **exact)["totals"]["ordered"] == 1


def test_weeks_begin_on_the_countys_monday(client, world, sign_in, clock) -> None:
    """A Sunday's last minute and a Monday's first, both in UTC's afternoon."""
    for minute in (59, 60):
        clock.now = clock.now.replace(day=8, hour=23, minute=0)
        clock.now += timedelta(minutes=minute)
        make_requests.order(client, world)
    weeks = _summary(client, sign_in("county"), by="week")
    assert _rows(weeks) == {"2026-03-02": 1, "2026-03-09": 1}


def test_areas_are_those_inside_by_code_empty_ones_too(client, spread, sign_in) -> None:
    county = _summary(client, sign_in("county"), by="area")
    assert county["area"]["code"] == "620171"
    assert list(_rows(county).items()) == [("620171101", 2), ("620171102", 1)]
    town = _summary(client, sign_in("county"), by="area", area="620171102")
    assert list(_rows(town).items()) == [("620171102201", 0), ("620171102202", 1)]
    assert town["totals"]["ordered"] == 1


def test_everybody_counts_their_own_scope(client, spread, sign_in) -> None:
    counted = {
        name: _summary(client, sign_in(name))["totals"]["ordered"]
        for name in ("county", "town", "other_town", "village", "grid", "stranger")
    }
    assert counted == {
        "county": 3, "town": 2, "other_town": 1, "village": 2, "grid": 2, "stranger": 1,
    }  # fmt: skip
    assert _summary(client, sign_in("town"))["area"]["code"] == "620171101"


@pytest.mark.parametrize(
    ("name", "code", "ordered"),
    [
        ("county", "620171102", 1),
        ("admin", "620171102", 1),
        ("town", "620171102", None),
        ("other_town", "620171101", None),
        ("village", make.VILLAGE, 2),
        ("village", "620171102201", None),
        # Around what is one's own: no more is counted than what one sees.
        ("town", "620171", 2),
        ("handler", "620171", 2),
        # The zone's village, and whatever lies in it.
        ("handler", make.VILLAGE, 2),
        ("handler", make.GROUP, 2),
        ("handler", "620171102", None),
        ("stranger", make.VILLAGE, None),
    ],
)
def test_an_area_beyond_ones_own_is_not_there(
    client, spread, sign_in, name: str, code: str, ordered: int | None
) -> None:
    query = {"area": code, "by": "stage"}
    reply = client.get("/api/summary", params=query, headers=sign_in(name))
    if ordered is not None:
        assert reply.json()["totals"]["ordered"] == ordered
        return
    unknown = client.get("/api/summary?area=9", headers=sign_in(name))
    assert reply.status_code == unknown.status_code == 404
    assert reply.text.replace(code, "9") == unknown.text


def test_what_one_handles_elsewhere_is_counted_there(
    client, session, spread, world, sign_in
) -> None:
    other = {"area": "620171102"}
    assert client.get("/api/summary", params=other, headers=sign_in("handler")).is_error
    session.execute(
        text(
            "UPDATE service_request SET handler_id ="
            " (SELECT id FROM person WHERE account_id = :account)"
        ),
        {"account": world.accounts["handler"]},
    )
    counted = _summary(client, sign_in("handler"), **other)
    assert counted["totals"]["ordered"] == 1


def test_services_and_stages(client, world, spread, sign_in) -> None:
    services = _summary(client, sign_in("county"), by="service")
    keys = [row["key"] for row in services["rows"]]
    assert keys == sorted(keys)
    assert {k: n for k, n in _rows(services).items() if n} == {"XQ-LU": 1, "XQ-SHUI": 2}
    lu = _summary(client, sign_in("county"), service_code="XQ-LU", by="stage")
    assert _rows(lu) == {"dispatched": 1}


@pytest.mark.parametrize(
    ("name", "query", "status"),
    [
        (None, {}, 401),
        ("auditor", {}, 403),
        ("county", {"area": "999"}, 404),
        ("county", {"by": "person"}, 422),
        ("county", {"by": "handler"}, 422),
        ("county", {"from": "soon"}, 400),
    ],
)
def test_what_is_not_counted(client, world, sign_in, name, query, status) -> None:
    headers = sign_in(name) if name else {}
    reply = client.get("/api/summary", params=query, headers=headers)
    assert reply.status_code == status
    if "area" in query:
        assert reply.json()["errors"][0]["loc"] == ["query", "area"]


def test_a_residents_link_counts_nothing(client, world) -> None:
    link = link_of(make_requests.order(client, world))
    assert client.get("/api/summary", headers=link).status_code == 403


def test_a_group_has_nothing_inside(client, spread, sign_in) -> None:
    group = _summary(client, sign_in("county"), area=make.GROUP, by="area")
    assert group["rows"] == []
    assert group["totals"]["ordered"] == 2
