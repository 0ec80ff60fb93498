"""Opens the database that the settings name, or the embedded one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from geo_api.areas import in_force
from geo_api.areas import index as area_index
from geo_api.catalogue.service import load_calendar
from geo_api.catalogue.versions import seed_services
from geo_api.cli.terminal import tell
from geo_api.db.cipher import Cipher, make_key
from geo_api.db.session import CONNECT_SECONDS, SessionFactory, make_engine
from geo_api.db.upgrade import upgrade
from geo_api.embedded.cluster import EmbeddedCluster
from geo_api.errors import NotFound, Unavailable
from geo_api.households.contacts import count_encrypted
from geo_api.http.context import Context
from geo_api.privacy.lost_key import erase_unreadable
from geo_api.settings import Settings
from geo_api.zones import index as zone_index


@dataclass(frozen=True)
class Database:
    """Where the county's schema is, for its owner and for the app."""

    owner_url: str
    app_url: str
    # None: owner and app are one role.
    app_role: str | None


def utc_now() -> datetime:
    """The one clock of a real process."""
    return datetime.now(UTC)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database in use; the embedded one is started first and stopped last."""
    database = settings.database
    if database.database_url is None:
        with EmbeddedCluster(settings.state.state_dir) as cluster:
            yield Database(cluster.owner_url, cluster.app_url, "minqing_app")
        return
    app_url = database.database_url
    owner_url = database.owner_database_url or app_url
    is_apart = make_url(owner_url).username != make_url(app_url).username
    yield Database(owner_url, app_url, make_url(app_url).username if is_apart else None)


def owner_engine(database: Database) -> Engine:
    """An engine of the role that owns the schema."""
    url = make_url(database.owner_url).set(drivername="postgresql+psycopg")
    return create_engine(
        url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS}
    )


def upgraded(database: Database, settings: Settings) -> None:
    """Bring the county's schema to this version."""
    engine = owner_engine(database)
    where = engine.url.render_as_string(hide_password=True)
    try:
        upgrade(engine, settings.database.schema_name, app_role=database.app_role)
    except OperationalError as error:
        raise Unavailable(
            "The database at %(where)s does not answer: %(why)s",
            mend="Check MINQING_DATABASE_URL and that the server runs",
            where=where,
            why=_first_line(error),
        ) from error
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise Unavailable(
            "The database at %(where)s refuses the owner's role: %(why)s",
            mend="Set MINQING_OWNER_DATABASE_URL to a role that may create schemas",
            where=where,
            why=_first_line(error),
        ) from error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]


@contextmanager
def context_in(
    database: Database,
    settings: Settings,
    *,
    is_lasting: bool = False,
    another_key: bool = False,
) -> Iterator[Context]:
    """A ready context: schema migrated, catalogue filled, key file read.

    A process that ``is_lasting`` keeps the geography in memory. ``another_key`` gives
    a lost key up: there is another one then, and nothing that only the old one opens.
    """
    upgraded(database, settings)
    engine = make_engine(database.app_url, settings.database)
    schema = settings.database.schema_name
    sessions = SessionFactory(engine, schema, is_lasting=is_lasting)
    key_file = settings.state.contact_key_file
    try:
        with sessions.transaction() as session:
            seed_services(session, now=utc_now())
            load_calendar(session)
            if not key_file.exists():
                _begin_key(session, key_file, is_meant=another_key)
        cipher = Cipher.read(key_file)
        if another_key:
            _empty_unreadable(sessions, cipher)
        yield Context(
            settings=settings, sessions=sessions, cipher=cipher, clock=utc_now
        )
    finally:
        for holder in (in_force.HOLDER, area_index.HOLDER, zone_index.HOLDER):
            holder.wait(sessions)
        engine.dispose()


def _begin_key(session: Session, path: Path, *, is_meant: bool) -> None:
    """Make a county's first key; in place of a lost one only where that is meant."""
    lost = count_encrypted(session)
    if lost and not is_meant:
        raise NotFound(
            "The key file %(path)s is missing; names and phones that cannot be read "
            "without it: %(count)s",
            mend="Put the one that was kept apart from the backup in its place; only "
            "if it is lost for good run `minqing upgrade --another-key`: they are "
            "emptied then",
            path=path,
            count=lost,
        )
    make_key(path)


def _empty_unreadable(sessions: SessionFactory, cipher: Cipher) -> None:
    """Empty what only a lost key would open, and say so."""
    with sessions.transaction() as session:
        emptied = erase_unreadable(session, cipher, now=utc_now())
    if emptied:
        tell(
            "Contacts emptied because no key opens them: %(count)s", {"count": emptied}
        )


@contextmanager
def context_of(
    settings: Settings, *, is_lasting: bool = False, another_key: bool = False
) -> Iterator[Context]:
    """A ready context in the database that the settings name."""
    with (
        opened(settings) as database,
        context_in(
            database, settings, is_lasting=is_lasting, another_key=another_key
        ) as context,
    ):
        yield context
