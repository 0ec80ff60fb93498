"""One PostGIS server and one migrated template for the run; a rollback for each test.

What takes longer than a test does is made once: the small county, the application's
routes. A test is given them as if they were new.

``MINQING_TEST_SERVER_URL`` (a superuser on any server with PostGIS) replaces the
private cluster that the run starts otherwise.
"""

from __future__ import annotations

import copy
import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

# First of all: what it sets holds only if numpy is not loaded yet.
import geo_api  # noqa: F401

# isort: split
import hypothesis
import make
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from make_database import a_database
from make_folders import open_folder
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session
from starlette.datastructures import State

from geo_api.accounts import passwords
from geo_api.app import create_app
from geo_api.db.cipher import Cipher, make_key
from geo_api.db.session import SessionFactory, enter_schema, make_engine
from geo_api.db.upgrade import upgrade
from geo_api.http.context import Context
from geo_api.settings import DatabaseSettings, Settings, StateSettings

if TYPE_CHECKING:
    from make_stage import Stage

# A machine that is busy with something else is no failure.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

_SLOW_HASHER, _SLOW_DECOY = passwords._HASHER, passwords._DECOY

SCHEMA = "minqing"
APP_ROLE = "minqing_test_app"
# Nobody needs this server after the run, whatever becomes of the machine.
_WRITES_LITTLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
}
# Degrees, and what tiles are drawn in: the only systems that a statement names.
_PROJECTED = (3857, 4326, 4490)


