"""Shapes of zones are dated, and shared with whatever is drawn alike."""

from __future__ import annotations

from datetime import date, timedelta

import make
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.areas.geography import has_changed
from geo_api.areas.models import Shape, ShapePiece
from geo_api.areas.rules import Place
from geo_api.areas.shape_store import store_shapes
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.index import read_zone_index
from geo_api.zones.ledger import add_zones_many
from geo_api.zones.locate import zones_at
from geo_api.zones.models import ZoneShape
from geo_api.zones.rules import ZoneKind

TODAY, DAY = make.TODAY, timedelta(days=1)
SECOND = f"{make.GROUP}002"


@pytest.fixture
def draw(session: Session, world: make.World):
    """Gives a zone a half of the group from a day on, or no shape."""
    halves = make._halves(world.county.shapes[make.GROUP])

    def draw(code: str, half: int | None, day: date) -> None:
        shape = None if half is None else halves[half]
        area = world.county.ids[make.GROUP]
        add_zones_many(
            session, [ZoneDraft(code, code, area, ZoneKind.HOUSEHOLDS, day, shape)]
        )

    return draw


@pytest.fixture
def zone_at(session: Session, world: make.World):
    """The code of the zone in the middle of a half, by database and memory alike."""
    halves = make._halves(world.county.shapes[make.GROUP])
    ids = world.county.ids
    place = Place(ids["620171"], ids["620171101"], ids[make.VILLAGE], ids[make.GROUP])

    def zone_at(half: int, day: date) -> str | None:
        point = halves[half].centroid.coords[0]
        (said,) = zones_at(session, [point], [place], day=day)
        index = read_zone_index(session, make.START)()
        assert index.zones_at([point], [place], day) == [said]
        return said and said.code

    return zone_at


def _rows(session: Session, world: make.World, code: str) -> list[tuple]:
    rows = session.execute(
        select(ZoneShape.valid_from, ZoneShape.valid_to)
        .where(ZoneShape.zone_id == world.zones[code])
        .order_by(ZoneShape.valid_from)
    )
    return [tuple(row) for row in rows]


def test_a_shape_takes_effect_on_its_day_and_the_one_before_stays(
    session, world, draw, zone_at
) -> None:
    draw(make.ZONE, 1, TODAY + DAY)
    draw(SECOND, 0, TODAY + DAY)
    assert [zone_at(half, TODAY) for half in (0, 1)] == [make.ZONE, SECOND]
    assert [zone_at(half, TODAY + DAY) for half in (0, 1)] == [SECOND, make.ZONE]
    assert _rows(session, world, make.ZONE) == [
        (make.START, TODAY + DAY),
        (TODAY + DAY, None),
    ]
    assert has_changed(session)


def test_what_is_drawn_twice_for_a_day_is_one_and_takes_what_was_planned_away(
    session, world, draw, zone_at
) -> None:
    draw(make.ZONE, 1, TODAY + 9 * DAY)
    draw(make.ZONE, 1, TODAY)
    draw(make.ZONE, 0, TODAY)
    assert _rows(session, world, make.ZONE) == [(make.START, TODAY), (TODAY, None)]
    draw(make.ZONE, None, TODAY + DAY)
    assert (zone_at(0, TODAY), zone_at(0, TODAY + DAY)) == (make.ZONE, None)


def test_a_redraw_on_the_page_holds_from_today(
    client, session, world, sign_in, zone_at
) -> None:
    upper = make._halves(world.county.shapes[make.GROUP])[1]
    headers = sign_in("village")
    found = client.get("/api/zones", headers=headers).json()["items"]
    (zone,) = (item for item in found if item["code"] == make.ZONE)
    reply = client.patch(
        f"/api/zones/{zone['id']}",
        json={"geometry": upper.__geo_interface__},
        headers=headers,
    )
    assert reply.status_code == 200, reply.text
    label = reply.json()["label"]
    assert label != zone["label"]
    assert [zone_at(0, day) for day in (TODAY - DAY, TODAY)] == [make.ZONE, None]
    assert zone_at(1, TODAY) == make.ZONE  # the smaller code of the two
    assert _rows(session, world, make.ZONE) == [(make.START, TODAY), (TODAY, None)]


def test_equal_shapes_are_stored_once_and_an_areas_is_found_by_its_pieces(
    session, world, draw
) -> None:
    def count(model: type) -> int:
        return session.scalar(select(func.count()).select_from(model))

    before = count(Shape)
    draw(SECOND, 0, TODAY)
    draw(make.ZONE, 0, TODAY + DAY)
    assert count(Shape) == before
    # What a zone was drawn as first becomes an area later.
    new = world.county.shapes[make.GROUP].buffer(-1e-3)
    pieces = count(ShapePiece)
    (first,) = store_shapes(session, [new], in_pieces=False)
    assert count(ShapePiece) == pieces
    for _ in range(2):
        assert store_shapes(session, [new, new], in_pieces=True) == [first, first]
        assert count(ShapePiece) == pieces + 1
