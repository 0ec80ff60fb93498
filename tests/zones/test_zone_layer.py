"""Zones as vector tiles: the zones that one may list, with their households' number."""

from __future__ import annotations

import io
from typing import Any

import make
import make_requests
import mapbox_vector_tile
import numpy as np
import pytest
from make_requests import tile_at
from PIL import Image


def _zones_tile(world: make.World) -> str:
    path = tile_at(*make_requests.point_in_zone(world), 9, ".mvt")
    return path.replace("/heat/", "/zones/")


def _layers(reply) -> dict[str, Any]:
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = mapbox_vector_tile.decode(reply.content)
    return found


@pytest.mark.parametrize(
    ("name", "zones"),
    [
        ("county", 2), ("town", 2), ("village", 2), ("admin", 2),
        # A handler sees the zone of the own duty, and no other.
        ("handler", 1), ("other_town", 0), ("stranger", 0),
    ],
)  # fmt: skip
def test_a_tile_shows_the_zones_that_the_caller_may_list(
    client, world, sign_in, name: str, zones: int
) -> None:
    headers = sign_in(name)
    layers = _layers(client.get(_zones_tile(world), headers=headers))
    listed = client.get("/api/zones", headers=headers).json()["items"]
    shown = [f["properties"] for f in layers.get("zones", {"features": []})["features"]]
    assert shown == [
        {key: zone[key] for key in ("code", "name", "kind", "household_count")}
        for zone in listed
    ]
    assert len(shown) == zones
    labels = layers.get("zone_labels", {"features": []})["features"]
    assert {label["geometry"]["type"] for label in labels} <= {"Point"}
    assert {label["properties"]["code"] for label in labels} <= {
        zone["code"] for zone in shown
    }


def test_a_zone_tells_how_many_households_and_none_of_them(
    client, world, sign_in
) -> None:
    reply = client.get(_zones_tile(world), headers=sign_in("county"))
    first, second = _layers(reply)["zones"]["features"]
    assert first["properties"]["code"] == make.ZONE
    assert first["properties"]["household_count"] == 2
    assert second["properties"]["household_count"] == 0
    assert "赵户主".encode() not in reply.content
    assert reply.headers["cache-control"] == "private, max-age=30"


def test_a_picture_shows_the_lines_of_the_callers_zones_only(
    client, world, sign_in
) -> None:
    path = _zones_tile(world).replace(".mvt", "@2x.png")

    def painted(name: str) -> int:
        reply = client.get(path, headers=sign_in(name))
        assert reply.headers["content-type"] == "image/png"
        image = Image.open(io.BytesIO(reply.content))
        assert image.size == (512, 512)
        return int((np.asarray(image)[..., 3] > 0).sum())

    assert painted("county") > painted("handler") > 0
    assert painted("stranger") == 0


@pytest.mark.parametrize("path", ["/tiles/zones.json", "/tiles/zones/9/403/200.mvt"])
def test_zones_are_for_staff(client, world, sign_in, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers=sign_in("auditor")).status_code == 403
    assert client.get(path, headers=sign_in("handler")).status_code == 200
