"""What would happen is what then happens, and nothing is written for asking."""

from __future__ import annotations

import csv
import io
from functools import partial
from typing import Any

import make
import make_requests
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.dispatch.simulation import simulate_file
from geo_api.errors import InvalidInput
from geo_api.http.language import say
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest

_english = partial(say, language="en")


def _ask(client, headers: dict, *points: dict[str, Any]) -> list[dict[str, Any]]:
    reply = client.post(
        "/api/dispatch/simulate", json={"points": list(points)}, headers=headers
    )
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["items"]
    return found


def _point(lon: float, lat: float, **changes: Any) -> dict[str, Any]:
    return {"lon": lon, "lat": lat, "crs": "wgs84", "service_code": "XQ-SHUI"} | changes


def _written(session: Session) -> list[int]:
    return [
        session.scalar(select(func.count()).select_from(model)) or 0
        for model in (ServiceRequest, RequestEvent, DispatchDecision)
    ]


@pytest.mark.parametrize("service", ["XQ-SHUI", "XQ-LU", "JB-JUBAO", "TS-TOUSU"])
def test_the_order_that_follows_is_decided_alike(
    client, session, world, sign_in, service: str
) -> None:
    west, south, east, _ = world.county.shapes[make.GROUP].bounds
    spots = [
        make_requests.point_in_zone(world),
        (east, south + 0.05),
        (west + 0.00001, south + 0.05),
        world.point("620171101202001"),
    ]
    would = _ask(
        client, sign_in("county"), *(_point(*s, service_code=service) for s in spots)
    )
    assert _written(session) == [0, 0, 0]
    for (lon, lat), item in zip(spots, would, strict=True):
        ordered = make_requests.order(
            client, world, sign_in("county"), service_code=service,
            location={"lon": lon, "lat": lat, "crs": "wgs84"},
        )  # fmt: skip
        assert item["explanation"] == ordered["explanation"]
        assert item["handler"] == ordered["handler"]["name"]
        assert item["duty"] == ordered["handler"]["duty"]
        assert item["problem"] is None


def test_a_wrong_point_does_not_spoil_the_others(client, world, sign_in) -> None:
    lon, lat = make_requests.point_in_zone(world)
    found = _ask(
        client,
        {**sign_in("county"), "Accept-Language": "en"},
        _point(lon, lat),
        _point(make.WEST - 1, lat),
        _point(lat, lon),
        _point(lon, lat, service_code="XX"),
        _point(lon, lat, crs="mars"),
    )
    assert [item["problem"] for item in found] == [
        None,
        "The point lies outside the county",
        "lon and lat are exchanged",
        "There is no service XX",
        "mars is not a coordinate system known here",
    ]


def test_points_outside_ones_areas_are_not_explained(client, world, sign_in) -> None:
    (foreign,) = _ask(
        client, sign_in("village"), _point(*world.point(make.OTHER_VILLAGE))
    )
    assert foreign["problem"] == "坐标点在您的范围之外"
    assert foreign["explanation"] is None
    (seen,) = _ask(client, sign_in("admin"), _point(*world.point(make.OTHER_VILLAGE)))
    assert seen["duty"] == "village_desk"


@pytest.mark.parametrize(
    ("name", "status"), [(None, 401), ("handler", 403), ("auditor", 403)]
)
def test_simulating_is_for_who_keeps_the_duties(
    client, world, sign_in, name: str | None, status: int
) -> None:
    reply = client.post(
        "/api/dispatch/simulate",
        json={"points": [_point(*make_requests.point_in_zone(world))]},
        headers=sign_in(name) if name else {},
    )
    assert reply.status_code == status


def test_a_file_is_answered_line_by_line(session, world, now, settings) -> None:
    lon, lat = make_requests.point_in_zone(world)
    rows = [
        "lon,lat,crs,service_code\n",
        f"{lon},{lat},wgs84,XQ-SHUI\n",
        f"{make.WEST - 1},{lat},wgs84,XQ-SHUI\n",
        f"east,{lat},wgs84,XQ-SHUI\n",
        f"{lon},{lat},wgs84,XX\n",
        f"{lon},{lat}\n",
    ]
    out = io.StringIO()
    simulate_file(session, rows, out, now=now, settings=settings, say=_english)
    first, *others = csv.DictReader(io.StringIO(out.getvalue()))
    assert first["areas"] == "演示县 / 西镇 / 西南村 / 一社"
    assert (first["duty"], first["person_code"]) == ("household_care", "P-care")
    assert first["problem"] == ""
    assert [line["problem"] for line in others] == [
        "The point lies outside the county",
        "A coordinate is not a number",
        "There is no service XX",
        "The point names no coordinate system",
    ]
    assert all(line["duty"] == "" for line in others)
    assert _written(session) == [0, 0, 0]


def test_a_file_without_its_columns_says_which(session, world, now, settings) -> None:
    with pytest.raises(InvalidInput, match="crs"):
        simulate_file(
            session,
            ["lon,lat\n", "1,2\n"],
            io.StringIO(),
            now=now,
            settings=settings,
            say=_english,
        )