# About how long one test takes that asks for it: servers and browsers of its own.
_SECONDS = {"browser": 3.0, "state": 3.0, "fresh_database": 1.0, "session": 0.1}
_SLOW_SECONDS = 20.0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help="run the full-size tests (marked long), and only those",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Mark what needs the database, so that ``-m "not db"`` is instant.

    What is full-size waits for ``--long``, and then runs alone.

    Where several workers share the files, the long ones come first: a long one that
    is begun last is waited for by all.
    """
    seconds: Counter[Path] = Counter()
    is_long = config.getoption("--long")
    others = [i for i in items if (i.get_closest_marker("long") is not None) != is_long]
    config.hook.pytest_deselected(items=others)
    left_out = set(others)
    items[:] = [item for item in items if item not in left_out]
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & {"server", "template", "session", "stage", "fresh_database"}:
            item.add_marker(pytest.mark.db)
        if names & {"browser", "page", "live_server"}:
            item.add_marker(pytest.mark.browser)
        is_slow = item.get_closest_marker("slow") is not None
        seconds[item.path] += max(
            [_SLOW_SECONDS]
            if is_slow
            else [_SECONDS.get(name, 0.02) for name in names],
            default=0.02,
        )
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: -seconds[item.path])


def pytest_collection_finish() -> None:
    """What stays to the end is not looked through again and again for what may go."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """A password is hashed in a moment, unless a test asks for ``slow_hashes``."""
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        patch.setattr(passwords, "_HASHER", quick)
        patch.setattr(passwords, "_DECOY", quick.hash("decoy"))
        yield


@pytest.fixture
def slow_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is hashed as the service hashes it."""
    monkeypatch.setattr(passwords, "_HASHER", _SLOW_HASHER)
    monkeypatch.setattr(passwords, "_DECOY", _SLOW_DECOY)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on which the run may do as it likes."""

    url: URL

    def engine(self, database: str = "postgres") -> Engine:
        return create_engine(
            self.url.set(database=database), isolation_level="AUTOCOMMIT"
        )

    def execute(self, *statements: str, database: str = "postgres") -> None:
        engine = self.engine(database)
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def app_url(self, database: str) -> str:
        return self.url.set(
            database=database, username=APP_ROLE, password=APP_ROLE
        ).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The run's server, with the app's role."""
    with _some_server() as url:
        server = Server(make_url(url))
        server.execute(
            f"DO $$ BEGIN CREATE ROLE {APP_ROLE} LOGIN PASSWORD '{APP_ROLE}';"
            " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        yield server


@contextmanager
def _some_server() -> Iterator[str]:
    given = os.environ.get("MINQING_TEST_SERVER_URL")
    if given:
        yield given
        return
    from geo_api.embedded.cluster import EmbeddedCluster

    with open_folder() as folder:
        # What autovacuum has counted of tables that are as good as empty would change
        # plans from one run to the next.
        settings = {"autovacuum": "off", **_WRITES_LITTLE}
        cluster = EmbeddedCluster(folder, server_settings=settings)
        cluster.start()
        try:
            yield cluster.superuser_url
        finally:
            cluster.stop()


@pytest.fixture(scope="session")
def template(server: Server) -> Iterator[str]:
    """A migrated, empty database to clone."""
    with a_database(server, "template") as name:
        server.execute("CREATE EXTENSION postgis", database=name)
        owner = create_engine(server.url.set(database=name))
        upgrade(owner, SCHEMA, app_role=APP_ROLE)
        owner.dispose()
        # Eight thousand systems that nobody here projects into: half of each clone.
        server.execute(
            f"DELETE FROM spatial_ref_sys WHERE srid NOT IN {_PROJECTED}",
            "VACUUM FULL spatial_ref_sys",
            database=name,
        )
        yield name


@pytest.fixture(scope="session")
def shared_engine(server: Server, template: str) -> Iterator[Engine]:
    """The app role's engine on the database whose tests roll back."""
    with a_database(server, "shared", template) as name:
        engine = make_engine(server.app_url(name), DatabaseSettings())
        yield engine
        engine.dispose()


@dataclass(frozen=True)
class Peopled:
    """A database to clone in which the small county is committed."""

    database: str
    world: make.World


@pytest.fixture(scope="session")
def peopled(server: Server, template: str, contact_key: Path) -> Iterator[Peopled]:
    """The template with the small county as it was on that Monday."""
    cipher = Cipher.read(contact_key)
    with a_database(server, "peopled", template) as name:
        engine = make_engine(server.app_url(name), DatabaseSettings())
        with SessionFactory(engine, SCHEMA).transaction() as session:
            world = make.a_world(session, cipher, _MONDAY)
        engine.dispose()
        yield Peopled(name, world)


@pytest.fixture(scope="session")
def peopled_engine(server: Server, peopled: Peopled) -> Iterator[Engine]:
    """The app role's engine on the small county, whose tests roll back."""
    with a_database(server, "shared", peopled.database) as name:
        engine = make_engine(server.app_url(name), DatabaseSettings())
        yield engine
        engine.dispose()


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Engine:
    """The database on which a test works and leaves nothing.

    With ``world`` the county is there already; else nothing is.
    """
    has_world = "peopled_engine" in request.fixturenames
    engine: Engine = request.getfixturevalue(
        "peopled_engine" if has_world else "shared_engine"
    )
    return engine


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work, even committed, is gone after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        enter_schema(connection, SCHEMA)
        with Session(
            connection,
            join_transaction_mode="create_savepoint",
            expire_on_commit=False,
        ) as session:
            yield session
        outer.rollback()


@dataclass
class FreshDatabase:
    """A database of the test's own, where commits are real."""

    sessions: SessionFactory
    url: str
    owner_url: str


@pytest.fixture
def original(request: pytest.FixtureRequest, template: str) -> str:
    """Whose clone a test's own database is."""
    if "fresh_world" in request.fixturenames:
        return str(request.getfixturevalue("peopled").database)
    return template


@pytest.fixture
def fresh_database(server: Server, original: str) -> Iterator[FreshDatabase]:
    """A clone of the template: for races, restarts and whatever must commit.

    With ``fresh_world`` the county is there already; else nothing is.
    """
    with a_database(server, "fresh", original) as name:
        url = server.app_url(name)
        engine = make_engine(url, DatabaseSettings())
        yield FreshDatabase(
            SessionFactory(engine, SCHEMA),
            url,
            server.url.set(database=name).render_as_string(hide_password=False),
        )
        engine.dispose()


@pytest.fixture
def fresh_world(fresh_database: FreshDatabase, peopled: Peopled) -> make.World:
    """The small county, committed in the database of the test's own."""
    return copy.deepcopy(peopled.world)


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


_MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def clock() -> Clock:
    return Clock(_MONDAY)


@pytest.fixture
def now(clock: Clock) -> datetime:
    return clock.now


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def contact_key(state_dir: Path) -> Path:
    """The key file of the small county's contacts."""
    make_key(state_dir / "contact.key")
    return state_dir / "contact.key"


@pytest.fixture(scope="session")
def cipher(contact_key: Path) -> Cipher:
    return Cipher.read(contact_key)


@pytest.fixture(scope="session")
def settings_as_read(state_dir: Path) -> Settings:
    """Read once: a look at every variable takes longer than many a test."""
    return Settings(state=StateSettings(state_dir=state_dir))


@pytest.fixture
def settings(settings_as_read: Settings) -> Settings:
    return copy.deepcopy(settings_as_read)


class _SharedSessions:
    """Stands where the session factory stands; every request is a savepoint."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        # Nothing the test has loaded may answer for the database.
        self._session.flush()
        self._session.expunge_all()
        with self._session.begin_nested():
            yield self._session
        self._session.expunge_all()


class Assembly:
    """Lends applications: to assemble one takes longer than most tests do."""

    def __init__(self) -> None:
        self._free: dict[str, list[FastAPI]] = {}

    @contextmanager
    def lend(self, context: Context) -> Iterator[FastAPI]:
        """An application as new, on a context; nobody else has it meanwhile."""
        # What the application reads when it is made, and not with each request.
        free = self._free.setdefault(repr(context.settings.server), [])
        app = free.pop() if free else create_app(context)
        routes, state = list(app.router.routes), app.state
        hooks = {n: getattr(state, n) for n in ("scope_hooks", "live_hooks")}
        app.state = State({**hooks, "context": context})
        yield app
        app.state = state
        if app.router.routes == routes:
            free.append(app)


@pytest.fixture(scope="session")
def assembly() -> Assembly:
    return Assembly()


@pytest.fixture
def app(
    session: Session,
    settings: Settings,
    cipher: Cipher,
    clock: Clock,
    assembly: Assembly,
) -> Iterator[FastAPI]:
    """The real application on the test's own transaction."""
    sessions: Any = _SharedSessions(session)
    context = Context(settings=settings, sessions=sessions, cipher=cipher, clock=clock)
    with assembly.lend(context) as app:
        yield app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=True) as client:
        yield client


