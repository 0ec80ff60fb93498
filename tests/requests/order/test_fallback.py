"""Nothing is ever unassigned: whoever is missing, the next of the chain is asked."""

from __future__ import annotations

from datetime import timedelta

import make
import make_requests
import pytest
from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, box
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.areas.models import EditionArea, Shape, ShapePiece
from geo_api.duties.models import Duty
from geo_api.people.models import Leave
from geo_api.requests.models import ServiceRequest

CHAIN = [
    "household_care",
    "grid",
    "village_desk",
    "stationed",
    "village_lead",
    "town_desk",
    "county_desk",
]


def _vacate(session: Session, world: make.World, key: str) -> None:
    duty = session.get_one(Duty, world.duties[key])
    duty.valid_to = make.TODAY
    session.flush()


def _stored(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(ServiceRequest)) or 0


def test_each_vacant_duty_hands_the_order_to_the_next(client, session, world) -> None:
    asked = []
    for key in (
        "care", "grid", "village_desk", "stationed", "village_lead", "town_desk", None,
    ):  # fmt: skip
        asked.append(make_requests.order(client, world)["handler"]["duty"])
        if key is not None:
            _vacate(session, world, key)
    assert asked == CHAIN


def test_without_any_desk_no_order_is_taken(client, session, world) -> None:
    for key in set(world.duties) - {"other_desk", "stranger"}:
        _vacate(session, world, key)
    reply = client.post("/api/requests", json=make_requests.an_order(world))
    assert reply.status_code == 503
    assert _stored(session) == 0


def test_leave_sends_the_order_to_the_substitute(client, session, world, now) -> None:
    session.add(
        Leave(
            person_id=world.people["care"],
            first_day=make.TODAY,
            last_day=make.TODAY + timedelta(days=3),
            substitute_id=world.people["grid"],
            created_at=now,
        )
    )
    session.flush()
    handler = make_requests.order(client, world)["handler"]
    assert handler == {"person_id": None, "name": "孙*", "duty": "household_care"}


def test_a_gap_inside_the_county_goes_to_the_county_desk(
    client, session, world, sign_in
) -> None:
    gap = box(make.WEST - 0.1, make.SOUTH, make.WEST, make.SOUTH + 0.1)
    row = session.get_one(
        EditionArea, (world.county.edition_id, world.county.ids["620171"])
    )
    shape = session.get_one(Shape, row.shape_id)
    whole = world.county.shapes["620171"].union(gap)
    shape.geom = from_shape(MultiPolygon([whole]), srid=4326)
    session.add(ShapePiece(shape_id=shape.id, geom=from_shape(gap, srid=4326)))
    session.flush()
    place = {"lon": make.WEST - 0.05, "lat": make.SOUTH + 0.05, "crs": "wgs84"}
    ordered = make_requests.order(client, world, sign_in("county"), location=place)
    assert ordered["handler"]["duty"] == "county_desk"
    assert [area["code"] for area in ordered["areas"]] == ["620171"]


def test_outside_the_county_is_refused_and_nothing_is_kept(
    client, session, world
) -> None:
    place = {"lon": make.WEST - 0.05, "lat": make.SOUTH + 0.05, "crs": "wgs84"}
    body = make_requests.an_order(world, location=place)
    reply = client.post("/api/requests", json=body)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["loc"] == ["body", "location"]
    assert _stored(session) == 0


@pytest.mark.parametrize(
    ("code", "duty"),
    [
        (make.GROUP, "grid"),
        (make.VILLAGE, "village_desk"),
        ("620171101", "town_desk"),
        ("620171", "county_desk"),
    ],
)
def test_an_area_code_goes_to_the_nearest_who_answers_for_all_of_it(
    client, world, sign_in, code: str, duty: str
) -> None:
    inside = make_requests.order(client, world, location={"area_code": code})
    beside = make_requests.order(
        client, world, sign_in("county"), location=None, area_code=code
    )
    assert inside["handler"]["duty"] == duty
    assert beside["handler"]["duty"] == duty
    assert beside["explanation"]["basis"] == "area"


def test_words_alone_go_to_the_county_desk_that_can_read_them(
    client, world, sign_in
) -> None:
    words = "岘子村小学对面的巷子里"
    ordered = make_requests.order(client, world, location=None, address=words)
    assert ordered["handler"]["duty"] == "county_desk"
    path = make_requests.path_of(client, ordered)
    shown = client.get(path, headers=sign_in("county")).json()
    assert shown["address"] == words
    assert shown["location"] is None


@pytest.mark.parametrize(
    ("where", "loc"),
    [
        ({"location": None}, ["body", "location"]),
        ({"location": {}}, ["body", "location"]),
        (
            {"location": {"area_code": make.VILLAGE}, "area_code": make.GROUP},
            ["body", "area_code"],
        ),
        (
            {"location": {"area_code": "999"}},
            ["body", "location", "area_code"],
        ),
    ],
)
def test_where_must_be_said_once(client, world, where: dict, loc: list) -> None:
    body = make_requests.an_order(world, **where)
    reply = client.post("/api/requests", json=body)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["loc"] == loc


def test_the_same_place_may_be_said_twice_alike(client, world) -> None:
    ordered = make_requests.order(
        client, world, location={"area_code": make.VILLAGE}, area_code=make.VILLAGE
    )
    assert ordered["handler"]["duty"] == "village_desk"
