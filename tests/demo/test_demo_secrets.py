"""Passwords that everybody knows work only while nobody else can reach the service."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import make
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Role
from geo_api.db.cipher import Cipher
from geo_api.demo.accounts import (
    PASSWORD,
    PORTAL_KEY,
    Seat,
    add_seats,
    replace_secrets,
    restore_secrets,
)
from geo_api.settings import Settings


@pytest.fixture
def seats(session: Session, cipher: Cipher, now: datetime) -> None:
    county = make.a_county(session)
    add_seats(
        session,
        [
            Seat("county", Role.COUNTY_LEADER, "领导", "620171"),
            Seat("town-1", Role.TOWN_LEADER, "值班员", "620171101"),
        ],
        county.ids,
        county_id=county.ids["620171"],
        now=now,
    )


def _status(client: TestClient, username: str, password: str) -> int:
    reply = client.post("/api/token", data={"username": username, "password": password})
    return reply.status_code


def _key_status(client: TestClient, key: str) -> int:
    return client.get("/tiles/areas.json", headers={"X-Portal-Key": key}).status_code


@pytest.mark.usefixtures("seats")
def test_the_known_secrets_open_the_demo(client: TestClient) -> None:
    assert _status(client, "county", PASSWORD) == 200
    assert _key_status(client, PORTAL_KEY) == 200


@pytest.mark.usefixtures("seats")
def test_nobody_signs_in_as_a_clerk(client: TestClient) -> None:
    assert _status(client, "town-1", PASSWORD) == 401


@pytest.mark.usefixtures("seats")
def test_an_exposed_demo_has_fresh_secrets(
    client: TestClient, session: Session, tmp_path: Path, now: datetime
) -> None:
    marker = tmp_path / "exposed"
    passwords, key = replace_secrets(session, marker=marker, now=now)
    session.flush()
    assert marker.exists()
    assert set(passwords) == {"county"}
    assert _status(client, "county", PASSWORD) == 401
    assert _status(client, "county", passwords["county"]) == 200
    assert (_key_status(client, PORTAL_KEY), _key_status(client, key)) == (401, 200)


@pytest.mark.usefixtures("seats")
def test_the_known_secrets_come_back(
    client: TestClient,
    session: Session,
    settings: Settings,
    tmp_path: Path,
    now: datetime,
) -> None:
    passwords, key = replace_secrets(session, marker=tmp_path / "exposed", now=now)
    restore_secrets(session, now=now)
    session.flush()
    assert _status(client, "county", PASSWORD) == 200
    assert _status(client, "county", passwords["county"]) == 401
    assert (_key_status(client, PORTAL_KEY), _key_status(client, key)) == (200, 401)
