"""Each job is done once a night, whatever befalls a night, a job or a worker."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import make_requests
import pytest
from sqlalchemy import text, update

import geo_api
from geo_api.cli.database import utc_now
from geo_api.cli.nightly import Job, do_due, jobs_of
from geo_api.errors import NotFound
from geo_api.http.context import Context
from geo_api.jobs.rules import LastRuns, is_due, is_late, last_night
from geo_api.jobs.service import last_runs
from geo_api.notices.models import Outbox
from geo_api.settings import NightSettings, Settings

TZ = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 3, 2, 2, 30, tzinfo=TZ)
HOUR = timedelta(hours=1)


class Counted:
    """A job that counts how often it is done, and fails when told to."""

    def __init__(self, name: str) -> None:
        self.times = 0
        self.failure: Exception | None = None
        self.job = Job(name, "Nightly backup", self)

    def __call__(self, _context: Context) -> None:
        if self.failure is not None:
            raise self.failure
        self.times += 1


@pytest.fixture
def context(database, cipher, clock) -> Context:
    """A worker's context; its clock stands at the hour of the night."""
    clock.now = NIGHT
    return Context(Settings(), database.sessions, cipher, clock)


@pytest.fixture
def backup_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    monkeypatch.setenv("MINQING_BACKUP_DIR", str(folder))
    return folder


def at(context: Context, name: str) -> LastRuns:
    with context.sessions.transaction() as session:
        return last_runs(session, name)


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (NIGHT, NIGHT),
        (NIGHT - timedelta(seconds=1), NIGHT - timedelta(days=1)),
        # Still the first of March at Greenwich, long past the night in the county.
        (datetime(2026, 3, 1, 23, 0, tzinfo=UTC), NIGHT),
    ],
)
def test_a_night_begins_by_the_countys_clocks(now: datetime, night: datetime) -> None:
    assert last_night(now, at=time(2, 30), tz=TZ) == night


def test_a_run_that_a_wrong_clock_wrote_into_the_future_counts_for_nothing() -> None:
    last = LastRuns(done_at=NIGHT + timedelta(days=2000))
    assert is_due(last, night=NIGHT, now=NIGHT + HOUR)
    assert is_late(last, at=NIGHT.time(), tz=TZ, now=NIGHT + 3 * HOUR)


@pytest.mark.parametrize(
    ("done", "now", "late"),
    [
        (-24, 1.9, False),
        (-24, 2.1, True),
        (-25, 1.9, True),
        (0, 23.9, False),
        (0, 25.9, False),
        (0, 26.1, True),
    ],
)
def test_a_job_is_late_two_hours_after_the_first_night_it_missed(
    done: float, now: float, late: bool
) -> None:
    """In hours after a night."""
    last = LastRuns(done_at=NIGHT + done * HOUR)
    found = is_late(last, at=NIGHT.time(), tz=TZ, now=NIGHT + now * HOUR)
    assert found is late


def test_a_job_is_done_once_a_night(context, clock) -> None:
    job = Counted("job")
    for hours in (0, 1, 12, 23.9):
        clock.now = NIGHT + hours * HOUR
        do_due(context, [job.job])
    assert job.times == 1
    clock.now = NIGHT + timedelta(days=1)
    do_due(context, [job.job])
    assert job.times == 2


def test_nights_that_were_missed_are_made_up_for_once_at_the_start(
    context, clock
) -> None:
    job = Counted("job")
    do_due(context, [job.job])
    clock.now = NIGHT + timedelta(days=4, hours=9)
    do_due(context, [job.job])
    do_due(context, [job.job])
    assert job.times == 2


def test_a_failing_job_neither_stops_the_others_nor_is_forgotten(
    context, clock, capsys
) -> None:
    first, second = Counted("first"), Counted("second")
    first.failure = NotFound("The key file %(path)s is missing", path="contact.key")
    do_due(context, [first.job, second.job])
    assert (first.times, second.times) == (0, 1)
    assert at(context, "first") == LastRuns(failed_at=NIGHT)
    assert "contact.key" in capsys.readouterr().err

    first.failure = None
    clock.now += timedelta(minutes=59)
    do_due(context, [first.job, second.job])
    assert first.times == 0, "It had only just failed"
    clock.now += timedelta(minutes=1)
    do_due(context, [first.job, second.job])
    assert (first.times, second.times) == (1, 1)


