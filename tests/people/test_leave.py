"""Leave over HTTP: one's own or of people one keeps; a substitute stands in."""

from __future__ import annotations

from typing import Any

import make
import pytest
from sqlalchemy import func, select

from geo_api.people.models import Leave, Person


def _person(session, world: make.World, key: str) -> str:
    return str(session.get_one(Person, world.people[key]).public_id)


def _take(client, headers, person_id: str, **changes: Any):
    body = {
        "person_id": person_id,
        "first_day": "2026-03-02",
        "last_day": "2026-03-06",
        **changes,
    }
    return client.post("/api/leave", json=body, headers=headers)


def _handler(client, world: make.World) -> str:
    lon, lat = make._halves(world.county.shapes[make.GROUP])[0].centroid.coords[0]
    body = {
        "service_code": "XQ-SHUI",
        "description": "停水两天",
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
    }
    reply = client.post("/api/requests", json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()["handler"]["name"]


def test_a_handler_takes_leave_and_comes_back(client, session, world, sign_in) -> None:
    headers, person = sign_in("handler"), _person(session, world, "care")
    assert _handler(client, world) == "钱*"
    taken = _take(client, headers, person)
    assert taken.status_code == 201, taken.text
    assert _handler(client, world) == "孙*"  # the next of the chain
    [listed] = client.get("/api/leave", headers=headers).json()["items"]
    assert listed["person_name"] == "钱*"
    assert listed["is_cancelled"] is False
    path = f"/api/leave/{taken.json()['id']}"
    assert client.delete(path, headers=headers).status_code == 204
    assert client.delete(path, headers=headers).status_code == 204
    [listed] = client.get("/api/leave", headers=headers).json()["items"]
    assert listed["is_cancelled"] is True
    assert _handler(client, world) == "钱*"


def test_the_substitute_sees_and_accepts_what_was_dispatched_before_the_leave(
    client, session, world, sign_in, clock
) -> None:
    stranger = sign_in("stranger")
    assert _handler(client, world) == "钱*"
    assert _handler(client, world) == "钱*"
    assert client.get("/api/requests", headers=stranger).json()["items"] == []
    person, substitute = (_person(session, world, k) for k in ("care", "stranger"))
    taken = _take(client, sign_in("admin"), person, substitute_id=substitute)
    assert taken.status_code == 201, taken.text
    first, second = client.get("/api/requests", headers=stranger).json()["items"]
    accepted = client.post(f"/api/requests/{first['id']}/accept", headers=stranger)
    assert accepted.json()["handler"]["name"] == "陈外村"
    clock.now = clock.now.replace(day=7)
    stranger = sign_in("stranger")
    [left] = client.get("/api/requests", headers=stranger).json()["items"]
    assert left["id"] == first["id"]  # one's own work stays one's own
    gone = client.get(f"/api/requests/{second['id']}", headers=stranger)
    assert gone.status_code == 404


def test_the_substitute_stands_in_and_the_last_day_is_included(
    client, session, world, sign_in, clock
) -> None:
    person, substitute = (_person(session, world, k) for k in ("care", "stationed"))
    taken = _take(client, sign_in("village"), person, substitute_id=substitute)
    assert taken.json()["substitute_name"] == "周*"
    assert _handler(client, world) == "周*"
    clock.now = clock.now.replace(day=6)
    assert _handler(client, world) == "周*"
    clock.now = clock.now.replace(day=7)
    assert _handler(client, world) == "钱*"


def test_a_substitute_on_leave_stands_in_for_nobody(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    person, substitute = (_person(session, world, k) for k in ("care", "stationed"))
    _take(client, headers, person, substitute_id=substitute)
    _take(client, headers, substitute)
    assert _handler(client, world) == "孙*"


def test_people_and_places_show_who_is_away(client, session, world, sign_in) -> None:
    headers, person = sign_in("village"), _person(session, world, "care")
    _take(client, headers, person)
    people = client.get("/api/people", headers=headers).json()["items"]
    assert {item["name"]: item["is_on_leave"] for item in people}["钱*"] is True
    lon, lat = make._halves(world.county.shapes[make.GROUP])[0].centroid.coords[0]
    located = client.get(
        "/api/locate", params={"lon": lon, "lat": lat}, headers=headers
    ).json()
    assert located["zones"][0]["duties"][0]["is_on_leave"] is True


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        ({"last_day": "2026-03-01"}, ["body", "last_day"]),
        ({"substitute_id": "self"}, ["body", "substitute_id"]),
        ({"first_day": "soon"}, ["body", "first_day"]),
    ],
)
def test_a_leave_that_makes_no_sense_is_refused(
    client, session, world, sign_in, changes, loc
) -> None:
    person = _person(session, world, "care")
    if "substitute_id" in changes:
        changes = {"substitute_id": person}
    reply = _take(client, sign_in("village"), person, **changes)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["loc"] == loc
    assert session.scalar(select(func.count()).select_from(Leave)) == 0


def test_a_handler_gives_no_leave_to_others(client, session, world, sign_in) -> None:
    # The grid worker sees who has a duty in the group, and keeps none of them.
    seen = client.get("/api/people", headers=sign_in("grid")).json()["items"]
    person = next(item["id"] for item in seen if item["name"] == "钱*")
    assert _take(client, sign_in("grid"), person).status_code == 403
    taken = _take(client, sign_in("village"), person).json()
    reply = client.delete(f"/api/leave/{taken['id']}", headers=sign_in("grid"))
    assert reply.status_code == 403


@pytest.mark.parametrize("name", ["other_village", "other_town"])
def test_leave_of_who_answers_elsewhere_is_404(
    client, session, world, sign_in, name
) -> None:
    headers, person = sign_in(name), _person(session, world, "care")
    assert _take(client, headers, person).status_code == 404
    taken = _take(client, sign_in("village"), person).json()
    reply = client.delete(f"/api/leave/{taken['id']}", headers=headers)
    assert reply.status_code == 404
    assert client.get("/api/leave", headers=headers).json()["items"] == []
    assert session.scalars(select(Leave.cancelled_at)).one() is None


def test_a_substitute_out_of_scope_is_404(client, session, world, sign_in) -> None:
    person, stranger = (_person(session, world, k) for k in ("care", "stranger"))
    reply = _take(client, sign_in("village"), person, substitute_id=stranger)
    assert reply.status_code == 404
    assert session.scalar(select(func.count()).select_from(Leave)) == 0


def test_leave_that_is_over_is_not_listed(
    client, session, world, sign_in, clock
) -> None:
    _take(client, sign_in("village"), _person(session, world, "care"))
    clock.now = clock.now.replace(day=7)
    assert client.get("/api/leave", headers=sign_in("village")).json()["items"] == []
