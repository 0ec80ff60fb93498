"""Whose turn a job is, and when it was last done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo_api.db.session import SessionFactory
from geo_api.jobs.models import JobRun
from geo_api.jobs.rules import LastRuns

Result = TypeVar("Result")


@contextmanager
def turn(sessions: SessionFactory, name: str) -> Iterator[JobRun | None]:
    """A job's row if the job is this process's to do; None while another is at it.

    The row is locked as long as the connection lives: whoever is killed leaves no lock
    behind. What is written on it is kept when the turn ends, not when it breaks off.
    """
    with sessions.transaction() as session:
        session.execute(insert(JobRun).values(name=name).on_conflict_do_nothing())
    with sessions.transaction() as session:
        yield session.scalar(
            select(JobRun)
            .where(JobRun.name == name)
            .with_for_update(key_share=True, skip_locked=True)
        )


def do_in_turn(
    sessions: SessionFactory,
    name: str,
    work: Callable[[datetime], Result],
    *,
    clock: Callable[[], datetime],
    is_due: Callable[[LastRuns, datetime], bool],
) -> Result | None:
    """What the work of a job gives; None if it is another's turn, or not due.

    Its row notes that it was done, or that it failed; then the work's error goes on.
    """
    failure: Exception | None = None
    done: Result | None = None
    with turn(sessions, name) as run:
        now = clock()
        if run is None or not is_due(runs_of(run), now):
            return None
        try:
            done = work(now)
        except Exception as error:
            run.failed_at, failure = now, error
        else:
            run.done_at = now
    if failure is not None:
        raise failure
    return done


def last_runs(session: Session, name: str) -> LastRuns:
    """When a job was last done, and when it last failed."""
    run = session.get(JobRun, name, populate_existing=True)
    return LastRuns() if run is None else runs_of(run)


def runs_of(run: JobRun) -> LastRuns:
    """What a job's row says."""
    return LastRuns(run.done_at, run.failed_at)
