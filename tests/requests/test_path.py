"""One request from order to rating, over HTTP."""

from __future__ import annotations

from datetime import datetime

import make
import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from geo_api.db.cipher import Cipher
from geo_api.ogc.rules import CELL_LEVEL, cell_of, unmorton


@pytest.fixture
def world(session: Session, cipher: Cipher, now: datetime) -> make.World:
    return make.a_world(session, cipher, now)


@pytest.fixture
def sign_in(session: Session, world: make.World, now: datetime):
    """Headers for one of the world's accounts."""
    return lambda name: make.a_token(session, world, name, now)


def _order(client: TestClient, world: make.World, **changes) -> dict:
    lon, lat = make._halves(world.county.shapes[make.GROUP])[0].centroid.coords[0]
    body = {
        "service_code": "XQ-SHUI",
        "description": "停水两天",
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        **changes,
    }
    headers = body.pop("headers", {})
    reply = client.post("/api/requests", json=body, headers=headers)
    assert reply.status_code == 201, reply.text
    return reply.json()


def _find(client: TestClient, headers: dict, number: str) -> dict:
    reply = client.get("/api/requests", params={"q": number}, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.json()["items"][0]


def test_ordered_dispatched_accepted_completed_and_rated(
    client, world, sign_in, clock
) -> None:
    ordered = _order(client, world, contact={"name": "褚先生", "phone": "10098765432"})
    assert ordered["stage"] == "dispatched"
    assert ordered["handler"] == {
        "person_id": None,
        "name": "钱*",
        "duty": "household_care",
    }
    assert ordered["explanation"] is None
    handler = sign_in("handler")
    request = _find(client, handler, ordered["number"])
    path = f"/api/requests/{request['id']}"
    assert client.post(f"{path}/accept", headers=handler).json()["stage"] == "accepted"
    done = client.post(f"{path}/complete", json={"note": "已修好"}, headers=handler)
    assert done.json()["stage"] == "completed"
    assert done.json()["status"] == "closed"
    token = ordered["tracking_url"].rsplit("/", 1)[1]
    resident = {"Authorization": f"Bearer {token}"}
    rated = client.post(f"{path}/rate", json={"score": "satisfied"}, headers=resident)
    assert rated.json()["stage"] == "rated"
    history = client.get(f"{path}/history", headers=handler).json()["items"]
    assert [event["verb"] for event in history] == [
        "order",
        "dispatch",
        "accept",
        "complete",
        "rate",
    ]


def test_the_summary_counts_what_happened(client, world, sign_in) -> None:
    _order(client, world)
    _order(client, world, service_code="XQ-LU")
    summary = client.get(
        "/api/summary", params={"by": "service"}, headers=sign_in("town")
    ).json()
    assert summary["totals"]["ordered"] == 2
    assert summary["totals"]["open"] == 2
    rows = {row["key"]: row["ordered"] for row in summary["rows"]}
    assert rows["XQ-SHUI"] == 1
    assert rows["XQ-LU"] == 1
    assert list(rows) == sorted(rows)


def test_the_handlers_tile_is_warm_where_it_was_ordered(client, world, sign_in) -> None:
    tile = "/tiles/heat/12/3226/1604.png"
    headers = sign_in("town")
    before = client.get(tile, headers=headers)
    assert before.status_code == 200
    _order(client, world)
    lon, lat = make._halves(world.county.shapes[make.GROUP])[0].centroid.coords[0]
    cx, cy = unmorton(np.array([cell_of(lon, lat)]))
    z, shift = 12, CELL_LEVEL - 12
    tile = f"/tiles/heat/{z}/{cx[0] >> shift}/{cy[0] >> shift}.png"
    warm = client.get(tile, headers=headers)
    assert warm.status_code == 200
    assert warm.content != before.content
    public = client.get(tile)
    assert public.status_code == 200
    assert public.content == before.content
