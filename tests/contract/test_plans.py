"""Scope, pages and sweeps go by an index, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from urllib.parse import quote

import make
import make_requests
import pytest
from fastapi.testclient import TestClient
from make_full_size import grow, label_of, sign_in_all
from make_plans import GROWING, Explained, explained
from make_requests import tile_at
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from geo_api.privacy.retention import sweep_batch

# Whose scope is less than the county; what they ask reads what is theirs.
NARROW = ("village", "town", "handler", "grid")
# At full size: a row or more to an order.
_BY_ORDER = {
    "audit_entry",
    "contact",
    "dispatch_decision",
    "request_event",
    "service_request",
    "token",
}
# A leader of the county counts the county: there the whole table is what was asked for.
_COUNTED = ("/api/summary", "/tiles/heat")


def asked(
    group: str, lon: float, lat: float, now: datetime
) -> dict[str, tuple[str, ...]]:
    """Every list, count, tile and search in scope, and who asks."""
    yesterday = quote((now - timedelta(days=1)).isoformat())
    box = f"{lon - 0.01},{lat - 0.01},{lon + 0.01},{lat + 0.01}"
    everybody = (*NARROW, "county")
    keepers = ("village", "town", "county")
    return {
        "/api/requests": everybody,
        "/api/requests?sort=due": everybody,
        "/api/requests?overdue=true&sort=due": everybody,
        f"/api/requests?updated_after={yesterday}": everybody,
        f"/api/requests?area={group}": everybody,
        f"/api/requests?bbox={box}": everybody,
        "/api/requests?service_code=XQ-LU": everybody,
        "/api/requests?from=2026-02-01&to=2026-02-08": everybody,
        "/api/requests?q=F77": NARROW,
        "/api/requests.xlsx?from=2026-02-27": NARROW,
        "/api/summary": everybody,
        "/api/summary?by=area&from=2026-02-01": everybody,
        tile_at(lon, lat, 9): everybody,
        tile_at(lon, lat, 14): everybody,
        tile_at(lon, lat, 14, ".mvt"): everybody,
        "/api/events?seconds=0": everybody,
        "/api/households": everybody,
        f"/api/households?area={group}": everybody,
        "/api/coverage": keepers,
        "/api/coverage/households": ("village", "town"),
        "/api/people": everybody,
        "/api/duties": everybody,
        "/api/zones": everybody,
        "/api/leave": everybody,
        tile_at(lon, lat, 13, ".mvt").replace("heat", "zones"): everybody,
        "/api/me": everybody,
        "/api/audit": ("auditor",),
        "/api/audit?action=request.read": ("auditor",),
    }


def _walk(
    client: TestClient,
    headers: Callable[[str], dict[str, str]],
    found: list[Explained],
    addresses: dict[str, tuple[str, ...]],
    tables: Collection[str] = GROWING,
) -> list[str]:
    """What each caller's asking reads as a whole, of some tables."""
    told = []
    for address, callers in addresses.items():
        for caller in callers:
            found.clear()
            reply = client.get(address, headers=headers(caller))
            assert reply.status_code == 200, (address, caller, reply.text)
            told += [
                f"{caller} {address} reads {whole}"
                for statement in found
                for whole in statement.wholes
                if whole.table in tables
            ]
    return told


@pytest.fixture
def indexed(session: Session, world: make.World) -> Session:
    """A session whose server would rather do anything than read a whole table.

    So small a county is quickest read as a whole; what still is has no index to go by.
    """
    for way in ("seqscan", "hashjoin", "mergejoin"):
        session.execute(text(f"SET LOCAL enable_{way} = off"))
    return session


def test_an_index_serves_whatever_is_asked_in_scope(
    client, indexed: Session, world, sign_in, now
) -> None:
    make_requests.order(client, world)
    lon, lat = world.point(make.GROUP)
    with explained(indexed.connection()) as found:
        told = _walk(client, sign_in, found, asked(make.GROUP, lon, lat, now))
    assert told == []


def test_an_index_serves_every_sweep(
    client, indexed: Session, world, settings, now
) -> None:
    make_requests.order(client, world)
    long_after = now + timedelta(days=800)
    with explained(indexed.connection()) as found:
        sweep_batch(indexed, now=long_after, settings=settings)
    assert [str(whole) for statement in found for whole in statement.wholes] == []


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_at_full_size_scope_reads_what_is_in_it(
    committing_client, fresh_database, fresh_world, cipher, now
) -> None:
    engine = create_engine(fresh_database.owner_url, poolclass=NullPool)
    county = grow(engine, cipher, fresh_world, now)
    with fresh_database.sessions.transaction() as session:
        headers = sign_in_all(session, county, now)
        lon, lat = label_of(session, county.village)
    addresses = {
        address: tuple(
            who
            for who in callers
            if who != "county" or not address.startswith(_COUNTED)
        )
        for address, callers in asked(county.group, lon, lat, now).items()
    }
    with explained(fresh_database.sessions.engine) as found:
        told = _walk(
            committing_client, headers.__getitem__, found, addresses, _BY_ORDER
        )
        assert told == []
        found.clear()
        tile = tile_at(lon, lat, 14, ".mvt")
        committing_client.get(tile, headers=headers["county"])
        assert any(
            statement.goes_by("ix_service_request_listed_cell_ordered_at")
            for statement in found
        )
