"""Whose is a point on a border: one group's and one zone's, whoever asks, whenever."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import make_coverage
import numpy as np
import pytest
import shapely
from shapely.strtree import STRtree
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.areas.datums import Crs, from_wgs84_arrays
from geo_api.areas.locate import locate_many
from geo_api.areas.models import Shape
from geo_api.areas.queries import areas_by_id
from geo_api.areas.service import current_edition, get_area
from geo_api.catalogue.service import load_calendar
from geo_api.catalogue.versions import seed_services
from geo_api.db.cipher import Cipher
from geo_api.dispatch.placement import resolve_many
from geo_api.dispatch.rules import Location
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.rules import DutyKind
from geo_api.people.drafts import PersonDraft
from geo_api.people.ledger import add_people_many
from geo_api.requests.models import ServiceRequest
from geo_api.requests.order.drafts import OrderDraft
from geo_api.requests.order.orders import order_many
from geo_api.settings import Settings
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.ledger import add_zones_many
from geo_api.zones.locate import zones_at
from geo_api.zones.queries import zones_by_id
from geo_api.zones.rules import ZoneKind

TODAY = date(2026, 3, 2)
BEGAN = date(2025, 1, 1)
BATCH = 1000

# (group, village, town, zone): codes, never row ids
Codes = tuple[str | None, str | None, str | None, str | None]


@dataclass(frozen=True)
class Map:
    """A coverage, two zones to a group, and points on lines of both."""

    coverage: make_coverage.Coverage
    zones: dict[str, shapely.MultiPolygon]
    on_groups: np.ndarray
    on_cuts: np.ndarray

    @property
    def points(self) -> np.ndarray:
        """All of them; shape (n, 2), lon and lat."""
        return np.vstack([self.on_groups, self.on_cuts])


def _halves(group: shapely.Polygon) -> list[shapely.MultiPolygon]:
    """A group cut in two across its middle, as somebody at a desk would cut it."""
    west, south, east, north = group.bounds
    middle = (south + north) / 2
    parts = [
        group.intersection(shapely.box(west, south, east, middle)),
        group.intersection(shapely.box(west, middle, east, north)),
    ]
    return [shapely.MultiPolygon(shapely.get_parts(part).tolist()) for part in parts]


@pytest.fixture(
    scope="module", params=[2_000, pytest.param(10_000, marks=pytest.mark.long)]
)
def the_map(request: pytest.FixtureRequest) -> Map:
    """As many points as asked for; a fifth of them on the lines between zones."""
    count = request.param // 5
    coverage = make_coverage.wiggly()
    zones: dict[str, shapely.MultiPolygon] = {}
    cuts = []
    for i, (code, group) in enumerate(sorted(coverage.groups.items())):
        south, north = _halves(group)
        # In every other group the smaller code lies in the north.
        first, second = (south, north) if i % 2 else (north, south)
        zones[f"{code}001"], zones[f"{code}002"] = first, second
        cuts.append(south.intersection(north))
    draw = np.random.default_rng(2)
    on_cuts = [
        cut.interpolate(draw.uniform(), normalized=True).coords[0]
        for cut in cuts
        for _ in range(count // len(cuts) + 1)
    ][:count]
    on_groups = make_coverage.border_points(coverage, 4 * count)
    return Map(coverage, zones, on_groups, np.array(on_cuts))


def _store(session: Session, the_map: Map, *, seed: int | None, day: date) -> None:
    """The map's areas in force from a day on, in an order of chance."""
    drafts = list(the_map.coverage.drafts)
    if seed is not None:
        random.Random(seed).shuffle(drafts)
    make_coverage.store(session, drafts, day=day)


def _store_zones(session: Session, the_map: Map, *, seed: int | None) -> None:
    zones = list(the_map.zones.items())
    if seed is not None:
        random.Random(seed).shuffle(zones)
    add_zones_many(
        session,
        [
            ZoneDraft(
                code,
                f"第{code[-1]}联户",
                get_area(session, code[:-3], day=TODAY).id,
                ZoneKind.HOUSEHOLDS,
                BEGAN,
                polygon,
            )
            for code, polygon in zones
        ],
    )


