"""Many are decided as one is: the same answers, and as many statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import make
import make_requests
import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from geo_api.areas.geography import number_of
from geo_api.catalogue.queries import list_services
from geo_api.dispatch.rules import Location
from geo_api.dispatch.service import Ask, Decision, decide_many
from geo_api.errors import DomainError, NotFound


@pytest.fixture
def ask(session: Session, world: make.World, now: datetime) -> Ask:
    rules = {service.code: rule for service, rule in list_services(session, now)}
    lon, lat = make_requests.point_in_zone(world)
    return Ask(Location(lon=lon, lat=lat, crs="wgs84"), rules["XQ-SHUI"])


def _places(world: make.World) -> list[Location]:
    """A place by each of the ways in which one is said, some of them twice."""
    lon, lat = make_requests.point_in_zone(world)
    point = Location(lon=lon, lat=lat, crs="wgs84", area_code=make.OTHER_VILLAGE)
    return [
        point,
        replace(point, lon=lon + 0.0001, area_code="620171999"),
        *(Location(household_id=id_) for id_ in world.households),
        *(Location(area_code=c) for c in (make.VILLAGE, make.OTHER_VILLAGE, "nowhere")),
        Location(address="村口"),
        Location(address="桥头"),
        Location(),
    ]


def test_statements_are_as_many_for_one_of_each_place_as_for_hundreds(
    session, world, settings, now, ask
) -> None:
    asks = [replace(ask, where=where) for where in _places(world)]
    number_of(session)  # read once in a transaction, whoever asks first
    counts, found = [], []
    for times in (1, 30):
        many = [
            replace(a, at=now + timedelta(hours=i)) for i in range(times) for a in asks
        ]
        said: list[str] = []

        def listen(_c, _cursor, statement, _p, _x, _many, said=said) -> None:
            said.append(statement)

        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", listen)
        try:
            found = decide_many(session, many, now, settings=settings.place)
        finally:
            event.remove(engine, "before_cursor_execute", listen)
        counts.append(len(said))
    assert counts[0] == counts[1] < 40
    assert len(found) == 30 * len(asks)
    ways = [d.place.basis.value if isinstance(d, Decision) else "" for d in found]
    assert ways[: len(asks)] == [
        "point", "point", "household", "household", "area", "area", "", "address",
        "address", "",
    ]  # fmt: skip
    assert ways == ways[: len(asks)] * 30


def test_what_is_wrong_with_one_is_told_of_it_and_its_place_first(
    session, world, settings, now, ask
) -> None:
    no_service = NotFound("There is no service")
    found = decide_many(
        session,
        [
            replace(ask, rule=no_service),
            replace(ask, rule=no_service, where=Location()),
            ask,
        ],
        now,
        settings=settings.place,
    )
    assert found[0] is no_service
    assert isinstance(found[1], DomainError)
    assert found[1] is not no_service
    assert isinstance(found[2], Decision)
    assert found[2].handler_id == world.people["care"]


def test_a_place_that_was_found_before_is_not_looked_for_again(
    session, world, settings, now, ask
) -> None:
    (first,) = decide_many(session, [ask], now, settings=settings.place)
    assert isinstance(first, Decision)
    assert first.inputs.where.geography_version == number_of(session)
    declined = frozenset({first.handler_id})
    again = replace(ask, where=first.place, declined=declined)
    (second,) = decide_many(session, [again], now, settings=settings.place)
    assert isinstance(second, Decision)
    assert second.place is first.place
    assert second.step == "grid"
    assert second.inputs.candidates == first.inputs.candidates
