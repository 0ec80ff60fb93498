"""Memory and database say the same: areas, zones, borders and other sides."""

from __future__ import annotations

from datetime import date

import make_coverage
import numpy as np
import pytest
import shapely
from make_shapes import odd_points
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo_api.areas.candidates import cover
from geo_api.areas.index import read_area_index
from geo_api.areas.locate import locate_many
from geo_api.areas.nearby import Borders
from geo_api.areas.service import get_area
from geo_api.areas.shapes import canonical
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.index import read_zone_index, renew_zone_index
from geo_api.zones.ledger import add_zones_many, end_zone
from geo_api.zones.locate import zone_neighbours, zones_at
from geo_api.zones.models import ResponsibilityZone
from geo_api.zones.rules import ZoneKind

BEGAN, TODAY = date(2025, 1, 1), date(2026, 3, 2)
REACHES = (5.0, 20.0, 20.0, 300.0)
Points = list[tuple[float, float]]


def _points(shapes: list, n: int, border: float, seed: int) -> Points:
    return [(x, y) for x, y in odd_points(shapes, n, border=border, seed=seed).tolist()]


@pytest.fixture
def drawn(session: Session) -> make_coverage.Coverage:
    """Groups with one village that has none, and a town with a gap in it."""
    coverage = make_coverage.wiggly(4, 4)
    villages = sorted(d.code for d in coverage.drafts if d.type.value == "village")
    bare, gone = villages[0], villages[-1]
    drafts = [
        draft
        for draft in coverage.drafts
        if not (draft.code.startswith(bare) and draft.code != bare)
        and not draft.code.startswith(gone)
    ]
    return make_coverage.Coverage(drafts)


@pytest.fixture
def edition_id(session: Session, drawn: make_coverage.Coverage) -> int:
    return make_coverage.store(session, drawn.drafts).id


def test_areas_other_sides_and_metres_are_those_of_the_database(
    session, drawn, edition_id
) -> None:
    index = read_area_index(session, edition_id)()
    shapes = [draft.shape for draft in drawn.drafts]
    points = _points(shapes, 200, 1e-9, 3)
    reach = [REACHES[i % len(REACHES)] for i in range(len(points))]
    said = locate_many(
        session, points, edition_id=edition_id, border_metres=reach, measure=True
    )
    assert index.locate(points) == [spot.place for spot in said]
    assert [index.locate([point])[0] for point in points] == index.locate(points)
    # A level of each kind is the narrowest one of some point.
    assert {
        (s.place.group_id is None, s.place.village_id is None) for s in said if s.place
    } == {(False, False), (True, False), (True, True)}
    inside = [i for i, spot in enumerate(said) if spot.place is not None]
    places = [said[i].place for i in inside]
    near = index.across([points[i] for i in inside], places, [reach[i] for i in inside])
    for i, place, areas in zip(inside, places, near, strict=True):
        above = {area.parent_id for area in areas}
        others = tuple(area for area in areas if area.id not in above)
        assert others == said[i].others
        metres = index.border_distance_m(place.narrowest, *points[i])
        assert metres == pytest.approx(said[i].border_distance_m, abs=1e-3)


def _add_zones(session: Session, coverage: make_coverage.Coverage) -> dict[str, int]:
    """Two to a group that leave a strip between them; a grid over both; one to come."""
    drafts = []
    for code, group in coverage.groups.items():
        area_id = get_area(session, code, day=TODAY).id
        west, south, east, north = group.bounds
        middle = (south + north) / 2
        parts = {
            "001": (south, middle, ZoneKind.HOUSEHOLDS, BEGAN),
            "002": (middle + 1e-5, north, ZoneKind.HOUSEHOLDS, BEGAN),
            "003": (south, north, ZoneKind.GRID, BEGAN),
            "004": (south, middle, ZoneKind.HOUSEHOLDS, date(2026, 7, 1)),
        }
        for tail, (low, high, kind, since) in parts.items():
            polygon = group.intersection(shapely.box(west, low, east, high))
            drafts.append(ZoneDraft(code + tail, tail, area_id, kind, since, polygon))
    return add_zones_many(session, drafts)


