"""Responsibility zones over HTTP: codes, polygons, lists of households."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import make
import make_races
import pytest
from shapely import Point, to_geojson
from sqlalchemy import func, select

from geo_api.households.models import Household
from geo_api.zones.models import ResponsibilityZone, ZoneHousehold

GROUP_EAST = "620171101201002"
SECOND = f"{make.GROUP}002"


def _body(**changes: Any) -> dict[str, Any]:
    return {
        "name": "一社第三联户",
        "area_code": make.GROUP,
        "valid_from": "2026-03-01",
        **changes,
    }


def _id(session, code: str) -> str:
    zone = ResponsibilityZone
    return str(session.scalar(select(zone.public_id).where(zone.code == code)))


def _household_ids(session, world: make.World) -> list[str]:
    rows = session.scalars(
        select(Household.public_id)
        .where(Household.id.in_(world.households))
        .order_by(Household.code)
    )
    return [str(row) for row in rows]


def _codes(client, headers, zone_id: str) -> list[str]:
    reply = client.get(f"/api/zones/{zone_id}/households", headers=headers)
    assert reply.status_code == 200, reply.text
    return [item["code"] for item in reply.json()["items"]]


def _geojson(shape) -> dict[str, Any]:
    return json.loads(to_geojson(shape))


def test_codes_go_on_from_the_groups_code_by_three_digits(
    client, world, sign_in
) -> None:
    headers = sign_in("village")
    for expected in (f"{make.GROUP}003", f"{make.GROUP}004"):
        added = client.post("/api/zones", json=_body(), headers=headers)
        assert added.status_code == 201, added.text
        assert added.json()["code"] == expected
    first = client.post(
        "/api/zones", json=_body(area_code=GROUP_EAST), headers=headers
    ).json()
    assert first["code"] == f"{GROUP_EAST}001"


def test_zones_added_at_once_get_codes_of_their_own(
    committing_client, fresh_database, cipher, now
) -> None:
    with fresh_database.sessions.transaction() as session:
        world = make.a_world(session, cipher, now)
        headers = make.a_token(session, world, "village", now)
    replies = make_races.at_once(
        lambda i: committing_client.post(
            "/api/zones", json=_body(name=f"第{i}联户"), headers=headers
        ),
        4,
    )
    assert [reply.status_code for reply in replies] == [201] * 4
    codes = sorted(reply.json()["code"] for reply in replies)
    assert codes == [f"{make.GROUP}00{i}" for i in (3, 4, 5, 6)]


def test_a_taken_code_is_a_conflict_and_changes_nothing(
    client, session, world, sign_in
) -> None:
    headers = sign_in("other_village")
    reply = client.post(
        "/api/zones",
        json=_body(code=make.ZONE, area_code=make.OTHER_VILLAGE),
        headers=headers,
    )
    assert reply.status_code == 409
    zone = session.get_one(ResponsibilityZone, world.zones[make.ZONE])
    assert zone.area_id == world.county.ids[make.GROUP]


@pytest.mark.parametrize("area", [make.OTHER_VILLAGE, "620171101", "620171101202"])
def test_a_zone_in_somebody_elses_area_is_404(client, session, world, sign_in, area):
    before = session.scalar(select(func.count()).select_from(ResponsibilityZone))
    reply = client.post(
        "/api/zones", json=_body(area_code=area), headers=sign_in("village")
    )
    assert reply.status_code == 404
    after = session.scalar(select(func.count()).select_from(ResponsibilityZone))
    assert after == before


def test_a_zone_is_never_of_the_whole_county(client, world, sign_in) -> None:
    reply = client.post(
        "/api/zones", json=_body(area_code="620171"), headers=sign_in("admin")
    )
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["loc"] == ["body", "area_code"]


def test_a_polygon_inside_the_area_serves_its_points(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    square = world.county.shapes[GROUP_EAST]
    added = client.post(
        "/api/zones",
        json=_body(area_code=GROUP_EAST, geometry=_geojson(square)),
        headers=headers,
    ).json()
    lon, lat = world.point(GROUP_EAST)
    located = client.get(
        "/api/locate", params={"lon": lon, "lat": lat}, headers=headers
    ).json()
    assert [zone["id"] for zone in located["zones"]] == [added["id"]]
    assert square.contains(Point(added["label"]))


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda s: _geojson(s.buffer(0.01)), id="across the line"),
        pytest.param(
            lambda s: {
                "type": "Polygon",
                "coordinates": [
                    [[103.41, 36.41], [103.44, 36.44], [103.44, 36.41], [103.41, 36.44],
                     [103.41, 36.41]]
                ],
            },
            id="a bow tie",
        ),
        pytest.param(lambda s: {"type": "Polygon"}, id="no coordinates"),
        pytest.param(lambda s: _geojson(s.centroid), id="a point"),
        pytest.param(lambda s: _geojson(s.exterior), id="a line"),
        pytest.param(
            lambda s: {"type": "Polygon", "coordinates": [[["a", "b"]]]}, id="words"
        ),
        pytest.param(
            lambda s: {
                "type": "Polygon",
                "coordinates": [
                    [[103.41, 36.41], [1e999, 36.44], [103.44, 36.41], [103.41, 36.41]]
                ],
            },
            id="infinite",
        ),
        pytest.param(
            lambda s: {"type": "GeometryCollection", "geometries": []}, id="nothing"
        ),
    ],
)  # fmt: skip
def test_a_polygon_that_is_none_or_leaves_its_area_is_refused(
    client, session, world, sign_in, draw
) -> None:
    headers = {**sign_in("village"), "Content-Type": "application/json"}
    geometry = draw(world.county.shapes[make.GROUP])
    zone_id = _id(session, make.ZONE)
    before = client.get(f"/api/zones/{zone_id}", headers=headers).json()
    for reply in (
        client.post(
            "/api/zones", content=json.dumps(_body(geometry=geometry)), headers=headers
        ),
        client.patch(
            f"/api/zones/{zone_id}",
            content=json.dumps({"geometry": geometry}),
            headers=headers,
        ),
    ):
        assert reply.status_code == 422, reply.text
        assert reply.json()["errors"][0]["mend"]
    assert client.get(f"/api/zones/{zone_id}", headers=headers).json() == before


def test_the_list_is_by_code_and_by_area(client, world, sign_in) -> None:
    headers = sign_in("village")
    listed = client.get("/api/zones", headers=headers).json()["items"]
    assert [zone["code"] for zone in listed] == [make.ZONE, SECOND]
    assert [zone["household_count"] for zone in listed] == [2, 0]
    assert listed[0]["area"]["code"] == make.GROUP
    page = client.get("/api/zones", params={"limit": 1}, headers=headers).json()
    rest = client.get(
        "/api/zones", params={"limit": 1, "cursor": page["next"]}, headers=headers
    ).json()
    assert [zone["code"] for zone in rest["items"]] == [SECOND]
    inside = {"area": GROUP_EAST}
    assert client.get("/api/zones", params=inside, headers=headers).json()["items"] == (
        []
    )


@pytest.mark.parametrize("name", ["other_village", "other_town", "stranger"])
def test_somebody_elses_zone_is_404_for_every_verb(
    client, session, world, sign_in, name
) -> None:
    headers, zone_id = sign_in(name), _id(session, make.ZONE)
    assert client.get("/api/zones", headers=headers).json()["items"] == []
    for reply in (
        client.get(f"/api/zones/{zone_id}", headers=headers),
        client.patch(f"/api/zones/{zone_id}", json={"name": "我的"}, headers=headers),
        client.get(f"/api/zones/{zone_id}/households", headers=headers),
        client.put(
            f"/api/zones/{zone_id}/households",
            json={"household_ids": []},
            headers=headers,
        ),
    ):
        assert reply.status_code == 404, reply.text


def test_the_handler_sees_the_own_zone_and_keeps_none(
    client, session, world, sign_in
) -> None:
    headers, zone_id = sign_in("handler"), _id(session, make.ZONE)
    listed = client.get("/api/zones", headers=headers).json()["items"]
    assert [zone["code"] for zone in listed] == [make.ZONE]
    assert len(_codes(client, headers, zone_id)) == 2
    reply = client.patch(
        f"/api/zones/{zone_id}", json={"name": "我的"}, headers=headers
    )
    assert reply.status_code == 403


def test_a_zone_alone_names_its_answerers_in_full_and_is_audited(
    client, session, world, sign_in
) -> None:
    zone_id = _id(session, make.ZONE)
    shown = client.get(f"/api/zones/{zone_id}", headers=sign_in("village")).json()
    assert [duty["person_name"] for duty in shown["duties"]] == ["钱联户"]
    assert "钱联户" not in client.get("/api/zones", headers=sign_in("village")).text


def test_a_zone_is_its_list_of_households(client, session, world, sign_in) -> None:
    headers = sign_in("village")
    first, second = _household_ids(session, world)
    zone_id = _id(session, make.ZONE)
    path = f"/api/zones/{zone_id}/households"
    reply = client.put(path, json={"household_ids": [second]}, headers=headers)
    assert reply.status_code == 204, reply.text
    assert _codes(client, headers, zone_id) == [f"{make.GROUP}-0002"]
    # Who left the list is no longer in the handler's reach.
    seen = client.get("/api/households", headers=sign_in("handler")).json()["items"]
    assert [item["id"] for item in seen] == [second]
    assert first not in [item["id"] for item in seen]


def test_a_household_is_in_one_list_at_a_time(
    client, session, world, sign_in, clock
) -> None:
    headers = sign_in("village")
    first, second = _household_ids(session, world)
    old, new = _id(session, make.ZONE), _id(session, SECOND)
    reply = client.put(
        f"/api/zones/{new}/households",
        json={"household_ids": [first]},
        headers=headers,
    )
    assert reply.status_code == 204, reply.text
    assert _codes(client, headers, new) == [f"{make.GROUP}-0001"]
    assert _codes(client, headers, old) == [f"{make.GROUP}-0002"]
    rows = session.execute(
        select(ZoneHousehold.zone_id, ZoneHousehold.valid_from, ZoneHousehold.valid_to)
        .where(ZoneHousehold.household_id == world.households[0])
        .order_by(ZoneHousehold.valid_from)
    ).all()
    # Until yesterday in the one, from today on in the other.
    assert [tuple(row) for row in rows] == [
        (world.zones[make.ZONE], make.START, make.TODAY),
        (world.zones[SECOND], make.TODAY, None),
    ]
    clock.now += timedelta(days=1)
    headers = sign_in("village")
    client.put(
        f"/api/zones/{old}/households",
        json={"household_ids": [first, second]},
        headers=headers,
    )
    assert _codes(client, headers, new) == []
    assert len(_codes(client, headers, old)) == 2


def test_two_lists_that_claim_a_household_at_once_come_one_after_the_other(
    committing_client, fresh_database, cipher, now
) -> None:
    with fresh_database.sessions.transaction() as session:
        world = make.a_world(session, cipher, now)
        headers = make.a_token(session, world, "village", now)
        lon, lat = world.point()
        zones = [_id(session, make.ZONE), _id(session, SECOND)]
    added = committing_client.post(
        "/api/households",
        json={
            "code": "wanted",
            "head_name": "沈某",
            "address": "一社9号",
            "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        },
        headers=headers,
    ).json()
    statuses = make_races.at_once(
        lambda i: (
            committing_client.put(
                f"/api/zones/{zones[i % 2]}/households",
                json={"household_ids": [added["id"]]},
                headers=headers,
            ).status_code
        ),
        4,
    )
    assert statuses == [204] * 4
    with fresh_database.sessions.transaction() as session:
        [household] = session.scalars(
            select(Household.id).where(Household.code == "wanted")
        )
        lists = session.scalar(
            select(func.count()).where(
                ZoneHousehold.household_id == household,
                ZoneHousehold.valid_to.is_(None),
            )
        )
    assert lists == 1


def test_a_household_of_another_area_cannot_be_listed(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    lon, lat = world.point(GROUP_EAST)
    neighbour = client.post(
        "/api/households",
        json={
            "code": "east-1",
            "head_name": "沈某",
            "address": "二社1号",
            "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        },
        headers=headers,
    ).json()
    zone_id = _id(session, make.ZONE)
    path = f"/api/zones/{zone_id}/households"
    mine = _household_ids(session, world)
    reply = client.put(
        path, json={"household_ids": [*mine, neighbour["id"]]}, headers=headers
    )
    assert reply.status_code == 422
    unknown = "019a0000-0000-7000-8000-000000000000"
    reply = client.put(path, json={"household_ids": [unknown]}, headers=headers)
    assert reply.status_code == 422
    assert len(_codes(client, headers, zone_id)) == 2


def test_a_household_that_moves_out_of_the_area_leaves_the_list_and_the_reach(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    first, second = _household_ids(session, world)
    lon, lat = world.point(GROUP_EAST)
    location = {"lon": lon, "lat": lat, "crs": "wgs84"}
    moved = client.patch(
        f"/api/households/{first}", json={"location": location}, headers=headers
    )
    assert moved.status_code == 200
    zone_id = _id(session, make.ZONE)
    assert _codes(client, headers, zone_id) == [f"{make.GROUP}-0002"]
    shown = client.get(f"/api/zones/{zone_id}", headers=headers).json()
    assert shown["household_count"] == 1
    handler = sign_in("handler")
    assert client.get(f"/api/households/{first}", headers=handler).status_code == 404
    assert client.get(f"/api/households/{second}", headers=handler).status_code == 200


def test_an_ended_household_counts_in_no_zone(client, session, world, sign_in) -> None:
    headers = sign_in("village")
    first, _ = _household_ids(session, world)
    client.delete(f"/api/households/{first}", headers=headers)
    zone_id = _id(session, make.ZONE)
    shown = client.get(f"/api/zones/{zone_id}", headers=headers).json()
    assert shown["household_count"] == 1


def test_a_zone_ends_with_its_list_and_its_duties(
    client, session, world, sign_in, clock
) -> None:
    headers, zone_id = sign_in("village"), _id(session, make.ZONE)
    path = f"/api/zones/{zone_id}"
    past = client.patch(path, json={"ends_on": "2026-03-01"}, headers=headers)
    assert past.status_code == 422
    ended = client.patch(path, json={"ends_on": "2026-03-05"}, headers=headers)
    assert ended.status_code == 200, ended.text
    assert ended.json()["valid_to"] == "2026-03-05"
    assert len(_codes(client, headers, zone_id)) == 2
    assert len(client.get(path, headers=headers).json()["duties"]) == 1
    clock.now += timedelta(days=3)
    headers = sign_in("village")
    assert _codes(client, headers, zone_id) == []
    assert client.get(path, headers=headers).json()["duties"] == []
    listed = client.get("/api/zones", headers=headers).json()["items"]
    assert [zone["code"] for zone in listed] == [SECOND]
    again = client.patch(path, json={"ends_on": "2026-03-06"}, headers=headers)
    assert again.status_code == 409


def test_a_zone_that_begins_later_serves_nobody_yet(
    client, world, sign_in, clock
) -> None:
    headers = sign_in("village")
    client.post(
        "/api/zones",
        json=_body(
            area_code=GROUP_EAST,
            valid_from="2026-04-01",
            geometry=_geojson(world.county.shapes[GROUP_EAST]),
        ),
        headers=headers,
    )
    lon, lat = world.point(GROUP_EAST)
    point = {"lon": lon, "lat": lat}
    assert client.get("/api/locate", params=point, headers=headers).json()["zones"] == (
        []
    )
    clock.now += timedelta(days=31)
    headers = sign_in("village")
    located = client.get("/api/locate", params=point, headers=headers).json()
    assert [zone["code"] for zone in located["zones"]] == [f"{GROUP_EAST}001"]


def test_households_move_in_and_who_is_there_stays(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    first, second = _id(session, make.ZONE), _id(session, SECOND)
    one, two = _household_ids(session, world)
    for household in (one, two, two):
        moved = client.post(
            f"/api/zones/{second}/households",
            json={"household_ids": [household]},
            headers=headers,
        )
        assert moved.status_code == 204, moved.text
    assert _codes(client, headers, first) == []
    assert len(_codes(client, headers, second)) == 2


def test_a_household_does_not_move_into_another_areas_zone(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    east = client.post(
        "/api/zones", json=_body(area_code=GROUP_EAST), headers=headers
    ).json()
    body = {"household_ids": _household_ids(session, world)}
    path = f"/api/zones/{east['id']}/households"
    assert client.post(path, json=body, headers=headers).status_code == 422
    assert len(_codes(client, headers, _id(session, make.ZONE))) == 2


def test_zones_are_found_by_name_or_code_and_say_who_answers(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")

    def found(q: str) -> list[dict[str, Any]]:
        reply = client.get("/api/zones", params={"q": q}, headers=headers)
        return reply.json()["items"]

    assert [zone["code"] for zone in found("第2")] == [SECOND]
    assert found("_") == []
    [zone] = found(make.ZONE)
    assert [duty["person_name"] for duty in zone["duties"]] == ["钱*"]
