"""Orders and verbs over HTTP: a test says what matters, the rest is made up here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import make
import numpy as np
from fastapi.testclient import TestClient
from shapely import box

from geo_api.accounts.rules import Actor
from geo_api.dispatch.rules import Location
from geo_api.ogc.rules import CELL_LEVEL, cells_of, unmorton
from geo_api.requests.order.drafts import OrderDraft

Headers = Mapping[str, str]


def point_in_zone(world: make.World) -> tuple[float, float]:
    """A lon, lat well inside the zone of 钱联户."""
    west, south, east, north = world.county.shapes[make.GROUP].bounds
    return box(west, south, east, (south + north) / 2).centroid.coords[0]


def tile_at(lon: float, lat: float, z: int, suffix: str = ".png") -> str:
    """The path of the heat tile that a point lies in."""
    x, y = unmorton(cells_of(np.array([lon]), np.array([lat])))
    shift = CELL_LEVEL - z
    return f"/tiles/heat/{z}/{x[0] >> shift}/{y[0] >> shift}{suffix}"


def an_order(world: make.World, **changes: Any) -> dict[str, Any]:
    """The body of an order; what is None is left out."""
    lon, lat = point_in_zone(world)
    body = {
        "service_code": "XQ-SHUI",
        "description": "停水两天",
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def a_draft(world: make.World, at: datetime, **changes: Any) -> OrderDraft:
    """The same order as it is handed to the rooms below HTTP, by nobody known."""
    lon, lat = point_in_zone(world)
    said = {
        "actor": Actor(),
        "service_code": "XQ-SHUI",
        "description": "停水两天",
        "location": Location(lon=lon, lat=lat, crs="wgs84"),
        **changes,
    }
    return OrderDraft(at=at, **said)


def order(
    client: TestClient,
    world: make.World,
    headers: Headers | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """Order something; what the orderer was answered."""
    body = an_order(world, **changes)
    reply = client.post("/api/requests", json=body, headers=dict(headers or {}))
    assert reply.status_code == 201, reply.text
    answered: dict[str, Any] = reply.json()
    return answered


def link_of(ordered: Mapping[str, Any]) -> dict[str, str]:
    """Headers of the resident who holds the tracking link."""
    secret = ordered["tracking_url"].rsplit("/", 1)[1]
    return {"Authorization": f"Bearer {secret}"}


def path_of(client: TestClient, ordered: Mapping[str, Any]) -> str:
    """The request's path, as its resident finds it."""
    reply = client.get("/api/requests", headers=link_of(ordered))
    assert reply.status_code == 200, reply.text
    (item,) = reply.json()["items"]
    return f"/api/requests/{item['id']}"


def act(
    client: TestClient,
    path: str,
    verb: str,
    headers: Headers,
    body: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> dict[str, Any]:
    """Do one verb and expect a status."""
    reply = client.post(f"{path}/{verb}", json=body, headers=dict(headers))
    assert reply.status_code == status, reply.text
    answered: dict[str, Any] = reply.json()
    return answered


def decisions(client: TestClient, path: str, headers: Headers) -> list[dict[str, Any]]:
    """Every decision about who handles it, oldest first."""
    reply = client.get(f"{path}/dispatch", headers=dict(headers))
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["decisions"]
    return found


def history(client: TestClient, path: str, headers: Headers) -> list[dict[str, Any]]:
    """The whole history, oldest first."""
    reply = client.get(f"{path}/history", headers=dict(headers))
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["items"]
    return found


def numbers(client: TestClient, headers: Headers, **query: Any) -> list[str]:
    """Numbers of the requests that a caller is listed."""
    reply = client.get("/api/requests", params=query, headers=dict(headers))
    assert reply.status_code == 200, reply.text
    return [item["number"] for item in reply.json()["items"]]
