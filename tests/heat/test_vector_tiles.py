"""Heat as vector tiles: counted cells in scope, bands of village rates for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import make
import make_requests
import mapbox_vector_tile
import pytest
from make_requests import tile_at
from sqlalchemy.orm import Session

from geo_api.heat.publication import publish_ended
from geo_api.heat.rules import band_of, grid_of, shares_of
from geo_api.ogc.rules import Tile
from geo_api.settings import PrivacySettings, Settings, StateSettings

Z = 14


@pytest.fixture
def settings(state_dir) -> Settings:
    """Floors that the small county can reach."""
    return Settings(
        state=StateSettings(state_dir=state_dir),
        privacy=PrivacySettings(public_min_households=2, public_min_requests=3),
    )


@pytest.fixture
def spot(world: make.World) -> tuple[float, float]:
    return make_requests.point_in_zone(world)


@pytest.fixture
def publish(session: Session, settings: Settings, clock) -> Callable[[], int]:
    """What the night does."""
    return lambda: publish_ended(session, settings, now=clock.now)


def _layers(reply) -> dict[str, Any]:
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    found: dict[str, Any] = mapbox_vector_tile.decode(reply.content)
    return found


def _last_month(client, world, clock, n: int, **changes: Any) -> None:
    now = clock.now
    clock.now = now - timedelta(days=20)
    for _ in range(n):
        make_requests.order(client, world, **changes)
    clock.now = now


@pytest.mark.parametrize("name", ["county", "town", "village", "handler", "admin"])
def test_a_cell_counts_the_requests_in_it_for_who_may_see_them(
    client, world, sign_in, spot, name: str
) -> None:
    for _ in range(3):
        make_requests.order(client, world)
    reply = client.get(tile_at(*spot, Z, ".mvt"), headers=sign_in(name))
    layers = _layers(reply)
    assert set(layers) == {"cells"}
    [cell] = layers["cells"]["features"]
    assert cell["properties"] == {"count": 3}
    extent = layers["cells"]["extent"]
    n = 1 << Z
    x = (spot[0] + 180) / 360 * n % 1 * extent
    xs = [point[0] for point in cell["geometry"]["coordinates"][0]]
    assert min(xs) <= x <= max(xs)
    assert max(xs) - min(xs) == extent / 16


@pytest.mark.parametrize("name", ["other_town", "other_village", "stranger", "auditor"])
def test_outside_ones_scope_no_cell_is_counted(
    client, world, sign_in, spot, name: str
) -> None:
    make_requests.order(client, world)
    reply = client.get(tile_at(*spot, Z, ".mvt"), headers=sign_in(name))
    assert _layers(reply) == {}


def test_filters_narrow_the_cells(client, world, sign_in, spot) -> None:
    make_requests.order(client, world)
    for code, is_counted in (("XQ-SHUI", True), ("XQ-LU", False)):
        reply = client.get(
            tile_at(*spot, Z, ".mvt"),
            params={"service_code": code},
            headers=sign_in("town"),
        )
        assert bool(_layers(reply)) is is_counted


def test_the_public_gets_a_village_with_its_band_and_no_figure(
    client, world, clock, spot, publish
) -> None:
    _last_month(client, world, clock, 3)
    publish()
    make_requests.order(client, world)
    layers = _layers(client.get(tile_at(*spot, Z, ".mvt")))
    assert set(layers) == {"villages"}
    [village] = layers["villages"]["features"]
    assert village["properties"] == {
        "code": make.VILLAGE,
        "name": "西南村",
        "rate_band": 5,
    }
    assert village["geometry"]["type"] == "Polygon"


def test_below_a_floor_no_village_is_told(client, world, clock, spot, publish) -> None:
    _last_month(client, world, clock, 2)
    _last_month(client, world, clock, 3, service_code="JB-JUBAO")
    lon, lat = world.point(make.OTHER_VILLAGE)
    place = {"lon": lon, "lat": lat, "crs": "wgs84"}
    _last_month(client, world, clock, 9, location=place)
    assert publish() > 0
    for at in (spot, (lon, lat)):
        assert client.get(tile_at(*at, Z, ".mvt")).content == b""


def test_a_public_tile_is_kept_while_its_version_is_the_present_one(
    client, world, clock, spot, sign_in, publish
) -> None:
    _last_month(client, world, clock, 3)
    publish()

    def version() -> str:
        document = client.get("/tiles/heat.json").json()
        [one] = {url.rpartition("v=")[2] for url in document["tiles"]}
        return one

    first = version()
    for suffix in (".png", ".mvt"):
        kept = client.get(tile_at(*spot, Z, suffix), params={"v": first})
        assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
        other = client.get(tile_at(*spot, Z, suffix), params={"v": "another"})
        assert other.headers["cache-control"] == "public, max-age=30"
        assert other.content == kept.content
    # What comes in late changes nothing that is out; the next month does.
    _last_month(client, world, clock, 30)
    publish()
    assert version() == first
    clock.now += timedelta(days=30)
    publish()
    assert version() != first
    late = client.get(tile_at(*spot, Z), params={"v": first})
    assert late.headers["cache-control"] == "public, max-age=30"
    live = client.get(
        tile_at(*spot, Z), params={"v": version()}, headers=sign_in("town")
    )
    assert live.headers["cache-control"] == "private, max-age=30"
    staff = client.get("/tiles/heat.json", headers=sign_in("town")).json()
    assert "v=" not in "".join(staff["tiles"])


def test_a_vector_tile_that_has_not_changed_is_not_sent_again(
    client, world, sign_in, spot
) -> None:
    make_requests.order(client, world)
    path, headers = tile_at(*spot, Z, ".mvt"), sign_in("town")
    etag = client.get(path, headers=headers).headers["etag"]
    again = {**headers, "If-None-Match": etag}
    assert client.get(path, headers=again).status_code == 304
    make_requests.order(client, world)
    assert client.get(path, headers=again).status_code == 200


def test_bands_rise_with_the_rate_and_one_outlier_does_not_pale_the_rest() -> None:
    shares = shares_of([*[10.0] * 30, 1000.0])
    assert shares[0] > 0.9
    assert [band_of(share) for share in (0, 0.03, 0.05, 0.5, 0.7, 1)] == [
        1, 1, 2, 4, 5, 5,
    ]  # fmt: skip
    assert shares_of([]) == []
    assert shares_of([0.0, 0.0]) == [0.0, 0.0]


@pytest.mark.parametrize(("z", "across"), [(7, 16), (14, 16), (16, 4), (18, 1)])
def test_cells_are_never_narrower_than_a_neighbourhood(z: int, across: int) -> None:
    grid = grid_of(Tile(z, 5, 6))
    assert (grid.width, grid.height) == (across, across)
    assert grid.level <= 18