def _codes(
    session: Session,
    places: Sequence,
    zone_codes: Sequence[str | None],
    *,
    edition_id: int,
) -> list[Codes]:
    ids = {id_ for place in places for id_ in place.ids}
    views = areas_by_id(session, ids, edition_id=edition_id)
    return [
        (
            views[p.group_id].code if p.group_id else None,
            views[p.village_id].code if p.village_id else None,
            views[p.town_id].code if p.town_id else None,
            zone,
        )
        for p, zone in zip(places, zone_codes, strict=True)
    ]


def located(session: Session, points: np.ndarray) -> list[Codes]:
    """What `GET /api/locate` looks up, in batches."""
    edition_id = current_edition(session, day=TODAY).id
    found: list[Codes] = []
    for start in range(0, len(points), BATCH):
        batch = [(x, y) for x, y in points[start : start + BATCH].tolist()]
        spots = locate_many(session, batch, edition_id=edition_id)
        places = [spot.place for spot in spots if spot.place is not None]
        assert len(places) == len(batch)
        zones = zones_at(session, batch, places, day=TODAY)
        codes = [zone.code if zone else None for zone in zones]
        found += _codes(session, places, codes, edition_id=edition_id)
    return found


def resolved(
    session: Session, points: np.ndarray, settings: Settings, crs: Crs = Crs.WGS84
) -> list[Codes]:
    """What an order at each point is dispatched by."""
    edition_id = current_edition(session, day=TODAY).id
    found = resolve_many(
        session,
        [Location(lon=x, lat=y, crs=crs.value) for x, y in points.tolist()],
        day=TODAY,
        settings=settings.place,
        look_across=False,
    )
    zones = zones_by_id(session, {r.zone_id for r in found if r.zone_id})
    codes = [zones[r.zone_id].code if r.zone_id else None for r in found]
    return _codes(session, [r.place for r in found], codes, edition_id=edition_id)


def _first_of_those_that_touch(shapes: dict[str, shapely.Geometry], points) -> list:
    """By GEOS alone, without PostGIS: the smallest code within a border's width."""
    codes = sorted(shapes)
    tree = STRtree([shapes[code] for code in codes])
    pairs = tree.query(shapely.points(points), predicate="dwithin", distance=1e-9)
    first: dict[int, str] = {}
    for i, k in sorted(pairs.T.tolist()):
        first[i] = min(first.get(i, "~"), codes[k])
    return [first.get(i) for i in range(len(points))]


@pytest.fixture
def stored(session: Session, the_map: Map) -> Map:
    _store(session, the_map, seed=None, day=BEGAN)
    _store_zones(session, the_map, seed=None)
    return the_map


def test_a_border_point_is_in_one_group_and_one_zone_and_orders_agree(
    session, stored, settings
) -> None:
    where = located(session, stored.points)
    assert len(where) >= 2_000
    assert [codes[0] for codes in where] == _first_of_those_that_touch(
        stored.coverage.groups, stored.points
    )
    # All levels of an answer agree: codes of this coverage begin with their parents'.
    assert all(z and z.startswith(g) for g, _, _, z in where)
    assert all(g.startswith(v) and v.startswith(t) for g, v, t, _ in where)
    assert resolved(session, stored.points, settings) == where


def test_the_zones_border_is_settled_by_the_smaller_code(session, stored) -> None:
    where = located(session, stored.on_cuts)
    assert {zone[-3:] for *_, zone in where} == {"001"}


def test_nothing_moves_when_the_same_file_comes_in_another_order(
    session, stored, settings
) -> None:
    before = located(session, stored.points)
    shapes = session.scalar(select(func.count()).select_from(Shape))
    old = current_edition(session, day=TODAY).id
    _store(session, stored, seed=3, day=BEGAN + timedelta(days=30))
    assert current_edition(session, day=TODAY).id != old
    assert session.scalar(select(func.count()).select_from(Shape)) == shapes
    assert located(session, stored.points) == before
    assert resolved(session, stored.points, settings) == before


