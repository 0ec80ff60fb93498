"""``minqing upgrade`` on a database of others: owner and app apart, twice, at once."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from make_database import know_every_table
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

import geo_api
from geo_api.db.upgrade import find_differences


@dataclass(frozen=True)
class Outside:
    """An empty database with PostGIS, an owner without rights elsewhere, and an app."""

    database: str
    owner: str
    app: str
    owner_url: str
    app_url: str


@pytest.fixture
def outside(
    server, settings_env: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Outside]:
    tag = secrets.token_hex(4)
    database, owner, app = f"outside_{tag}", f"owner_{tag}", f"app_{tag}"
    server.execute(
        f"CREATE ROLE {owner} LOGIN PASSWORD '{owner}'",
        f"CREATE ROLE {app} LOGIN PASSWORD '{app}'",
        f"CREATE DATABASE {database} OWNER {owner}",
    )
    server.execute("CREATE EXTENSION postgis", database=database)

    def url(role: str) -> str:
        return server.url.set(
            database=database, username=role, password=role
        ).render_as_string(hide_password=False)

    monkeypatch.setenv("MINQING_DATABASE_URL", url(app))
    monkeypatch.setenv("MINQING_OWNER_DATABASE_URL", url(owner))
    monkeypatch.setenv("MINQING_SCHEMA", "the_county")
    yield Outside(database, owner, app, url(owner), url(app))
    server.execute(
        f"DROP DATABASE {database} WITH (FORCE)",
        f"DROP ROLE {owner}",
        f"DROP ROLE {app}",
    )


def ask(url: str, statement: str) -> object:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return connection.execute(text(statement)).scalar()


def test_a_second_upgrade_changes_nothing(
    run, outside: Outside, settings_env: Path
) -> None:
    first = run("upgrade")
    key = (settings_env / "contact.key").read_bytes()
    again = run("upgrade")
    assert (settings_env / "contact.key").read_bytes() == key
    assert first.code == again.code == 0
    assert first.out == again.out == "Schema the_county is up to date\n"
    know_every_table()
    engine = create_engine(outside.owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        assert find_differences(connection, "the_county") == []


def test_the_owner_owns_and_the_app_only_works(run, outside: Outside) -> None:
    run("upgrade")
    owners = ask(
        outside.owner_url,
        "SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables"
        " WHERE schemaname = 'the_county'",
    )
    assert owners == outside.owner
    assert ask(outside.app_url, "SELECT count(*) FROM the_county.service")
    for statement in (
        "DELETE FROM the_county.audit_entry",
        "UPDATE the_county.alembic_version SET version_num = ''",
        "CREATE TABLE the_county.mine ()",
        "DROP TABLE the_county.service",
    ):
        with pytest.raises(ProgrammingError, match=r"denied|must be owner"):
            ask(outside.app_url, statement)


def test_everything_lies_in_the_named_schema(run, outside: Outside) -> None:
    run("upgrade")
    strays = ask(
        outside.owner_url,
        "SELECT string_agg(schemaname || '.' || tablename, ',') FROM pg_tables"
        " WHERE schemaname NOT IN ('the_county', 'pg_catalog', 'information_schema')"
        " AND tablename <> 'spatial_ref_sys'",
    )
    assert strays is None


def test_a_new_county_needs_only_boundaries_people_and_an_administrator(
    run, outside: Outside
) -> None:
    assert run("upgrade").code == 0
    done = run("doctor")
    ill = [line for line in done.out.splitlines() if line.startswith("✗")]
    assert len(ill) == 2, ill
    assert "boundaries" in ill[0]
    assert ill[1] == "✗ There is no administrator"


def test_an_owner_without_rights_is_told_so(
    run, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINQING_OWNER_DATABASE_URL", outside.app_url)
    done = run("upgrade")
    assert done.code == 1
    assert "permission denied" in done.err
    assert "MINQING_OWNER_DATABASE_URL" in done.err


def test_a_database_without_postgis_is_told_so(server, run, outside: Outside) -> None:
    server.execute("DROP EXTENSION postgis", database=outside.database)
    done = run("upgrade")
    assert done.code == 1
    assert "PostGIS is not installed in this database" in done.err
    assert "CREATE EXTENSION postgis" in done.err


@pytest.mark.long
def test_three_that_upgrade_at_once_make_one_schema(outside: Outside) -> None:
    command = [sys.executable, "-m", "geo_api.cli", "upgrade"]
    root = Path(geo_api.__file__).parent.parent
    racing = [
        subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=600)[1] for process in racing]
    assert [process.returncode for process in racing] == [0, 0, 0], said