@pytest.fixture(scope="session")
def stage(
    server: Server, template: str, state_dir: Path, cipher: Cipher
) -> Iterator[Stage]:
    """The furnished county of ``make_stage``; every request on it is undone.

    In a database of its own: its open transaction would hold other tests up.
    """
    from make_stage import set_the_stage

    with a_database(server, "stage", template) as name:
        engine = make_engine(server.app_url(name), DatabaseSettings())
        with engine.connect() as connection:
            outer = connection.begin()
            enter_schema(connection, SCHEMA)
            with Session(
                connection,
                join_transaction_mode="create_savepoint",
                expire_on_commit=False,
            ) as session:
                sessions: Any = _SharedSessions(session)
                context = Context(
                    settings=Settings(state=StateSettings(state_dir=state_dir)),
                    sessions=sessions,
                    cipher=cipher,
                    clock=Clock(_MONDAY),
                )
                stage = set_the_stage(session, context)
                with stage.client:
                    yield stage
            outer.rollback()
        engine.dispose()


@pytest.fixture
def committing_client(
    fresh_database: FreshDatabase,
    settings: Settings,
    cipher: Cipher,
    clock: Clock,
    assembly: Assembly,
) -> Iterator[TestClient]:
    """The real application on a database where commits are real."""
    context = Context(
        settings=settings,
        sessions=fresh_database.sessions,
        cipher=cipher,
        clock=clock,
    )
    with (
        assembly.lend(context) as app,
        TestClient(app, raise_server_exceptions=True) as client,
    ):
        yield client


@pytest.fixture
def world(session: Session, peopled: Peopled, peopled_engine: Engine) -> make.World:
    """The small county with somebody for every step of one village's chain."""
    return copy.deepcopy(peopled.world)


@pytest.fixture
def sign_in(
    session: Session, world: make.World, clock: Clock
) -> Callable[[str], dict[str, str]]:
    """Headers for one of the world's accounts, at the time that it is now."""
    return lambda name: make.a_token(session, world, name, clock())
