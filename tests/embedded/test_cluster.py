"""The private cluster on real folders: started, joined, killed, taken over."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

import geo_api
from geo_api.embedded.cluster import EmbeddedCluster
from geo_api.embedded.provisioning import APP, DATABASE, OWNER

pytestmark = pytest.mark.db

ROOT = Path(geo_api.__file__).parent.parent
HOLD = """
import sys
from pathlib import Path
from geo_api.embedded import EmbeddedCluster
with EmbeddedCluster(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


class Holder:
    """Another process that uses the cluster until it is let go or killed."""

    def __init__(self, state: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", HOLD, state],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def let_go(self) -> None:
        self._process.communicate(timeout=300)
        assert self._process.returncode == 0

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=300)


@contextmanager
def holding(state: Path) -> Iterator[Holder]:
    holder = Holder(state)
    try:
        holder.wait_until_ready()
        yield holder
    finally:
        holder.kill()


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(statement).fetchone()
    return row[0] if row else None


def ask_patiently(url: str, statement: str) -> object:
    """The answer as soon as the server gives one."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return ask(url, statement)
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the server did not come back"
            time.sleep(0.05)


def keep_seven(cluster: EmbeddedCluster) -> None:
    with psycopg.connect(cluster.owner_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")


def postmaster(state: Path) -> int:
    return int((state / "postgres/data/postmaster.pid").read_text().split("\n")[0])


def is_stopped(state: Path) -> bool:
    return not (state / "postgres/data/postmaster.pid").exists()


def kill_postmaster(state: Path) -> int:
    pid = postmaster(state)
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_new_cluster_has_two_roles_one_database_and_postgis(state: Path) -> None:
    with EmbeddedCluster(state) as cluster:
        assert ask(cluster.owner_url, "SELECT current_user") == OWNER
        assert ask(cluster.app_url, "SELECT current_user") == APP
        assert ask(cluster.app_url, "SELECT current_database()") == DATABASE
        assert ask(cluster.app_url, "SELECT postgis_lib_version()")
        assert ask(cluster.superuser_url, "SHOW is_superuser") == "on"
    assert is_stopped(state)


def test_what_is_committed_is_on_the_disk(made_state: Path) -> None:
    with EmbeddedCluster(made_state) as cluster:
        names = ("fsync", "full_page_writes", "synchronous_commit")
        shown = {name: ask(cluster.app_url, f"SHOW {name}") for name in names}
    assert shown == dict.fromkeys(names, "on")


@pytest.mark.long
def test_a_stopped_cluster_is_back_in_a_moment_with_its_data(made_state: Path) -> None:
    with EmbeddedCluster(made_state) as cluster:
        keep_seven(cluster)
    assert is_stopped(made_state)
    began = time.monotonic()
    with EmbeddedCluster(made_state) as cluster:
        took = time.monotonic() - began
        assert ask(cluster.owner_url, "SELECT n FROM kept") == 7
    # Half a second when nothing else runs; the machine of a test may be busy.
    assert took < 5


def test_nobody_reaches_it_over_the_network(made_state: Path) -> None:
    with EmbeddedCluster(made_state):
        own = {
            str(fd.readlink())
            for fd in Path(f"/proc/{postmaster(made_state)}/fd").iterdir()
        }
        listening = {
            f"socket:[{line.split()[9]}]"
            for table in ("tcp", "tcp6")
            if Path(f"/proc/net/{table}").exists()
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        }
        assert not own & listening
        socket = made_state / "postgres/.s.PGSQL.5432"
        assert stat.S_ISSOCK(socket.stat().st_mode)
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


def test_it_runs_as_a_user_without_rights_and_keeps_its_passwords(
    made_state: Path,
) -> None:
    with EmbeddedCluster(made_state):
        assert Path(f"/proc/{postmaster(made_state)}").stat().st_uid != 0
    secrets = sorted(made_state.glob("*.password"))
    assert len(secrets) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert {path.stat().st_uid for path in secrets} == {os.geteuid()}


def test_a_wrong_password_opens_nothing(made_state: Path) -> None:
    with EmbeddedCluster(made_state) as cluster:
        secret = (made_state / f"{APP}.password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(cluster.app_url.replace(secret, "guessed"), "SELECT 1")


@pytest.mark.long
def test_a_second_process_joins_and_the_last_to_leave_stops_it(
    made_state: Path,
) -> None:
    with EmbeddedCluster(made_state) as cluster:
        pid = postmaster(made_state)
        with holding(made_state) as other:
            assert postmaster(made_state) == pid
            cluster.stop()
            assert ask(cluster.app_url, "SELECT 1") == 1
            other.let_go()
    assert is_stopped(made_state)


def test_two_that_start_at_once_share_one_new_cluster(state: Path) -> None:
    first, second = Holder(state), Holder(state)
    try:
        first.wait_until_ready()
        second.wait_until_ready()
        assert not list((state / "postgres").glob("draft.*"))
        first.let_go()
        assert not is_stopped(state)
        second.let_go()
    finally:
        first.kill()
        second.kill()
    assert is_stopped(state)


def test_a_killed_postmaster_is_started_again_with_what_was_committed(
    made_state: Path,
) -> None:
    with EmbeddedCluster(made_state) as cluster:
        keep_seven(cluster)
        pid = kill_postmaster(made_state)
        assert ask_patiently(cluster.owner_url, "SELECT n FROM kept") == 7
        assert postmaster(made_state) != pid


def test_the_next_takes_over_from_a_killed_process(made_state: Path) -> None:
    with holding(made_state) as holder:
        pid = postmaster(made_state)
        holder.kill()
    with EmbeddedCluster(made_state) as cluster:
        assert postmaster(made_state) == pid
        kill_postmaster(made_state)
        assert ask_patiently(cluster.app_url, "SELECT 1") == 1
    assert is_stopped(made_state)


def test_the_next_recovers_when_process_and_postmaster_were_killed(
    made_state: Path,
) -> None:
    with holding(made_state) as holder:
        with EmbeddedCluster(made_state) as cluster:
            keep_seven(cluster)
        holder.kill()
        kill_postmaster(made_state)
    with EmbeddedCluster(made_state) as cluster:
        assert ask(cluster.owner_url, "SELECT n FROM kept") == 7


@pytest.mark.long
def test_whoever_is_left_watches_when_the_starter_was_killed(made_state: Path) -> None:
    with holding(made_state) as starter, EmbeddedCluster(made_state) as cluster:
        starter.kill()
        pid = kill_postmaster(made_state)
        assert ask_patiently(cluster.app_url, "SELECT 1") == 1
        assert postmaster(made_state) != pid


@pytest.mark.long
def test_leaving_a_server_that_is_gone_already_is_no_error(made_state: Path) -> None:
    cluster = EmbeddedCluster(made_state)
    cluster.start()
    kill_postmaster(made_state)
    cluster.stop()
    with EmbeddedCluster(made_state) as again:
        assert ask(again.app_url, "SELECT 1") == 1


@pytest.mark.long
def test_what_a_killed_first_start_left_is_cleared_away(made_state: Path) -> None:
    home = made_state / "postgres"
    (home / "draft.data").mkdir()
    (home / "draft.data/PG_VERSION").write_text("15")
    (home / "draft.password").write_text("half")
    with EmbeddedCluster(made_state):
        assert not list(home.glob("draft.*"))