@pytest.mark.long
def test_another_database_filled_in_another_order_gives_the_same_answers(
    session, stored, fresh_database, settings
) -> None:
    here = located(session, stored.points)
    with fresh_database.sessions.transaction() as other:
        _store(other, stored, seed=4, day=BEGAN)
        _store_zones(other, stored, seed=5)
        assert located(other, stored.points) == here
        assert resolved(other, stored.points, settings) == here


def test_the_answer_does_not_depend_on_who_else_is_asked(session, stored) -> None:
    some = stored.points[::20]
    together = located(session, some)
    alone = [located(session, some[i : i + 1])[0] for i in range(len(some))]
    assert alone == together
    assert located(session, some[::-1]) == together[::-1]


@pytest.mark.parametrize("crs", [Crs.GCJ02, Crs.BD09])
def test_a_phone_in_a_shifted_datum_stands_in_the_same_zone(
    session, stored, settings, crs
) -> None:
    some = stored.points[::2]
    shifted = np.column_stack(from_wgs84_arrays(*some.T, crs))
    assert np.abs(shifted - some)[:, 0].min() > 1e-3
    assert resolved(session, shifted, settings, crs) == located(session, some)


@pytest.fixture
def open_desk(session: Session, stored: Map, now: datetime) -> Map:
    """The map with services to order and somebody who answers for the county."""
    seed_services(session, now=now)
    load_calendar(session)
    person = add_people_many(session, [PersonDraft("P-1", "冯县值")], now=now)["P-1"]
    county = get_area(session, "620171", day=TODAY).id
    add_duties_many(
        session, [DutyDraft(person, DutyKind.COUNTY_DESK, BEGAN, area_id=county)]
    )
    return stored


def test_stored_orders_stand_where_their_points_are_located(
    session, open_desk, settings, cipher: Cipher, now: datetime
) -> None:
    points = open_desk.points[::10]
    ordered = order_many(
        session,
        [
            OrderDraft(
                # Anonymous callers are counted, and above a rate the town decides.
                actor=Actor(kind=CallerKind.PORTAL),
                service_code="XQ-SHUI",
                description="停水",
                location=Location(lon=x, lat=y, crs="wgs84"),
                at=now,
            )
            for x, y in points.tolist()
        ],
        cipher=cipher,
        settings=settings,
    )
    rows = session.scalars(select(ServiceRequest).order_by(ServiceRequest.id)).all()
    assert len(rows) == len(ordered) == len(points) >= 200
    edition_id = current_edition(session, day=TODAY).id
    ids = {i for r in rows for i in (r.group_id, r.village_id, r.town_id)}
    views = areas_by_id(session, ids, edition_id=edition_id)
    zones = zones_by_id(session, {r.zone_id for r in rows})
    by_point = {
        (r.lon_claimed, r.lat_claimed): (
            views[r.group_id].code,
            views[r.village_id].code,
            views[r.town_id].code,
            zones[r.zone_id].code,
        )
        for r in rows
    }
    assert [by_point[x, y] for x, y in points.tolist()] == located(session, points)


def test_locate_over_http_says_what_orders_are_dispatched_by(
    client, session, open_desk, settings
) -> None:
    points = open_desk.on_groups[::100]
    where = resolved(session, points, settings)
    for (lon, lat), (group, village, town, _zone) in zip(
        points.tolist(), where, strict=True
    ):
        reply = client.get(
            "/api/locate", params={"lon": lon, "lat": lat, "crs": "wgs84"}
        )
        assert reply.status_code == 200, reply.text
        found = reply.json()
        codes = [area["code"] for area in found["areas"]]
        assert codes == ["620171", town, village, group]
        assert found["border_distance_m"] == pytest.approx(0, abs=0.02)


def test_a_point_a_metre_off_the_county_is_outside(session, stored) -> None:
    county = stored.coverage.drafts[0].shape
    rim = shapely.get_coordinates(county.buffer(1e-5).exterior)
    edition_id = current_edition(session, day=TODAY).id
    spots = locate_many(
        session, [(x, y) for x, y in rim.tolist()], edition_id=edition_id
    )
    assert {spot.place for spot in spots} == {None}
