"""Areas over HTTP: lists, one area, exact and drawn shapes, editions, tiles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import make_coverage
import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient
from make_database import a_database
from sqlalchemy import Engine

from geo_api.areas.drafts import AreaDraft
from geo_api.areas.rules import CodeSystem, EditionReason
from geo_api.areas.shapes import canonical
from geo_api.db.session import SessionFactory, make_engine
from geo_api.ogc.rules import CELL_LEVEL, cell_of, unmorton
from geo_api.settings import DatabaseSettings

FIRST, SECOND = date(2024, 1, 1), date(2025, 1, 1)
# Recoded on SECOND.
OLD_TOWN, NEW_TOWN = "620171102", "620121109"
TOWN = "620171101"


def _recoded(code: str | None) -> str | None:
    if code is not None and code.startswith(OLD_TOWN):
        return NEW_TOWN + code[len(OLD_TOWN) :]
    return code


@pytest.fixture(scope="module")
def recoded(server: Any, template: str) -> Iterator[tuple[Engine, list[AreaDraft]]]:
    """Two editions: the second gives a town another code and another one a new name.

    Every area bears a civil-affairs code beside the statistical one.
    """
    first = [
        replace(d, other_codes={CodeSystem.CIVIL_AFFAIRS: f"99{d.code[2:]}"})
        for d in make_coverage.wiggly(8, 4, 6).drafts
    ]
    second = [
        replace(
            d,
            code=_recoded(d.code) or "",
            parent_code=_recoded(d.parent_code),
            name="新西岔镇" if d.code == TOWN else d.name,
        )
        for d in first
    ]
    settings = DatabaseSettings()
    with a_database(server, "recoded", template) as name:
        engine = make_engine(server.app_url(name), settings)
        with SessionFactory(engine, settings.schema_name).transaction() as session:
            make_coverage.store(session, first, day=FIRST)
            make_coverage.store(
                session, second, day=SECOND, reason=EditionReason.RECODE
            )
        yield engine, second
        engine.dispose()


@pytest.fixture
def engine(recoded: tuple[Engine, list[AreaDraft]]) -> Engine:
    return recoded[0]


@pytest.fixture
def coverage(recoded: tuple[Engine, list[AreaDraft]]) -> make_coverage.Coverage:
    """The later of the two editions."""
    return make_coverage.Coverage(recoded[1])


@pytest.fixture
def get(client: TestClient, coverage: make_coverage.Coverage):
    """What a path answers with 200."""

    def run(path: str, **params: Any) -> dict[str, Any]:
        reply = client.get(path, params=params)
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found

    return run


@pytest.fixture
def refusal(client: TestClient, coverage: make_coverage.Coverage):
    """The problem with which a path is refused."""

    def run(path: str, status: int, **params: Any) -> dict[str, Any]:
        reply = client.get(path, params=params)
        assert reply.status_code == status, reply.text
        assert reply.headers["content-type"] == "application/problem+json"
        found: dict[str, Any] = reply.json()
        return found

    return run


def _codes(page: dict[str, Any]) -> list[str]:
    return [item["code"] for item in page["items"]]


def _pages(get, path: str, **params: Any) -> Iterator[dict[str, Any]]:
    page = get(path, **params)
    yield page
    while page["next"]:
        page = get(path, **params, cursor=page["next"])
        yield page


def test_areas_are_listed_by_code_page_by_page(get, coverage) -> None:
    pages = list(_pages(get, "/api/areas", limit=7))
    codes = [code for page in pages for code in _codes(page)]
    assert codes == sorted(d.code for d in coverage.drafts)
    assert {len(page["items"]) for page in pages[:-1]} == {7}
    assert pages[-1]["next"] is None


def test_a_full_last_page_has_no_next(get) -> None:
    assert get("/api/areas", type="town", limit=2)["next"] is None
    assert get("/api/areas", type="town", limit=1)["next"] is not None


def test_the_list_is_narrowed_by_kind_and_parent(get, coverage) -> None:
    assert _codes(get("/api/areas", type="town")) == [NEW_TOWN, TOWN]
    inside = get("/api/areas", parent=NEW_TOWN)
    assert _codes(inside) == sorted(
        d.code for d in coverage.drafts if d.parent_code == NEW_TOWN
    )
    assert {item["parent_code"] for item in inside["items"]} == {NEW_TOWN}
    assert get("/api/areas", parent=NEW_TOWN, type="group")["items"] == []


def test_a_parent_may_be_named_by_any_of_its_codes(get) -> None:
    inside = _codes(get("/api/areas", parent=NEW_TOWN))
    assert _codes(get("/api/areas", parent=OLD_TOWN)) == inside
    civil = {"parent": "990171102", "system": "civil_affairs"}
    assert _codes(get("/api/areas", **civil)) == inside


def test_a_system_in_which_the_parent_has_no_such_code(refusal) -> None:
    problem = refusal("/api/areas", 404, parent=TOWN, system="civil_affairs")
    assert problem["errors"][0]["mend"]


def test_areas_are_found_by_part_of_a_name_old_ones_included(get) -> None:
    assert _codes(get("/api/areas", q="新西岔")) == [TOWN]
    assert _codes(get("/api/areas", q=f"{TOWN}镇")) == [TOWN]
    assert _codes(get("/api/areas", q=f"{TOWN}镇", type="village")) == []


def test_areas_are_found_by_the_beginning_of_a_code(get, coverage) -> None:
    assert _codes(get("/api/areas", q=NEW_TOWN, limit=1000)) == sorted(
        d.code for d in coverage.drafts if d.code.startswith(NEW_TOWN)
    )


@pytest.mark.parametrize("q", ["%", "_", "\\", "6201711%"])
def test_signs_of_the_database_are_letters_like_others(get, q) -> None:
    assert get("/api/areas", q=q)["items"] == []


def test_the_list_is_as_of_a_day(get, coverage) -> None:
    assert _codes(get("/api/areas", type="town", at="2024-12-31")) == [TOWN, OLD_TOWN]
    assert _codes(get("/api/areas", type="town", at="2025-01-01")) == [NEW_TOWN, TOWN]


def test_a_day_before_the_first_edition_is_absent(refusal) -> None:
    problem = refusal("/api/areas", 404, at="2023-12-31")
    assert problem["errors"][0]["loc"] == ["query", "at"]
    assert "2023-12-31" in problem["detail"]


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "!!!", ""])
def test_a_bad_cursor_is_refused(refusal, cursor) -> None:
    problem = refusal("/api/areas", 400, cursor=cursor)
    assert problem["errors"][0]["loc"] == ["query", "cursor"]


def test_a_cursor_of_other_filters_is_refused(get, refusal) -> None:
    cursor = get("/api/areas", type="group", limit=2)["next"]
    refusal("/api/areas", 400, type="village", limit=2, cursor=cursor)


@pytest.mark.parametrize(
    "params",
    [
        {"type": "street"},
        {"limit": "0"},
        {"limit": "1001"},
        {"at": "yesterday"},
        {"system": "postal"},
        {"q": "x" * 61},
        {"parent": "6" * 41},
    ],
    ids=lambda params: next(iter(params)),
)
def test_filters_that_mean_nothing_are_named(refusal, params) -> None:
    problem = refusal("/api/areas", 422, **params)
    assert problem["errors"][0]["loc"][-1] == next(iter(params))


def test_one_area_bears_its_codes_names_ancestors_and_edition(get) -> None:
    found = get(f"/api/areas/{NEW_TOWN}")
    assert (found["code"], found["type"]) == (NEW_TOWN, "town")
    assert found["ancestors"] == [
        {"code": "620171", "name": "演示县", "type": "county"}
    ]
    assert found["parent_code"] == "620171"
    assert [
        (c["system"], c["code"], c["is_primary"], c["valid_to"]) for c in found["codes"]
    ] == [
        ("statistics", NEW_TOWN, True, None),
        ("statistics", OLD_TOWN, True, "2025-01-01"),
        ("civil_affairs", "990171102", False, None),
    ]
    assert found["edition"]["reason"] == "recode"
    assert found["is_invented"] is True
    assert found["area_km2"] > 1


@pytest.mark.parametrize("code", [NEW_TOWN, OLD_TOWN, "990171102"])
def test_any_code_leads_to_the_area_with_its_present_code(get, code) -> None:
    assert get(f"/api/areas/{code}")["code"] == NEW_TOWN


def test_the_system_decides_where_codes_could_be_confused(get, refusal) -> None:
    path = "/api/areas/990171102"
    assert get(path, system="civil_affairs")["code"] == NEW_TOWN
    refusal(path, 404, system="statistics")


def test_an_area_as_of_a_day_bears_the_code_and_name_of_then(get) -> None:
    then = get(f"/api/areas/{NEW_TOWN}", at="2024-06-01")
    assert then["code"] == OLD_TOWN
    assert get(f"/api/areas/{TOWN}", at="2024-06-01")["name"] == f"{TOWN}镇"
    now = get(f"/api/areas/{TOWN}")
    assert now["name"] == "新西岔镇"
    assert [(n["name"], n["kind"]) for n in now["names"]] == [
        (f"{TOWN}镇", "former"),
        ("新西岔镇", "official"),
    ]


def test_a_code_that_nobody_has(refusal) -> None:
    problem = refusal("/api/areas/999999", 404)
    assert problem["errors"][0]["loc"] == ["path", "code"]
    assert "999999" in problem["detail"]


def test_the_county_has_no_ancestors(get) -> None:
    found = get("/api/areas/620171")
    assert found["parent_code"] is None
    assert found["ancestors"] == []


def test_the_geometry_is_the_stored_shape(get, coverage) -> None:
    for draft in coverage.drafts[:5]:
        found = shapely.geometry.shape(get(f"/api/areas/{draft.code}/geometry"))
        assert found.equals_exact(canonical(draft.shape), 0.0)


def test_a_label_lies_inside_its_area(get, coverage) -> None:
    shapes = {d.code: d.shape for d in coverage.drafts}
    for item in get("/api/areas", limit=1000)["items"]:
        assert shapes[item["code"]].covers(shapely.Point(item["label"]))


@pytest.mark.parametrize("kind", ["county", "town", "village", "group"])
def test_drawn_areas_are_simplified_together_and_stay_a_coverage(
    get, coverage, kind
) -> None:
    found = get("/api/areas.geojson", type=kind)
    drawn = {f["id"]: shapely.geometry.shape(f["geometry"]) for f in found["features"]}
    exact = {d.code: d.shape for d in coverage.drafts if d.type.value == kind}
    assert list(drawn) == sorted(exact)
    assert all(shape.is_valid for shape in drawn.values())
    assert shapely.coverage_is_valid(np.array(list(drawn.values()), dtype=object))
    for code, shape in drawn.items():
        # Some 40 m for lines a kilometre and more apart.
        assert shapely.hausdorff_distance(shape, exact[code]) < 2e-3
        assert shapely.get_num_coordinates(shape) <= shapely.get_num_coordinates(
            exact[code]
        )
    text = json.dumps(found["features"][0]["geometry"]["coordinates"])
    assert max(len(decimals) for decimals in re.findall(r"\.(\d+)", text)) <= 5


def test_drawn_areas_within_another(get, coverage) -> None:
    found = get("/api/areas.geojson", type="group", within=OLD_TOWN)
    assert [f["properties"]["code"] for f in found["features"]] == sorted(
        d.code
        for d in coverage.drafts
        if d.type.value == "group" and d.code.startswith(NEW_TOWN)
    )
    properties = found["features"][0]["properties"]
    assert properties["is_invented"] is True
    assert properties["parent_code"].startswith(NEW_TOWN)


def test_drawn_areas_as_of_a_day(get) -> None:
    found = get("/api/areas.geojson", at="2024-06-01")
    assert [f["id"] for f in found["features"]] == [TOWN, OLD_TOWN]


def test_a_copy_that_is_still_right_is_not_sent_again(client, get, session) -> None:
    path = "/api/areas.geojson"
    first = client.get(path)
    assert first.headers["content-type"] == "application/geo+json"
    etag = first.headers["etag"]
    again = client.get(path, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == etag
    # Another question has another copy, and so has another edition.
    other = client.get(path, params={"type": "group"}, headers={"If-None-Match": etag})
    assert other.status_code == 200
    renamed = [
        replace(d, name="又一镇") if d.code == TOWN else d
        for d in make_coverage.wiggly(8, 4, 6).drafts
    ]
    make_coverage.store(session, renamed, day=date(2026, 1, 1))
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_the_edition_in_force_says_where_its_shapes_came_from(get, coverage) -> None:
    found = get("/api/editions/current")
    assert found["active_from"] == "2025-01-01"
    assert found["source"]["licence"] == "CC0-1.0"
    assert found["source"]["is_invented"] is True
    assert found["bounds"] == pytest.approx(coverage.drafts[0].shape.bounds, abs=1e-7)
    assert get("/api/editions/current", at="2024-06-01")["reason"] == "initial"


def test_editions_are_listed_newest_first(get, session) -> None:
    make_coverage.store(session, make_coverage.wiggly(8, 4, 6).drafts, day=SECOND)
    found = get("/api/editions")["items"]
    assert [(e["active_from"], e["is_superseded"]) for e in found] == [
        ("2025-01-01", False),
        ("2025-01-01", True),
        ("2024-01-01", False),
    ]
    assert len({e["id"] for e in found}) == 3


def _tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    cx, cy = unmorton(np.array([cell_of(lon, lat)]))
    shift = CELL_LEVEL - z
    return int(cx[0]) >> shift, int(cy[0]) >> shift


def _decoded(reply) -> dict[str, Any]:
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    found: dict[str, Any] = mapbox_vector_tile.decode(reply.content)
    return found


@pytest.mark.parametrize(
    ("z", "layers"),
    [
        (5, {"counties"}),
        (8, {"counties", "towns"}),
        (11, {"counties", "towns", "villages"}),
        (13, {"counties", "towns", "villages", "groups"}),
    ],
)
def test_a_tile_has_a_layer_for_each_kind_that_its_zoom_carries(
    client, coverage, z, layers
) -> None:
    lon, lat = coverage.drafts[0].shape.centroid.coords[0]
    x, y = _tile_at(lon, lat, z)
    found = _decoded(client.get(f"/tiles/areas/{z}/{x}/{y}.mvt"))
    assert set(found) == layers
    known = {d.code: d for d in coverage.drafts}
    for layer in found.values():
        assert layer["features"]
        for feature in layer["features"]:
            properties = feature["properties"]
            draft = known[properties["code"]]
            assert properties["name"] == draft.name
            assert properties["type"] == draft.type.value
            assert properties.get("parent_code") == draft.parent_code


def test_a_tile_far_away_is_empty(client, coverage) -> None:
    assert client.get("/tiles/areas/13/0/0.mvt").content == b""


def test_a_tile_shows_the_area_where_it_lies(client, coverage) -> None:
    z = 12
    group = next(d for d in coverage.drafts if d.type.value == "group")
    lon, lat = group.shape.representative_point().coords[0]
    x, y = _tile_at(lon, lat, z)
    layer = _decoded(client.get(f"/tiles/areas/{z}/{x}/{y}.mvt"))["groups"]
    # The fraction of the tile, in Mercator, with y upwards as the decoder has it.
    fx = (lon + 180) / 360 * 2**z - x
    fy = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z - y
    spot = shapely.Point(fx * layer["extent"], (1 - fy) * layer["extent"])
    covering = [
        f["properties"]["code"]
        for f in layer["features"]
        if shapely.geometry.shape(f["geometry"]).covers(spot)
    ]
    assert covering == [group.code]


def test_tilejson_leads_to_the_tiles_it_describes(client, coverage) -> None:
    document = client.get("/tiles/areas.json?format=mvt").json()
    assert document["tilejson"] == "3.0.0"
    west, south, east, north = document["bounds"]
    assert coverage.drafts[0].shape.covers(
        shapely.Point((west + east) / 2, (south + north) / 2)
    )
    fields = {layer["id"]: layer for layer in document["vector_layers"]}
    [template] = document["tiles"]
    for z in range(document["minzoom"], document["maxzoom"] + 1):
        x, y = _tile_at((west + east) / 2, (south + north) / 2, z)
        url = template.replace("{z}", str(z)).replace("{x}", str(x))
        found = _decoded(client.get(url.replace("{y}", str(y))))
        announced = {i for i, layer in fields.items() if layer["minzoom"] <= z}
        assert set(found) == announced
        for name, layer in found.items():
            for feature in layer["features"]:
                assert set(feature["properties"]) <= set(fields[name]["fields"])


def test_a_tile_that_is_still_right_is_not_sent_again(client, coverage) -> None:
    lon, lat = coverage.drafts[0].shape.centroid.coords[0]
    x, y = _tile_at(lon, lat, 11)
    path = f"/tiles/areas/11/{x}/{y}.mvt"
    etag = client.get(path).headers["etag"]
    again = client.get(path, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/nothing/11/1/1.mvt",
        "/tiles/nothing.json",
        "/tiles/areas/11/1/1.gif",
        "/tiles/areas/11/1/1.pbf",
        "/tiles/areas/17/1/1.mvt",
        "/tiles/areas/11/2048/1.mvt",
        "/tiles/areas/11/1/2048.mvt",
        "/tiles/areas/11/1/-1.mvt",
        "/tiles/areas/-1/0/0.mvt",
        "/tiles/areas/11/1/x.mvt",
        "/tiles/areas/11/1/1@3x.mvt",
    ],
)
def test_tiles_that_do_not_exist(refusal, path) -> None:
    problem = refusal(path, 404)
    assert problem["errors"][0]["loc"][0] == "path"
    assert problem["errors"][0]["mend"]
