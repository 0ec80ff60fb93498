"""What the worker does beside the night: nothing that takes long holds it up."""

from __future__ import annotations

import threading
from time import monotonic, sleep

import make_requests
import pytest
from sqlalchemy import func, select

from geo_api.cli import schedules
from geo_api.cli.nightly import Job, do_due
from geo_api.cli.schedules import Schedule, side_by_side
from geo_api.http.context import Context
from geo_api.jobs.service import last_runs
from geo_api.notices.models import LiveEvent
from geo_api.settings import Settings


def test_a_slow_backup_holds_no_notice_up(
    committing_client, fresh_database, fresh_world, cipher, clock, monkeypatch
) -> None:
    monkeypatch.setattr(schedules, "_LOOK_SECONDS", 0.01)
    sessions = fresh_database.sessions
    context = Context(Settings(), sessions, cipher, clock)

    def is_told() -> bool:
        with sessions.transaction() as session:
            return session.scalar(select(func.count()).select_from(LiveEvent)) == 2

    def slow(_context: Context) -> None:
        make_requests.order(committing_client, fresh_world)
        patience = monotonic() + 300
        while not is_told():
            assert monotonic() < patience, "it waits for the backup"
            sleep(0.01)

    with side_by_side(context, schedules.schedules()):
        do_due(context, [Job("backup", "Nightly backup", slow)])
    with sessions.transaction() as session:
        assert last_runs(session, "backup").done_at == clock.now


def test_a_schedule_that_fails_is_tried_again_and_stops_no_other(
    database, cipher, clock, monkeypatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(schedules, "_FAILED_SECONDS", 0.01)
    context = Context(Settings(), database.sessions, cipher, clock)
    failed, done = threading.Semaphore(0), threading.Semaphore(0)

    def fail(_context: Context) -> None:
        failed.release()
        raise ZeroDivisionError("of the test")

    def do(_context: Context) -> None:
        done.release()

    both = [Schedule(do.__name__, "Nightly backup", 0.01, do) for do in (fail, do)]
    with side_by_side(context, both):
        for semaphore in (failed, failed, done, done):
            assert semaphore.acquire(timeout=300)
    assert caplog.records[0].exc_info is not None
    assert not {"fail", "do"} & {thread.name for thread in threading.enumerate()}
