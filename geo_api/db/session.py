"""Engine and sessions: every transaction begins by entering its county's schema."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker

from geo_api.settings import DatabaseSettings

# A server that does not answer is said to be away; one that is busy with all that came
# at once is waited for.
CONNECT_SECONDS = 15

_FACTORY = "sessions"

# SET LOCAL takes no parameters; set_config(…, true) is the same thing as a function.
_ENTER = text("SELECT set_config('search_path', :path, true)")


def make_engine(url: str, settings: DatabaseSettings) -> Engine:
    """An engine of the given role on the county's database."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=settings.pool_size,
        max_overflow=settings.pool_overflow,
        # What people wrote stays out of the log when a statement fails.
        hide_parameters=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={settings.statement_timeout_ms} "
            # Compiling a plan takes longer than any statement here runs.
            "-c timezone=UTC -c jit=off",
        },
    )
    event.listen(engine, "checkout", _meet_restart)
    return engine


def _meet_restart(connection: psycopg.Connection, *_: object) -> None:
    """Meet a restarted server by a fresh connection, not by a failed request.

    A server that goes away says so on each of its connections. While nothing has come
    on an idle one it is as good as when it was laid down, and nothing is asked of it.
    """
    try:
        heard = select.poll()
        heard.register(connection.fileno(), select.POLLIN)
        if heard.poll(0):
            connection.execute("SELECT 1")
            connection.rollback()
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def enter_schema(connection: Connection, schema: str) -> None:
    """Make ``schema`` the place of all unqualified names until the transaction ends."""
    connection.execute(_ENTER, {"path": f"{schema}, public"})


class SessionFactory(sessionmaker[Session]):
    """Makes sessions that live in one county's schema."""

    def __init__(
        self, engine: Engine, schema: str, *, is_lasting: bool = False
    ) -> None:
        super().__init__(engine, expire_on_commit=False, info={_FACTORY: self})
        self.engine = engine
        self.schema = schema
        # Of a process that stays: what it keeps in memory is worth building.
        self.is_lasting = is_lasting
        # class_ is a subclass of its own per factory, so the listener is ours alone.
        event.listen(self.class_, "after_begin", self._enter)

    def _enter(self, _session: Session, _trans: object, connection: Connection) -> None:
        enter_schema(connection, self.schema)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One unit of work: committed at the end, rolled back on any error."""
        with self() as session, session.begin():
            yield session


def factory_of(session: Session) -> SessionFactory | None:
    """The factory that made a session; None for one that was made otherwise."""
    factory: SessionFactory | None = session.info.get(_FACTORY)
    return factory
