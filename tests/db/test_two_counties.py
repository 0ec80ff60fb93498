"""Two counties in one database: one schema and one role each, nothing crosses."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import make
import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

import geo_api
from geo_api.areas.models import Area
from geo_api.db.session import SessionFactory
from geo_api.db.upgrade import upgrade

COUNTIES = ("county_a", "county_b")


@pytest.fixture
def factories(server) -> Iterator[dict[str, SessionFactory]]:
    """A session factory of each county, with a role that knows its own schema only."""
    name = f"two_{secrets.token_hex(4)}"
    server.execute(f"CREATE DATABASE {name}")
    # `shared` is where tables common to all counties would be.
    server.execute("CREATE EXTENSION postgis", "CREATE SCHEMA shared", database=name)
    owner = create_engine(server.url.set(database=name), poolclass=NullPool)
    roles = {c: f"{c}_{secrets.token_hex(3)}" for c in COUNTIES}
    engines = []
    factories = {}
    for county, role in roles.items():
        server.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
        upgrade(owner, county, app_role=role)
        engine = create_engine(
            server.url.set(database=name, username=role, password=role),
            poolclass=NullPool,
        )
        engines.append(engine)
        factories[county] = SessionFactory(engine, county)
    yield factories
    for engine in (*engines, owner):
        engine.dispose()
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.execute(*(f"DROP ROLE {role}" for role in roles.values()))


@pytest.mark.db
def test_each_county_sees_its_own_areas_only(factories) -> None:
    with factories["county_a"].transaction() as session:
        make.a_county(session)
    counts = {}
    for county, factory in factories.items():
        with factory.transaction() as session:
            counts[county] = session.scalar(select(func.count()).select_from(Area))
    assert counts == {"county_a": 15, "county_b": 0}


@pytest.mark.db
def test_a_countys_role_cannot_read_the_other_county(factories) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        factories["county_b"].transaction() as session,
    ):
        session.execute(text("SELECT * FROM county_a.area"))


@pytest.mark.db
def test_a_countys_schema_could_move_to_a_node_of_its_own(factories) -> None:
    lint = Path(geo_api.__file__).parent.parent / "tests/db/county_schema_lint.sql"
    statement = lint.read_text("utf-8").replace(
        ":'s'::regnamespace", "CAST(:schema AS regnamespace)"
    )
    for county, factory in factories.items():
        with factory.transaction() as session:
            breaches = session.execute(text(statement), {"schema": county}).all()
            assert breaches == []