def _same_zones(session: Session, index, edition_id: int, points: Points) -> None:
    spots = locate_many(session, points, edition_id=edition_id)
    inside = [i for i, spot in enumerate(spots) if spot.place is not None]
    points = [points[i] for i in inside]
    places = [spots[i].place for i in inside]
    for day in (TODAY, date(2026, 8, 1)):
        said = zones_at(session, points, places, day=day)
        assert index.zones_at(points, places, day) == said
        alone = zip(points, places, strict=True)
        assert [index.zones_at([p], [q], day)[0] for p, q in alone] == said
    own = [zone.id if zone else 0 for zone in said]
    reach = [REACHES[i % len(REACHES)] for i in range(len(points))]
    near = zone_neighbours(session, points, own, reach, day=day)
    assert index.neighbours(points, own, reach, day) == near
    assert any(near)


def test_zones_and_neighbours_are_those_of_the_database(
    session, drawn, edition_id
) -> None:
    _add_zones(session, drawn)
    index = read_zone_index(session, BEGAN)()
    points = _points(list(drawn.groups.values()), 120, 1e-7, 4)
    _same_zones(session, index, edition_id, points)


def test_a_changed_zone_is_patched_into_what_is_there(
    session, drawn, edition_id
) -> None:
    ids = _add_zones(session, drawn)
    session.flush()
    index = read_zone_index(session, BEGAN)()
    points = _points(list(drawn.groups.values()), 120, 1e-7, 5)
    groups = sorted(drawn.groups)
    # PostgreSQL's marks of who wrote a row: of another transaction each time.
    with session.begin_nested():
        moved = drawn.groups[groups[0]].centroid.buffer(0.004)
        area_id = get_area(session, groups[0], day=TODAY).id
        kind = ZoneKind.HOUSEHOLDS
        add_zones_many(
            session,
            [
                ZoneDraft(f"{groups[0]}001", "001", area_id, kind, BEGAN, moved),
                ZoneDraft(f"{groups[0]}000", "000", area_id, kind, BEGAN, moved),
            ],
        )
    renewed = renew_zone_index(session, BEGAN, index)
    assert renewed is not None
    assert renewed.layers[0].covering is index.layers[0].covering
    _same_zones(session, renewed, edition_id, points)
    with session.begin_nested():
        zone = session.get_one(ResponsibilityZone, ids[f"{groups[1]}002"])
        end_zone(session, zone, day=date(2026, 7, 1))
        add_zones_many(
            session,
            [
                ZoneDraft(
                    f"{groups[0]}000", "0", area_id, kind, BEGAN, moved.buffer(1e-3)
                )
            ],
        )
    again = renew_zone_index(session, BEGAN, renewed)
    assert again is not None
    assert len(again.patch) == 3
    _same_zones(session, again, edition_id, points)


def test_many_changed_zones_are_covered_anew(session, drawn, edition_id) -> None:
    index = read_zone_index(session, BEGAN)()
    group = get_area(session, sorted(drawn.groups)[0], day=TODAY)
    polygons = [
        shapely.Point(103.41 + i * 1e-5, 36.31).buffer(1e-4) for i in range(201)
    ]
    add_zones_many(
        session,
        [
            ZoneDraft(f"{i}", f"{i}", group.id, ZoneKind.HOUSEHOLDS, BEGAN, polygon)
            for i, polygon in enumerate(polygons)
        ],
    )
    assert renew_zone_index(session, BEGAN, index) is None


_DISTANCE = text(
    """
    SELECT ST_Distance(ST_Boundary(ST_GeomFromText(:shape, 4326))::geography,
                       ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography)
    """
)


def test_metres_are_those_of_the_ground_along_long_edges(session) -> None:
    """An arc of a great circle leaves the straight line of the map by metres."""
    long = shapely.box(103.0, 36.0, 104.0, 36.5)
    covering = cover([canonical(long)], border=1e-9, only_first=True)
    borders = Borders.of(covering.polygons, covering.edges)
    draw = np.random.default_rng(1)
    for lon, lat in (draw.random((50, 2)) * (1.2, 0.8) + (102.9, 35.9)).tolist():
        asked = {"shape": long.wkt, "lon": lon, "lat": lat}
        said = session.scalar(_DISTANCE, asked)
        assert borders.distance_m(0, lon, lat) == pytest.approx(said, abs=1e-3)
