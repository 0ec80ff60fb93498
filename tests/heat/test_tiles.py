"""The heat tile over HTTP: warm for who may see the order, and for nobody else."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import make
import make_requests
import numpy as np
import pytest
from make_requests import act, path_of, tile_at
from PIL import Image
from sqlalchemy import text
from sqlalchemy.orm import Session

from geo_api.accounts.portal_keys import create_portal_key
from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.heat import queries
from geo_api.heat.publication import publish_ended
from geo_api.heat.rules import window_of
from geo_api.ogc.layers import TileFilters
from geo_api.ogc.rules import EARTH_CIRCUMFERENCE_M, Tile, cells_of
from geo_api.settings import PrivacySettings, ServerSettings, Settings, StateSettings

Z = 14
PORTAL = "https://portal.example"


@pytest.fixture
def settings(state_dir) -> Settings:
    """Floors that the small county can reach, and one portal that may read tiles."""
    return Settings(
        state=StateSettings(state_dir=state_dir),
        privacy=PrivacySettings(public_min_households=2, public_min_requests=3),
        server=ServerSettings(cors_origins=(PORTAL,)),
    )


def _alpha(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3]


def _tile(lon: float, lat: float, z: int) -> Tile:
    _, _, _, _, x, y = tile_at(lon, lat, z, "").split("/")
    return Tile(z, int(x), int(y))


def _pixel(lon: float, lat: float, z: int, pixels: int = 256) -> tuple[int, int]:
    """Row and column of a point in its tile."""
    n = 1 << z
    u = (lon + 180) / 360 * n
    v = (0.5 - np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi)) * n
    return int(v % 1 * pixels), int(u % 1 * pixels)


@pytest.fixture
def spot(world: make.World) -> tuple[float, float]:
    return make_requests.point_in_zone(world)


@pytest.mark.parametrize(
    "name", ["county", "town", "village", "handler", "grid", "town_desk", "admin"]
)
def test_the_pixel_at_the_ordered_point_grows_warm_in_scope(
    client, world, sign_in, spot, name: str
) -> None:
    tile, at = tile_at(*spot, Z), _pixel(*spot, Z)
    before = _alpha(client.get(tile, headers=sign_in(name)).content)
    make_requests.order(client, world)
    after = _alpha(client.get(tile, headers=sign_in(name)).content)
    assert before[at] == 0
    assert after[at] > 100
    assert after[at] == after.max()


@pytest.mark.parametrize("name", ["other_town", "other_village", "stranger", "auditor"])
def test_outside_ones_scope_nothing_shows(
    client, world, sign_in, spot, name: str
) -> None:
    make_requests.order(client, world)
    tile = client.get(tile_at(*spot, Z), headers=sign_in(name))
    assert tile.status_code == 200
    assert _alpha(tile.content).max() == 0


def test_the_public_sees_nothing_of_this_month(client, world, spot) -> None:
    for _ in range(5):
        make_requests.order(client, world)
    assert _alpha(client.get(tile_at(*spot, Z)).content).max() == 0


def _last_month(client, world, clock, n: int, **changes: Any) -> None:
    """``n`` orders in February; the clock goes back to March."""
    now = clock.now
    clock.now = now - timedelta(days=20)
    for _ in range(n):
        make_requests.order(client, world, **changes)
    clock.now = now


@pytest.fixture
def publish(session: Session, settings: Settings, clock) -> Callable[[], int]:
    """What the night does."""
    return lambda: publish_ended(session, settings, now=clock.now)


def test_of_published_months_the_public_sees_whole_villages(
    client, world, clock, spot, publish
) -> None:
    _last_month(client, world, clock, 3)
    publish()
    alpha = _alpha(client.get(tile_at(*spot, Z)).content)
    assert alpha.min() == alpha.max() > 0
    month = {"from": "2026-02-01", "to": "2026-03-01"}
    assert _alpha(client.get(tile_at(*spot, Z), params=month).content).min() > 0
    elsewhere = tile_at(*world.point(make.OTHER_VILLAGE), Z)
    assert _alpha(client.get(elsewhere).content).max() == 0


def test_below_the_floor_of_requests_nothing_is_told(
    client, world, clock, spot, publish
) -> None:
    _last_month(client, world, clock, 2)
    _last_month(client, world, clock, 3, service_code="JB-JUBAO")
    assert publish() > 0
    assert _alpha(client.get(tile_at(*spot, Z)).content).max() == 0


def test_below_the_floor_of_households_nothing_is_told(
    client, world, clock, publish
) -> None:
    lon, lat = world.point(make.OTHER_VILLAGE)
    place = {"lon": lon, "lat": lat, "crs": "wgs84"}
    _last_month(client, world, clock, 9, location=place)
    assert publish() > 0
    assert _alpha(client.get(tile_at(lon, lat, Z)).content).max() == 0


def test_a_portal_sees_the_public_tile_of_its_own_areas(
    client, session: Session, world, now, clock, spot, publish
) -> None:
    _last_month(client, world, clock, 3)
    publish()
    shown = []
    for code in ("620171101", "620171102"):
        _, secret = create_portal_key(
            session, name=code, origins=[], layers=["heat"],
            area_ids=[world.county.ids[code]], now=now,
        )  # fmt: skip
        session.flush()
        reply = client.get(tile_at(*spot, Z), headers={"X-Portal-Key": secret})
        assert "X-Portal-Key" in reply.headers["vary"]
        shown.append(bool(_alpha(reply.content).max()))
    assert shown == [True, False]


@pytest.mark.parametrize(
    ("query", "is_warm"),
    [
        ({"service_code": "XQ-SHUI"}, True),
        ({"service_code": ["XQ-LU", "XQ-DIAN"]}, False),
        ({"group": "基础设施"}, True),
        ({"group": "环境卫生"}, False),
        ({"stage": "accepted"}, True),
        ({"stage": ["completed", "rated"]}, False),
        ({"from": "2026-03-02", "to": "2026-03-03"}, True),
        ({"from": "2026-03-03"}, False),
        ({"to": "2026-03-02"}, False),
    ],
)
def test_filters_narrow_the_tile(
    client, world, sign_in, spot, query: dict, is_warm: bool
) -> None:
    path = path_of(client, make_requests.order(client, world))
    act(client, path, "accept", sign_in("handler"))
    reply = client.get(tile_at(*spot, Z), params=query, headers=sign_in("town"))
    assert bool(_alpha(reply.content).max()) is is_warm


def test_a_confidential_order_warms_its_desks_tile_only(
    client, world, sign_in, spot
) -> None:
    make_requests.order(client, world, service_code="JB-JUBAO")
    tile = tile_at(*spot, Z)
    warm = {
        name: bool(_alpha(client.get(tile, headers=sign_in(name)).content).max())
        for name in ("town_desk", "town", "county", "village", "handler", "admin")
    }
    assert warm == {
        "town_desk": True, "town": True, "county": True,
        "village": False, "handler": False, "admin": False,
    }  # fmt: skip


def test_a_doubled_tile_has_twice_the_pixels_at_the_same_places(
    client, world, sign_in, spot
) -> None:
    make_requests.order(client, world)
    headers = sign_in("town")
    single = _alpha(client.get(tile_at(*spot, Z), headers=headers).content)
    reply = client.get(tile_at(*spot, Z, "@2x.png"), headers=headers)
    double = _alpha(reply.content)
    assert reply.headers["content-type"] == "image/png"
    assert double.shape == (512, 512)
    assert abs(double[::2, ::2].astype(int) - single.astype(int)).max() <= 12
    empty = client.get("/tiles/heat/14/0/0@2x.png", headers=headers)
    assert _alpha(empty.content).shape == (512, 512)


def test_neighbouring_tiles_agree_along_their_seams(client, world, sign_in) -> None:
    middle_tile = _tile(*world.point(make.GROUP), Z)
    west, south, east, north = middle_tile.bounds
    for lon, lat in (
        (east - 0.0004, (south + north) / 2),
        ((west + east) / 2, south + 0.0004),
    ):
        place = {"lon": lon, "lat": lat, "crs": "wgs84"}
        make_requests.order(client, world, location=place)
    headers = sign_in("county")

    def painted(right: int, down: int) -> np.ndarray:
        x, y = middle_tile.x + right, middle_tile.y + down
        reply = client.get(f"/tiles/heat/{Z}/{x}/{y}.png", headers=headers)
        return _alpha(reply.content).astype(int)

    middle = painted(0, 0)
    for one, other in (
        (middle[:, -1], painted(1, 0)[:, 0]),
        (middle[-1, :], painted(0, 1)[0, :]),
    ):
        assert one.max() > 50
        steps = abs(np.diff(middle, axis=0)).max(), abs(np.diff(middle, axis=1)).max()
        assert abs(one - other).max() <= max(steps) + 2


def test_a_tile_that_has_not_changed_is_not_sent_again(
    client, world, sign_in, spot
) -> None:
    tile, headers = tile_at(*spot, Z), sign_in("town")
    first = client.get(tile, headers=headers)
    assert first.headers["cache-control"] == "private, max-age=30"
    etag = {"If-None-Match": first.headers["etag"]}
    same = client.get(tile, headers={**headers, **etag})
    assert same.status_code == 304
    assert same.content == b""
    assert same.headers["etag"] == first.headers["etag"]
    assert same.headers["cache-control"] == "private, max-age=30"
    assert same.headers["vary"] == first.headers["vary"]
    make_requests.order(client, world)
    assert client.get(tile, headers={**headers, **etag}).status_code == 200
    public = client.get(tile)
    assert public.headers["cache-control"] == "public, max-age=30"
    assert {"Cookie", "Authorization"} <= set(public.headers["vary"].split(", "))


def test_tilejson_describes_the_layer(client, world, sign_in) -> None:
    document = client.get("/tiles/heat.json", headers=sign_in("town")).json()
    assert "published" not in document
    document = client.get("/tiles/heat.json?theme=dark").json()
    assert document["tilejson"] == "3.0.0"
    stem = "http://127.0.0.1:8000/tiles/heat/{z}/{x}/{y}"
    assert [url.partition("&v=")[0] for url in document["tiles"]] == [
        f"{stem}.png?theme=dark",
        f"{stem}.mvt?theme=dark",
    ]
    west, south, east, north = document["bounds"]
    assert (west, south) == pytest.approx((make.WEST, make.SOUTH))
    assert (east, north) == pytest.approx((make.WEST + 0.4, make.SOUTH + 0.4))
    assert document["minzoom"] <= 9 < 16 <= document["maxzoom"]
    # A client that takes any of the addresses asks for those of its own kind.
    one = client.get("/tiles/heat.json?format=mvt").json()["tiles"]
    assert [url.partition("?v=")[0] for url in one] == [f"{stem}.mvt"]
    assert client.get("/tiles/heat.json?format=gif").status_code == 400
    areas = client.get("/tiles/areas.json").json()
    assert [url.partition("?v=")[0] for url in areas["tiles"]] == [
        "http://127.0.0.1:8000/tiles/areas/{z}/{x}/{y}.mvt",
        "http://127.0.0.1:8000/tiles/areas/{z}/{x}/{y}.png",
    ]
    assert {layer["id"] for layer in areas["vector_layers"]} >= {"towns", "villages"}


@pytest.mark.parametrize("path", ["/tiles/heat.json", "/tiles/heat/9/403/200.png"])
def test_only_configured_origins_may_read(client, world, path: str) -> None:
    allowed = "access-control-allow-origin"
    theirs = client.get(path, headers={"Origin": PORTAL})
    assert theirs.headers[allowed] == PORTAL
    assert "access-control-allow-credentials" not in theirs.headers
    for headers in ({"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {}):
        reply = client.get(path, headers=headers)
        assert reply.status_code == 200
        assert allowed not in reply.headers
        assert "Origin" in reply.headers["vary"]


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/rain/9/403/200.png",
        "/tiles/areas/9/403/200.gif",
        "/tiles/heat/9/403/200.jpg",
        "/tiles/heat/9/512/200.png",
        "/tiles/heat/9/403/200@3x.png",
        "/tiles/heat/19/403/200.png",
        "/tiles/heat/-1/0/0.png",
        "/tiles/rain.json",
    ],
)
def test_other_tiles_do_not_exist(client, world, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_period_that_ends_before_it_begins_is_refused(client, world) -> None:
    query = {"from": "2026-03-02", "to": "2026-03-01"}
    for path in ("/tiles/heat.json", "/tiles/heat/9/403/200.png"):
        assert client.get(path, params=query).status_code == 400


def test_a_window_counts_each_cell_that_lies_in_it(
    session: Session, world, now
) -> None:
    """By ranges of cell numbers as by columns and rows; tests of plans say how fast."""
    draw = np.random.default_rng(1)
    lon = draw.uniform(make.WEST, make.WEST + 0.4, 20_000)
    lat = draw.uniform(make.SOUTH, make.SOUTH + 0.4, 20_000)
    session.execute(
        text(
            """
            INSERT INTO service_request
              (public_id, number, service_id, description, channel, is_confidential,
               cell, listed_cell, edition_id, county_id, status, stage, handler_id,
               decline_count, reopen_count, ordered_at, due_at, dispatched_at,
               updated_at)
            SELECT gen_random_uuid(), 'N' || cell || '-' || ordinality,
                   (SELECT min(id) FROM service), '', 'web', false, cell, cell,
                   :edition, :county, 'open', 'dispatched', :handler, 0, 0,
                   CAST(:now AS timestamptz), :now, :now, :now
            FROM unnest(CAST(:cells AS bigint[])) WITH ORDINALITY AS c(cell)
            """
        ),
        {
            "cells": cells_of(lon, lat).tolist(),
            "edition": world.county.edition_id,
            "county": world.county.ids["620171"],
            "handler": world.people["county_desk"],
            "now": now,
        },
    )
    county = Actor(
        kind=CallerKind.ACCOUNT,
        role=Role.COUNTY_LEADER,
        area_ids=frozenset({world.county.ids["620171"]}),
    )
    window = window_of(_tile(*world.point(make.GROUP), Z), 450, 256)
    counts = queries.count_cells(session, county, window, TileFilters())
    # As many as lie in the window's rectangle of cells, counted another way.
    n = 1 << window.level
    metre = EARTH_CIRCUMFERENCE_M / (2 * np.pi)
    column = ((lon + 180) / 360 * n).astype(int)
    northing = metre * np.arctanh(np.sin(np.radians(lat)))
    row = ((0.5 - northing / EARTH_CIRCUMFERENCE_M) * n).astype(int)
    inside = (
        (column >= window.first_x)
        & (column < window.first_x + window.width)
        & (row >= window.first_y)
        & (row < window.first_y + window.height)
    )
    assert counts.sum() == inside.sum() > 0