def test_a_programming_error_in_a_job_does_not_end_the_worker(
    context, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = Counted("first"), Counted("second")
    first.failure = ZeroDivisionError("of the test")
    do_due(context, [first.job, second.job])
    assert second.times == 1
    assert caplog.records[0].exc_info is not None


def test_of_two_workers_at_once_one_does_the_job(context, clock) -> None:
    inside, go_on = threading.Event(), threading.Event()
    times = []

    def slow(_context: Context) -> None:
        times.append(threading.get_ident())
        inside.set()
        assert go_on.wait(20)

    job = Job("job", "Nightly backup", slow)
    one = threading.Thread(target=do_due, args=(context, [job]))
    one.start()
    assert inside.wait(20)
    do_due(context, [job])  # comes back at once, having done nothing
    go_on.set()
    one.join(20)
    do_due(context, [job])
    assert len(times) == 1


def test_a_worker_that_is_interrupted_leaves_its_job_due_and_free(context) -> None:
    job = Counted("job")

    def interrupted(_context: Context) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do_due(context, [Job("job", "Nightly backup", interrupted)])
    assert at(context, "job") == LastRuns()
    do_due(context, [job.job])
    assert job.times == 1


def test_what_is_due_is_erased_before_the_backup_is_written(
    context, world, backup_dir: Path, clock, count
) -> None:
    clock.now = utc_now()
    with context.sessions.transaction() as session:
        session.execute(
            text(
                "INSERT INTO counter (kind, subject, total, ends_at)"
                " VALUES ('x', 'x', 1, now() - interval '1 second')"
            )
        )
    night = NightSettings(backups_kept=2)
    settings = Settings(night=night)
    ready = Context(settings, context.sessions, context.cipher, clock)
    for stamp in ("20200101T000000Z", "20200102T000000Z"):
        (backup_dir / f"minqing-minqing-{stamp}.tar").touch()
    do_due(ready, jobs_of(settings))
    jobs = [job.name for job in jobs_of(settings)]
    assert jobs == ["hand_on", "sweep", "publish", "backup"]
    assert count("counter") == 0
    names = sorted(path.name for path in backup_dir.iterdir())
    assert len(names) == 2
    assert names[0] == "minqing-minqing-20200102T000000Z.tar"


@pytest.fixture
def start(database, backup_dir: Path) -> Callable[[], subprocess.Popen[str]]:
    """Starts ``minqing worker`` as a process of its own, with a night that has come."""

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "geo_api.cli", "worker"],
            cwd=Path(geo_api.__file__).parent.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.mark.long
def test_sigterm_ends_a_worker_that_has_done_what_was_due(
    run, start, backup_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    process = start()
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(2)]
    while not said[-1].startswith("Done: Nightly backup"):
        said.append(process.stdout.readline())
        # A worker that failed would go on, and say no more for an hour.
        assert not said[-1].startswith("Failed"), said
        assert said[-1], process.communicate()[1]
    assert re.match(r"Each night at 02:30: ", said[0])
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    assert len(list(backup_dir.iterdir())) == 1
    checked = run("worker", "--check")
    assert checked.code == 0
    assert [line[0] for line in checked.out.splitlines()] == ["✓"] * 5


def test_a_job_that_is_late_is_told_by_the_check_and_by_the_doctor(
    run, world, database, backup_dir: Path
) -> None:
    fresh = run("worker", "--check")
    assert fresh.code == 0
    assert "· Erasing what is due: never yet" in fresh.out
    with database.sessions.transaction() as session:
        session.execute(
            text(
                "INSERT INTO job_run (name, done_at, failed_at)"
                " VALUES ('sweep', now() - interval '27 hours', NULL)"
            )
        )
    checked = run("worker", "--check")
    assert checked.code == 1
    assert "✗ Erasing what is due: late; last done 20" in checked.out
    assert "✗ Erasing what is due: late" in run("doctor").out


def test_an_outbox_that_nobody_hands_out_is_told_by_the_check_and_by_the_doctor(
    run, world, database, backup_dir: Path, committing_client
) -> None:
    def wrote(minutes: int) -> None:
        with database.sessions.transaction() as session:
            at = utc_now() - timedelta(minutes=minutes)
            session.execute(update(Outbox).values(created_at=at))

    ill = re.compile(
        r"✗ The outbox grows: something waits since 20.*\n"
        r"    → Start `minqing worker`, or read there why it fails"
    )
    make_requests.order(committing_client, world)
    wrote(9)
    assert "✓ The outbox is handed out" in run("worker", "--check").out
    wrote(11)
    checked = run("worker", "--check")
    assert checked.code == 1
    assert ill.search(checked.out)
    assert ill.search(run("doctor").out)
