"""Where a point lies, for whom; and where a duty is vacant."""

from __future__ import annotations

from typing import Any

import make
import pytest

from geo_api.areas.datums import Crs, from_wgs84
from geo_api.duties.models import Duty
from geo_api.people.models import Person

CHAIN = ["620171", "620171101", make.VILLAGE, make.GROUP]


def _inside_zone(world: make.World) -> tuple[float, float]:
    return make._halves(world.county.shapes[make.GROUP])[0].centroid.coords[0]


def _locate(client, point: tuple[float, float], headers=None, **params: Any):
    lon, lat = point
    return client.get(
        "/api/locate", params={"lon": lon, "lat": lat, **params}, headers=headers or {}
    )


def test_anonymous_callers_learn_the_areas_and_nobody(client, world) -> None:
    reply = _locate(client, _inside_zone(world))
    assert reply.status_code == 200, reply.text
    located = reply.json()
    assert [area["code"] for area in located["areas"]] == CHAIN
    assert [area["type"] for area in located["areas"]] == [
        "county",
        "town",
        "village",
        "group",
    ]
    assert located["zones"] is None
    assert located["duties"] is None
    assert "钱" not in reply.text


@pytest.mark.parametrize("name", ["admin", "county", "town", "village", "handler"])
def test_staff_in_scope_learn_the_zone_and_who_answers_masked(
    client, world, sign_in, name
) -> None:
    reply = _locate(client, _inside_zone(world), sign_in(name))
    located = reply.json()
    assert [zone["code"] for zone in located["zones"]] == [make.ZONE]
    assert [d["name"] for d in located["zones"][0]["duties"]] == ["钱*"]
    assert {d["kind"] for d in located["duties"]} == {
        "grid",
        "village_desk",
        "stationed",
        "village_lead",
        "town_desk",
        "county_desk",
    }
    assert "钱联户" not in reply.text


@pytest.mark.parametrize("name", ["other_village", "other_town", "stranger", "auditor"])
def test_staff_out_of_scope_learn_the_areas_alone(client, world, sign_in, name) -> None:
    located = _locate(client, _inside_zone(world), sign_in(name)).json()
    assert [area["code"] for area in located["areas"]] == CHAIN
    assert located["zones"] is None
    assert located["duties"] is None


@pytest.mark.parametrize("crs", list(Crs))
def test_every_crs_leads_to_the_same_point(client, world, crs) -> None:
    x, y = _inside_zone(world)
    located = _locate(client, from_wgs84(x, y, crs), crs=crs.value).json()
    assert located["point"]["lon"] == pytest.approx(x, abs=1e-9)
    assert located["point"]["lat"] == pytest.approx(y, abs=1e-9)
    assert located["areas"][-1]["code"] == make.GROUP


def test_near_a_border_the_answer_is_ambiguous_and_names_the_other_side(
    client, world
) -> None:
    _, south, east, north = world.county.shapes[make.GROUP].bounds
    metre = 1 / 89_500  # of longitude at this latitude, in degrees
    near = _locate(client, (east - 5 * metre, (south + north) / 2)).json()
    assert near["ambiguous"] is True
    assert [area["code"] for area in near["other_side"]] == ["620171101201002"]
    assert near["border_distance_m"] == pytest.approx(5, rel=0.01)
    far = _locate(client, _inside_zone(world)).json()
    assert far["ambiguous"] is False
    assert far["other_side"] == []
    assert far["border_distance_m"] > 1000


def test_a_point_on_a_border_goes_to_the_smallest_code(client, world) -> None:
    _, south, east, north = world.county.shapes[make.GROUP].bounds
    on_border = _locate(client, (east, (south + north) / 2)).json()
    assert on_border["areas"][-1]["code"] == make.GROUP
    assert on_border["border_distance_m"] == pytest.approx(0, abs=0.01)
    assert on_border["ambiguous"] is True


def test_a_point_between_two_zones_goes_to_the_smallest_code(
    client, world, sign_in
) -> None:
    lower, _ = make._halves(world.county.shapes[make.GROUP])
    west, _, east, north = lower.bounds
    located = _locate(client, ((west + east) / 2, north), sign_in("village")).json()
    assert [zone["code"] for zone in located["zones"]] == [make.ZONE]


@pytest.mark.parametrize(
    ("params", "loc"),
    [
        ({"lon": 36.6, "lat": 103.5}, ["query"]),
        ({"lon": 100.0, "lat": 30.0}, ["query", "lon"]),
        ({"lon": "nan", "lat": 36.5}, ["query"]),
        ({"lon": "inf", "lat": 36.5}, ["query"]),
        ({"lon": 103.5, "lat": 36.5, "crs": "utm"}, ["query", "crs"]),
        ({"lat": 36.5}, ["query", "lon"]),
        ({"lon": "east", "lat": 36.5}, ["query", "lon"]),
    ],
)
def test_a_bad_point_says_what_and_how_to_mend_it(client, world, params, loc) -> None:
    reply = client.get("/api/locate", params=params)
    assert reply.status_code == 422
    [error] = reply.json()["errors"]
    assert error["loc"] == loc
    assert error["mend"]


def _vacant(client, headers, **params: str) -> dict[str, set[str]]:
    reply = client.get("/api/coverage", params=params, headers=headers)
    assert reply.status_code == 200, reply.text
    found: dict[str, set[str]] = {}
    for item in reply.json()["items"]:
        found.setdefault(item["duty"], set()).add(item["place"]["code"])
    return found


def test_coverage_names_each_place_without_an_answerer_in_scope(
    client, world, sign_in
) -> None:
    assert _vacant(client, sign_in("village")) == {
        "grid": {"620171101201002"},
        "household_care": {f"{make.GROUP}002"},
    }
    county = _vacant(client, sign_in("county"))
    assert county["village_desk"] == {"620171101202", "620171102201"}
    assert len(county["grid"]) == 7
    assert "town_desk" not in county
    assert _vacant(client, sign_in("admin")) == county


def test_coverage_is_of_a_day(client, session, world, sign_in) -> None:
    session.get_one(Duty, world.duties["grid"]).valid_to = make.TODAY.replace(day=20)
    session.flush()
    headers = sign_in("village")
    assert make.GROUP not in _vacant(client, headers, on="2026-03-19")["grid"]
    assert make.GROUP in _vacant(client, headers, on="2026-03-20")["grid"]
    assert "village_desk" in _vacant(client, headers, on="2019-12-31")


def test_a_village_wide_grid_worker_covers_its_groups(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    person = session.get_one(Person, world.people["grid"]).public_id
    given = client.post(
        "/api/duties",
        json={
            "person_id": str(person),
            "kind": "grid",
            "area_code": make.VILLAGE,
            "valid_from": "2026-03-02",
        },
        headers=headers,
    )
    assert given.status_code == 201
    assert "grid" not in _vacant(client, headers)


@pytest.mark.parametrize("name", ["handler", "auditor"])
def test_who_keeps_nothing_audits_no_coverage(client, world, sign_in, name) -> None:
    assert client.get("/api/coverage", headers=sign_in(name)).status_code == 403
