"""Duties over HTTP: several at a time for one place, with dates; desks never vacant."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import make
import make_races
import pytest
from sqlalchemy import func, select

from geo_api.duties.models import Duty
from geo_api.duties.rules import PLACES_OF_DUTY, DutyKind, PlaceKind, is_held_throughout
from geo_api.households.models import Household
from geo_api.people.models import Person
from geo_api.zones.models import ResponsibilityZone

TOWN, COUNTY = "620171101", "620171"


def _person(session, world: make.World, key: str) -> str:
    return str(session.get_one(Person, world.people[key]).public_id)


def _duty(session, world: make.World, key: str) -> str:
    return str(session.get_one(Duty, world.duties[key]).public_id)


def _places(session, world: make.World) -> dict[PlaceKind, dict[str, str]]:
    zone = session.get_one(ResponsibilityZone, world.zones[make.ZONE])
    household = session.get_one(Household, world.households[0])
    return {
        PlaceKind.HOUSEHOLD: {"household_id": str(household.public_id)},
        PlaceKind.ZONE: {"zone_id": str(zone.public_id)},
        PlaceKind.GROUP: {"area_code": make.GROUP},
        PlaceKind.VILLAGE: {"area_code": make.VILLAGE},
        PlaceKind.TOWN: {"area_code": TOWN},
        PlaceKind.COUNTY: {"area_code": COUNTY},
    }


def _give(client, headers, person_id: str, kind: str, place: dict, **changes: Any):
    body = {
        "person_id": person_id,
        "kind": kind,
        "valid_from": "2026-03-02",
        **place,
        **changes,
    }
    return client.post("/api/duties", json=body, headers=headers)


@pytest.mark.parametrize("kind", list(DutyKind))
def test_each_duty_is_held_for_its_kinds_of_place_and_no_other(
    client, session, world, sign_in, kind
) -> None:
    headers, person = sign_in("admin"), _person(session, world, "stranger")
    for place_kind, place in _places(session, world).items():
        reply = _give(client, headers, person, kind.value, place)
        if place_kind in PLACES_OF_DUTY[kind]:
            assert reply.status_code == 201, (place_kind, reply.text)
        else:
            assert reply.status_code == 422, place_kind
            assert reply.json()["errors"][0]["loc"] == ["body", "kind"]


def test_a_place_has_several_duties_at_a_time_each_with_its_dates(
    client, session, world, sign_in, clock
) -> None:
    headers = sign_in("town")
    person = _person(session, world, "care")
    village = {"area_code": make.VILLAGE}
    for kind, until in (
        ("stationed", "2026-03-10"),
        ("village_lead", None),
        ("village_desk", None),
    ):
        reply = _give(client, headers, person, kind, village, valid_to=until)
        assert reply.status_code == 201, reply.text
    lon, lat = make._halves(world.county.shapes[make.GROUP])[0].centroid.coords[0]

    def answering() -> list[tuple[str, str]]:
        located = client.get(
            "/api/locate", params={"lon": lon, "lat": lat}, headers=sign_in("town")
        ).json()
        duties = located["duties"] + located["zones"][0]["duties"]
        return sorted((duty["kind"], duty["name"]) for duty in duties)

    assert answering() == [
        ("county_desk", "冯*"),
        ("grid", "孙*"),
        ("household_care", "钱*"),
        ("stationed", "周*"),
        ("stationed", "钱*"),
        ("town_desk", "郑*"),
        ("village_desk", "李*"),
        ("village_desk", "钱*"),
        ("village_lead", "吴*"),
        ("village_lead", "钱*"),
    ]
    clock.now += timedelta(days=7)
    assert ("stationed", "钱*") in answering()
    clock.now += timedelta(days=1)  # the last day is not included
    assert ("stationed", "钱*") not in answering()
    assert ("village_lead", "钱*") in answering()


def test_the_list_is_of_a_day_and_a_kind(client, session, world, sign_in) -> None:
    headers = sign_in("village")
    person = _person(session, world, "care")
    later = {"area_code": "620171101201002"}
    _give(client, headers, person, "grid", later, valid_from="2026-04-01")

    def grids(**params: str) -> set[str]:
        reply = client.get(
            "/api/duties", params={"kind": "grid", **params}, headers=headers
        )
        return {item["place"]["code"] for item in reply.json()["items"]}

    assert grids() == {make.GROUP}
    assert grids(on="2026-04-01") == {make.GROUP, "620171101201002"}
    assert grids(on="2019-12-31") == set()


def test_duties_are_found_by_place_person_and_with_their_past(
    client, session, world, sign_in
) -> None:
    headers = sign_in("town")
    zone = session.get_one(ResponsibilityZone, world.zones[make.ZONE]).public_id

    def kinds(**params: str) -> list[str]:
        reply = client.get("/api/duties", params=params, headers=headers)
        assert reply.status_code == 200, reply.text
        return sorted(item["kind"] for item in reply.json()["items"])

    assert kinds(area=make.GROUP) == ["grid", "household_care"]
    assert kinds(zone_id=str(zone)) == ["household_care"]
    grid = _person(session, world, "grid")
    _give(client, headers, grid, "grid", {"area_code": "620171101201002"},
          valid_from="2026-04-01")  # fmt: skip
    client.delete(f"/api/duties/{_duty(session, world, 'grid')}", headers=headers)
    assert kinds(person_id=grid) == []
    assert kinds(person_id=grid, history="true") == ["grid", "grid"]
    assert client.get("/api/duties", params={"area": "0"}, headers=headers).is_error


def test_a_duty_for_one_household_is_seen_and_ended_by_whose_village_it_is(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    home = _places(session, world)[PlaceKind.HOUSEHOLD]
    given = _give(
        client, headers, _person(session, world, "stranger"), "household_care", home
    ).json()
    reply = client.get("/api/duties", params={"area": make.GROUP}, headers=headers)
    assert given["id"] in reply.text
    assert "陈*" in client.get("/api/people", headers=headers).text
    path = f"/api/duties/{given['id']}"
    foreign = client.delete(path, headers=sign_in("other_town"))
    assert foreign.status_code == 404
    assert client.delete(path, headers=headers).status_code == 204


@pytest.mark.parametrize(
    ("name", "given"),
    [("county", 0), ("handler", 0), ("village", 2), ("town", 6), ("admin", 7)],
)
def test_each_role_is_told_which_duties_it_gives(client, world, sign_in, name, given):
    kinds = client.get("/api/duty-kinds", headers=sign_in(name)).json()["items"]
    assert [kind["kind"] for kind in kinds][:2] == ["household_care", "grid"]
    assert kinds[1]["places"] == ["zone", "group", "village"]
    assert sum(kind["may_give"] for kind in kinds) == given


def test_the_same_duty_is_not_given_twice_for_the_same_days(
    client, session, world, sign_in
) -> None:
    headers, person = sign_in("admin"), _person(session, world, "stranger")
    place = {"area_code": make.GROUP}
    first = _give(client, headers, person, "grid", place, valid_to="2026-04-01")
    assert first.status_code == 201
    again = _give(client, headers, person, "grid", place)
    assert again.status_code == 409
    after = _give(client, headers, person, "grid", place, valid_from="2026-04-01")
    assert after.status_code == 201


@pytest.mark.parametrize(
    ("name", "kind", "place", "status"),
    [
        ("village", "grid", "620171101201002", 201),
        ("village", "stationed", make.VILLAGE, 403),
        ("village", "town_desk", TOWN, 403),
        ("village", "grid", make.OTHER_VILLAGE, 404),
        ("village", "grid", "620171101202", 404),
        ("town", "stationed", make.VILLAGE, 201),
        ("town", "town_desk", TOWN, 201),
        ("town", "county_desk", COUNTY, 403),
        ("town", "town_desk", "620171102", 404),
        ("county", "stationed", make.VILLAGE, 403),
        ("handler", "grid", make.GROUP, 403),
        ("auditor", "grid", make.GROUP, 403),
        ("admin", "county_desk", COUNTY, 201),
    ],
)
def test_each_role_gives_its_duties_in_its_areas(
    client, session, world, sign_in, name, kind, place, status
) -> None:
    before = session.scalar(select(func.count()).select_from(Duty))
    person = _person(session, world, "village_lead")
    reply = _give(client, sign_in(name), person, kind, {"area_code": place})
    assert reply.status_code == status, reply.text
    after = session.scalar(select(func.count()).select_from(Duty))
    assert after - before == (status == 201)


@pytest.mark.parametrize(
    "changes",
    [
        {"area_code": None},
        {"zone_id": "019a0000-0000-7000-8000-000000000000"},
        {"valid_to": "2026-03-02"},
        {"valid_from": "yesterday"},
        {"kind": "mayor"},
    ],
)
def test_a_duty_is_for_one_place_and_a_day_at_least(
    client, session, world, sign_in, changes
) -> None:
    person = _person(session, world, "stranger")
    body = {"kind": "grid", "area_code": make.GROUP, "valid_from": "2026-03-02"}
    reply = client.post(
        "/api/duties",
        json={"person_id": person, **body, **changes},
        headers=sign_in("admin"),
    )
    assert reply.status_code == 422, reply.text


def test_an_ended_duty_holds_until_the_day_it_was_ended(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    path = f"/api/duties/{_duty(session, world, 'grid')}"
    assert client.delete(path, headers=headers).status_code == 204
    assert session.get_one(Duty, world.duties["grid"]).valid_to == make.TODAY
    assert client.delete(path, headers=headers).status_code == 409


def test_a_duty_that_was_to_come_is_taken_back_without_a_day(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    person = _person(session, world, "care")
    added = _give(
        client,
        headers,
        person,
        "grid",
        {"area_code": make.GROUP},
        valid_from="2026-04-01",
    ).json()
    path = f"/api/duties/{added['id']}"
    assert client.delete(path, headers=headers).status_code == 204
    days = client.get("/api/duties", params={"on": "2026-04-01"}, headers=headers)
    assert added["id"] not in days.text


@pytest.mark.parametrize("name", ["other_village", "other_town"])
def test_somebody_elses_duty_is_404(client, session, world, sign_in, name) -> None:
    path = f"/api/duties/{_duty(session, world, 'grid')}"
    assert client.delete(path, headers=sign_in(name)).status_code == 404
    assert session.get_one(Duty, world.duties["grid"]).valid_to is None


@pytest.mark.parametrize(
    ("name", "desk"), [("town", "town_desk"), ("admin", "county_desk")]
)
def test_the_last_desk_cannot_end(client, session, world, sign_in, name, desk) -> None:
    path = f"/api/duties/{_duty(session, world, desk)}"
    assert client.delete(path, headers=sign_in(name)).status_code == 409
    assert session.get_one(Duty, world.duties[desk]).valid_to is None


def test_a_desk_may_end_once_somebody_else_holds_it_for_good(
    client, session, world, sign_in
) -> None:
    headers = sign_in("town")
    path = f"/api/duties/{_duty(session, world, 'town_desk')}"
    desk = {"area_code": TOWN}
    deputy, successor = (_person(session, world, k) for k in ("care", "grid"))
    # For a while is not enough: the desk would be vacant afterwards.
    _give(client, headers, deputy, "town_desk", desk, valid_to="2026-03-20")
    assert client.delete(path, headers=headers).status_code == 409
    # Nor is somebody who begins a day too late.
    late = _give(
        client, headers, successor, "town_desk", desk, valid_from="2026-03-21"
    ).json()
    assert client.delete(path, headers=headers).status_code == 409
    client.delete(f"/api/duties/{late['id']}", headers=headers)
    _give(client, headers, successor, "town_desk", desk, valid_from="2026-03-20")
    assert client.delete(path, headers=headers).status_code == 204


def test_two_who_end_the_other_desk_at_once_leave_one(
    committing_client, fresh_database, cipher, now
) -> None:
    with fresh_database.sessions.transaction() as session:
        world = make.a_world(session, cipher, now)
        second = make.DutyDraft(
            world.people["grid"],
            DutyKind.TOWN_DESK,
            make.START,
            area_id=world.county.ids[TOWN],
        )
        make.add_duties_many(session, [second])
        headers = make.a_token(session, world, "town", now)
        ids = session.scalars(
            select(Duty.public_id).where(
                Duty.kind == "town_desk", Duty.area_id == world.county.ids[TOWN]
            )
        ).all()
    statuses = make_races.at_once(
        lambda i: (
            committing_client.delete(
                f"/api/duties/{ids[i % 2]}", headers=headers
            ).status_code
        ),
        2,
    )
    assert sorted(statuses) == [204, 409]
    with fresh_database.sessions.transaction() as session:
        left = session.scalar(
            select(func.count()).where(
                Duty.kind == "town_desk",
                Duty.area_id == world.county.ids[TOWN],
                Duty.valid_to.is_(None),
            )
        )
    assert left == 1


def test_periods_hold_throughout_only_without_a_vacant_day() -> None:
    march = [date(2026, 3, day) for day in range(1, 31)]
    first, tenth, twentieth = march[0], march[9], march[19]
    gapless = [(tenth, None), (first, tenth)]
    assert is_held_throughout(gapless, since=first, until=None)
    assert is_held_throughout([(first, twentieth)], since=tenth, until=twentieth)
    assert not is_held_throughout([(first, twentieth)], since=tenth, until=None)
    gap = [(first, tenth), (march[10], None)]
    assert not is_held_throughout(gap, since=first, until=None)
    assert not is_held_throughout([], since=first, until=tenth)
    overlapping = [(first, twentieth), (first, tenth), (march[14], None)]
    assert is_held_throughout(overlapping, since=first, until=None)
