"""A village that an older house has kept comes through ``minqing upgrade`` whole."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import make
import make_accounts
import pytest
from fastapi.testclient import TestClient
from make_database import a_database
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from geo_api.app import create_app
from geo_api.cli.database import context_of
from geo_api.settings import Settings

# Schema 0014; ``write_village`` says of which commit.
DUMP = Path(__file__).parent.parent / "db" / "before" / "village_0014.sql"
KEY = b"0" * 43 + b"="

# What every upgrade fills anew, and which columns have become something else since.
FILLED = {"alembic_version", "calendar_day", "publication", "published_rate"}
MOVED = {
    "service": {
        "duty_kind",
        "due_working_days",
        "due_hours",
        "is_confidential",
        "ended_at",
    },
    "responsibility_zone": {"geom"},
}
STAGES = {"dispatched", "accepted", "completed", "rated", "withdrawn"}


@dataclass(frozen=True)
class Village:
    """The database that was loaded from the dump, and what stands in it."""

    url: str
    before: dict[str, list[dict[str, Any]]]

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        return _rows(self.url)


def _rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """All that stands in the village's tables, as text."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'minqing'")
        ).all()
        found = {
            table: [
                row.one
                for row in connection.execute(
                    text(f"SELECT to_jsonb(t) AS one FROM minqing.{table} t")
                )
            ]
            for table in tables
            if table not in FILLED
        }
    engine.dispose()
    return found


def _kept(rows: list[dict[str, Any]], columns: set[str]) -> list[dict[str, Any]]:
    return sorted(({name: row[name] for name in columns} for row in rows), key=repr)


@pytest.fixture
def village(
    server, settings_env: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Village]:
    psql = shutil.which("psql")
    assert psql is not None
    with a_database(server, "village") as name:
        server.execute("CREATE EXTENSION postgis", database=name)
        url = server.url.set(database=name).render_as_string(hide_password=False)
        subprocess.run(
            [psql, "-qv", "ON_ERROR_STOP=1", "-f", DUMP, url.replace("+psycopg", "")],
            check=True,
            capture_output=True,
        )
        monkeypatch.setenv("MINQING_DATABASE_URL", server.app_url(name))
        monkeypatch.setenv("MINQING_OWNER_DATABASE_URL", url)
        (settings_env / "contact.key").write_bytes(KEY)
        yield Village(url, _rows(url))


def test_a_village_of_before_loses_nothing_and_goes_on(run, village: Village) -> None:
    before = village.before
    assert len(before["service_request"]) >= 190
    assert {row["stage"] for row in before["service_request"]} == STAGES
    done = run("upgrade")
    assert (done.code, done.out) == (0, "Schema minqing is up to date\n"), done.err
    after = village.rows()
    for table, rows in before.items():
        columns = set(rows[0]) - MOVED.get(table, set()) if rows else set()
        kept, had = _kept(after[table], columns), _kept(rows, columns)
        # The outlines of zones stand among the others now.
        assert [one for one in kept if one in had or table != "shape"] == had, table
    # What was decided before says that it cannot be decided again, and nothing differs.
    replayed = run("dispatch", "replay", lang="zh_CN.UTF-8")
    assert replayed.code == 0, replayed
    assert str(len(before["dispatch_decision"])) in replayed.out
    with context_of(Settings()) as context:
        with context.sessions.transaction() as session:
            account = session.get_one(make.Account, 3)
            headers = make_accounts.bearer(session, account, now=context.clock())
        with TestClient(create_app(context)) as client:
            _look(client, headers, before)


def _look(
    client: TestClient, headers: dict[str, str], before: dict[str, list[dict[str, Any]]]
) -> None:
    """What a leader of the county sees is what was there; and something new comes."""
    period = {"from": "2026-01-01", "to": "2026-12-31"}
    summary = client.get("/api/summary", params=period, headers=headers).json()
    assert summary["totals"]["ordered"] == len(before["service_request"])
    seen: dict[str, Any] = {}
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        asked = {"limit": 100, **({"cursor": page["next"]} if page["next"] else {})}
        page = client.get("/api/requests", params=asked, headers=headers).json()
        seen |= {item["number"]: item for item in page["items"]}
    assert {number: item["stage"] for number, item in seen.items()} == {
        row["number"]: row["stage"] for row in before["service_request"]
    }
    for item in list(seen.values())[::25]:
        path = f"/api/requests/{item['id']}/dispatch"
        told = client.get(path, params={"lang": "en"}, headers=headers)
        assert told.status_code == 200, told.text
        (first, *_) = told.json()["decisions"]
        assert first["text"]
    ordered = client.post(
        "/api/requests",
        json={
            "service_code": "XQ-SHUI",
            "description": "停水",
            "area_code": make.VILLAGE,
        },
    )
    assert ordered.status_code == 201, ordered.text
