"""The cluster's server process: made, started, waited for, stopped."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from geo_api.embedded.home import Home
from geo_api.embedded.machine import as_user, find_programs, give, is_alive
from geo_api.embedded.provisioning import SUPERUSER
from geo_api.errors import Unavailable

# Recovery after a kill reads what was written since the last checkpoint.
_START_SECONDS = 120
_STOP_SECONDS = 60

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgres-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "timezone": "UTC",
}
# What it says while backends of a killed postmaster still hold the shared memory.
_IS_BEING_LEFT = re.compile(r"shared memory|lock file")


class Server:
    """The PostgreSQL server of a home; its methods are called in one's turn."""

    def __init__(
        self,
        home: Home,
        user: pwd.struct_passwd | None,
        *,
        settings: Mapping[str, str],
        installations: Path,
    ) -> None:
        self._home = home
        self._user = user
        self._settings = {**_SETTINGS, **settings}
        self.major, self._programs = find_programs(
            self._major_of_data(), installations=installations
        )

    def initialise(self) -> None:
        """Make the data folder unless it is there: whole or not at all."""
        home = self._home
        # A kill leaves drafts behind; nobody else is at work on them in our turn.
        for left in home.folder.glob("draft.*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        if home.data.exists():
            return
        draft = home.folder / "draft.data"
        password = home.folder / "draft.password"
        password.touch(mode=0o600)
        password.write_text(home.password(SUPERUSER) + "\n")
        give(password, self._user, mode=0o600)
        self._run(
            "initdb",
            "--pgdata", str(draft),
            "--username", SUPERUSER,
            "--pwfile", str(password),
            "--auth", "scram-sha-256",
            "--encoding", "UTF8",
            "--locale", "C.UTF-8",
        )  # fmt: skip
        password.unlink()
        draft.rename(home.data)

    def ensure_running(self) -> None:
        """Start the server unless it runs, and wait until it answers."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            launched = self.is_alive() or self._launch()
            is_hopeless = not launched and not _IS_BEING_LEFT.search(self._last_words())
            if is_hopeless or time.monotonic() > deadline:
                raise Unavailable(
                    "PostgreSQL did not start: %(why)s",
                    mend="See the log in %(log)s",
                    why=self._last_words(),
                    log=self._home.data / "log",
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server if it runs; whoever is still connected is sent away."""
        if not self.is_alive():
            return
        # One that was killed just now would be waited for in vain by pg_ctl itself.
        self._control("stop", "-m", "fast", "-W")
        deadline = time.monotonic() + _STOP_SECONDS
        while self.is_alive():
            if time.monotonic() > deadline:
                raise Unavailable(
                    "PostgreSQL does not stop",
                    mend="See the log in %(log)s",
                    log=self._home.data / "log",
                )
            time.sleep(0.02)

    def is_alive(self) -> bool:
        """Whether the postmaster runs; it may still be recovering."""
        try:
            first = (self._home.data / "postmaster.pid").read_text().split("\n")[0]
            return is_alive(int(first), name="postgres")
        except (FileNotFoundError, ValueError):
            return False

    def _major_of_data(self) -> int | None:
        data = self._home.data
        if not data.exists():
            return None
        try:
            return int((data / "PG_VERSION").read_text().split(".")[0])
        except (FileNotFoundError, ValueError) as error:
            raise Unavailable(
                "%(path)s is not a data folder of PostgreSQL",
                mend="Move it away, or restore a backup",
                path=data,
            ) from error

    def _answers(self) -> bool:
        return (
            self.is_alive()
            and self._run(
                "pg_isready", "-q", "-h", str(self._home.sockets), check=False
            ).returncode
            == 0
        )

    def _launch(self) -> bool:
        chosen = self._home.data / "postgresql.auto.conf"
        settings = {
            **self._settings,
            "unix_socket_directories": f'"{self._home.sockets}"',
        }
        lines = [f"{k} = '{_escaped(v)}'\n" for k, v in settings.items()]
        chosen.write_text("".join(lines))
        give(chosen, self._user, mode=0o600)
        # The words of an earlier start would be taken for this one's.
        self._home.start_log.unlink(missing_ok=True)
        done = self._control("start", "-l", str(self._home.start_log))
        return done.returncode == 0

    def _last_words(self) -> str:
        """The newest complaint of the server, from before its log opened or after."""
        logs = sorted(
            (self._home.data / "log").glob("*.log"), key=lambda p: p.stat().st_mtime
        )
        for path in (self._home.start_log, *reversed(logs)):
            if not path.exists():
                continue
            for line in reversed(path.read_text(errors="replace").splitlines()):
                if "FATAL" in line or "PANIC" in line:
                    return line
        return "-"

    def _control(self, action: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self._run(
            "pg_ctl", action, "-D", str(self._home.data), "-w", "-s", *options,
            check=False,
        )  # fmt: skip

    def _run(
        self, program: str, *options: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            as_user(self._user, [str(self._programs / program), *options]),
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Unavailable(
                "PostgreSQL: %(why)s",
                mend="Free some disk or see the log in %(log)s",
                why=said[-1] if said else program,
                log=self._home.data / "log",
            )
        return done


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
