"""Whose turn a job is, and what is noted of its runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo_api.jobs.models import JobRun
from geo_api.jobs.rules import LastRuns

_TURN = text("SELECT pg_try_advisory_lock(hashtextextended('job ' || :name, 0))")


@contextmanager
def turn(engine: Engine, *, schema: str, name: str) -> Iterator[bool]:
    """Whether a job is this process's to do; while it does it, nobody else may.

    The lock lives as long as its connection: whoever is killed leaves none behind.
    """
    apart = engine.execution_options(isolation_level="AUTOCOMMIT")
    with apart.connect() as connection:
        # Not back to the pool, where the lock would live on.
        connection.detach()
        yield bool(connection.scalar(_TURN, {"name": f"{schema} {name}"}))


def last_runs(session: Session, name: str) -> LastRuns:
    """When a job was last done, and when it last failed."""
    run = session.get(JobRun, name, populate_existing=True)
    return LastRuns() if run is None else LastRuns(run.done_at, run.failed_at)


def note_done(session: Session, name: str, *, at: datetime) -> None:
    """A run that began then ended well."""
    _note(session, name, done_at=at)


def note_failed(session: Session, name: str, *, at: datetime) -> None:
    """A run that began then came to nothing."""
    _note(session, name, failed_at=at)


def _note(session: Session, name: str, **times: datetime) -> None:
    statement = insert(JobRun).values(name=name, **times)
    session.execute(
        statement.on_conflict_do_update(index_elements=[JobRun.name], set_=times)
    )
