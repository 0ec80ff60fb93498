"""Where nobody answers: today, in an area, and without somebody who is about to go."""

from __future__ import annotations

import make
from sqlalchemy import select

from geo_api.duties.models import Duty
from geo_api.people.models import Person
from geo_api.zones.models import ResponsibilityZone

GROUP_EAST = "620171101201002"
SECOND = f"{make.GROUP}002"


def _gaps(client, headers, **params: str) -> list[tuple[str, str]]:
    reply = client.get("/api/coverage", params=params, headers=headers)
    assert reply.status_code == 200, reply.text
    return [(gap["duty"], gap["place"]["code"]) for gap in reply.json()["items"]]


def _person(session, world: make.World, key: str) -> str:
    return str(session.get_one(Person, world.people[key]).public_id)


def test_the_gaps_of_an_area_are_those_in_it(client, session, world, sign_in) -> None:
    headers = sign_in("village")
    everywhere = [("grid", GROUP_EAST), ("household_care", SECOND)]
    assert _gaps(client, headers) == everywhere
    assert _gaps(client, headers, area=make.GROUP) == [("household_care", SECOND)]
    assert _gaps(client, headers, area=make.VILLAGE) == everywhere
    # Another's area is no secret, its gaps are.
    assert _gaps(client, headers, area=make.OTHER_VILLAGE) == []
    assert _gaps(client, sign_in("admin"), area=make.OTHER_VILLAGE)


def test_a_gap_of_a_zone_names_the_zone(client, session, world, sign_in) -> None:
    reply = client.get("/api/coverage", headers=sign_in("village")).json()
    places = {gap["place"]["code"]: gap["place"]["id"] for gap in reply["items"]}
    zone = session.get_one(ResponsibilityZone, world.zones[SECOND])
    assert places == {GROUP_EAST: None, SECOND: str(zone.public_id)}


def test_it_is_known_beforehand_what_nobody_would_answer_for(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    care = _person(session, world, "care")
    assert _gaps(client, headers, without=care) == [("household_care", make.ZONE)]
    stationed = _person(session, world, "stationed")
    assert _gaps(client, headers, without=stationed) == []
    # What somebody else holds, too, stays held.
    second = {
        "person_id": stationed,
        "kind": "household_care",
        "zone_id": str(
            session.get_one(ResponsibilityZone, world.zones[make.ZONE]).public_id
        ),
        "valid_from": "2026-03-02",
    }
    client.post("/api/duties", json=second, headers=headers)
    assert _gaps(client, headers, without=care) == []
    stranger = _person(session, world, "stranger")
    params = {"without": stranger}
    assert client.get("/api/coverage", params=params, headers=headers).is_error


def _duty(session, world: make.World, key: str, kind: str) -> str:
    duty = session.scalars(
        select(Duty).where(Duty.person_id == world.people[key], Duty.kind == kind)
    ).one()
    return str(duty.public_id)


def test_one_duty_that_ends_leaves_a_gap_where_nothing_else_answers(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    care = _duty(session, world, "care", "household_care")
    grid = _duty(session, world, "grid", "grid")
    assert _gaps(client, headers, without_duty=care) == [("household_care", make.ZONE)]
    left = _gaps(client, headers, without_duty=grid)
    assert [kind for kind, _ in left] == ["grid"]
    # Whoever cares for the whole village cares for each of its grids.
    whole = {
        "person_id": _person(session, world, "stationed"),
        "kind": "grid",
        "area_code": make.VILLAGE,
        "valid_from": "2026-03-02",
    }
    assert client.post("/api/duties", json=whole, headers=headers).status_code == 201
    assert _gaps(client, headers, without_duty=grid) == []
    assert _gaps(
        client, headers, without=_person(session, world, "care"), without_duty=grid
    ) == [("household_care", make.ZONE)]
    params = {"without_duty": _duty(session, world, "stranger", "village_desk")}
    reply = client.get("/api/coverage", params=params, headers=headers)
    assert reply.status_code == 404
    assert reply.json()["errors"][0]["loc"] == ["query", "without_duty"]


def test_households_in_no_list_are_told_with_those_who_moved_out_of_theirs(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")

    def unlisted(**params: str) -> list[str]:
        reply = client.get("/api/coverage/households", params=params, headers=headers)
        assert reply.status_code == 200, reply.text
        return [home["code"] for home in reply.json()["items"]]

    assert unlisted() == []
    listed = client.get("/api/households", headers=headers).json()["items"]
    lon, lat = world.point(GROUP_EAST)
    moved = client.patch(
        f"/api/households/{listed[0]['id']}",
        json={"location": {"lon": lon, "lat": lat, "crs": "wgs84"}},
        headers=headers,
    )
    assert moved.status_code == 200, moved.text
    assert unlisted() == [listed[0]["code"]]
    assert unlisted(area=GROUP_EAST) == [listed[0]["code"]]
    assert unlisted(area=make.GROUP) == []
