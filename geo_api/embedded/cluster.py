"""Makes, starts, watches and stops the cluster."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

import psycopg
from psycopg import sql

from geo_api.embedded.machine import find_binaries, is_alive, unprivileged_user
from geo_api.errors import Unavailable

_Done = subprocess.CompletedProcess[str]

log = logging.getLogger(__name__)

# A socket's path has 107 usable bytes; its file is named .s.PGSQL.5432.
_SOCKET_PATH_BYTES = 107 - len("/.s.PGSQL.5432")
_START_SECONDS = 60
_WATCH_SECONDS = 0.5

OWNER, APP, DATABASE = "minqing_owner", "minqing_app", "minqing"
_SUPERUSER = "postgres"

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


class EmbeddedCluster:
    """One private cluster; a context manager that starts and stops it."""

    def __init__(
        self, state_dir: Path, *, server_settings: Mapping[str, str] | None = None
    ) -> None:
        self._state = state_dir.absolute()
        self._settings = {**_SETTINGS, **(server_settings or {})}
        self._user = unprivileged_user()
        self._is_ours = False
        self._hold: IO[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._stopping = threading.Event()

    def __enter__(self) -> EmbeddedCluster:
        """Start, or join the running one."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop what this process started."""
        self.stop()

    @property
    def superuser_url(self) -> str:
        """For tests and repairs; the service itself never uses it."""
        return self._url(_SUPERUSER, "postgres")

    @property
    def owner_url(self) -> str:
        """The role that owns the schemas and migrates them."""
        return self._url(OWNER, DATABASE)

    @property
    def app_url(self) -> str:
        """The role that the service works as."""
        return self._url(APP, DATABASE)

    def start(self) -> None:
        """Make the cluster if it is absent, start it if it is down."""
        self._state.mkdir(parents=True, exist_ok=True)
        self._home = self._find_home()
        self._data = self._home / "data"
        self._sockets = self._find_sockets()
        with (self._home / "start.lock").open("wb") as start_lock:
            # Two processes that start at once take turns.
            fcntl.flock(start_lock, fcntl.LOCK_EX)
            major = self._major()
            self._bin = find_binaries(major)
            if major is None:
                self._initialise()
            self._is_ours = self._take_hold()
            if not self._is_running():
                self._start_server()
            self._provision()
        if self._is_ours:
            self._stopping.clear()
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()

    def stop(self) -> None:
        """Stop the server if this process started it."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        if self._is_ours:
            self._control("stop", "-m", "fast")
            self._is_ours = False
        if self._hold is not None:
            self._hold.close()
            self._hold = None

    def _take_hold(self) -> bool:
        """Whether the cluster is this process's to watch and stop.

        The lock goes with the process: a server whose holder was killed is taken over.
        """
        self._hold = (self._home / "holder.lock").open("wb")
        try:
            fcntl.flock(self._hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._hold.close()
            self._hold = None
        return self._hold is not None

    # Where things are.

    def _find_home(self) -> Path:
        """The cluster's folder: in the state folder if its user may enter that."""
        home = self._state / "postgres"
        if not self._can_enter(self._state):
            digest = hashlib.sha256(str(self._state).encode()).hexdigest()[:12]
            home = Path("/var/lib/minqing") / digest
            log.warning("PostgreSQL cannot enter %s: data is in %s", self._state, home)
            (self._state / "postgres.path").write_text(f"{home}\n")
        home.mkdir(parents=True, exist_ok=True)
        self._give(home)
        return home

    def _can_enter(self, folder: Path) -> bool:
        if self._user is None:
            return True
        for part in (folder, *folder.parents):
            mode = part.stat()
            bit = 0o100 if mode.st_uid == self._user.pw_uid else 0o001
            if not mode.st_mode & bit:
                return False
        return True

    def _find_sockets(self) -> Path:
        if len(str(self._home).encode()) <= _SOCKET_PATH_BYTES:
            return self._home
        digest = hashlib.sha256(str(self._home).encode()).hexdigest()[:12]
        folder = Path("/tmp") / f"minqing-{digest}"  # noqa: S108  private, 0700
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid not in (os.geteuid(), self._uid):
            raise Unavailable("Somebody else owns %(path)s", path=folder)
        self._give(folder)
        return folder

    @property
    def _uid(self) -> int:
        return self._user.pw_uid if self._user else os.geteuid()

    def _give(self, path: Path) -> None:
        path.chmod(0o700)
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _secret(self, role: str) -> str:
        """A role's password, made once; readable by the starter alone."""
        path = self._state / f"{role}.password"
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24))
            draft.rename(path)
        return path.read_text().strip()

    def _url(self, role: str, database: str) -> str:
        return (
            f"postgresql+psycopg://{role}:{self._secret(role)}@/{database}"
            f"?host={self._sockets}"
        )

    # The server.

    def _run(
        self, *command: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        who = self._user
        done = subprocess.run(
            command,
            cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            user=who.pw_uid if who else None,
            group=who.pw_gid if who else None,
            extra_groups=[] if who else None,
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
                why=said[-1] if said else command[0],
                log=self._data / "log",
            )
        return done

    def _major(self) -> int | None:
        version = self._data / "PG_VERSION"
        return int(version.read_text().split(".")[0]) if version.exists() else None

    def _initialise(self) -> None:
        draft = self._home / f"data.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        password = self._home / f"password.{os.getpid()}"
        password.touch(mode=0o600)
        password.write_text(self._secret(_SUPERUSER) + "\n")
        self._give(password)
        try:
            self._run(
                str(self._bin / "initdb"),
                "--pgdata", str(draft),
                "--username", _SUPERUSER,
                "--pwfile", str(password),
                "--auth", "scram-sha-256",
                "--encoding", "UTF8",
                "--locale", "C.UTF-8",
            )  # fmt: skip
        finally:
            password.unlink()
        # Whole or not at all: a kill between the two leaves a draft to throw away.
        draft.rename(self._data)

    def _is_running(self) -> bool:
        status = self._control("status", check=False)
        return status.returncode == 0 and self._answers()

    def _answers(self) -> bool:
        done = self._run(
            str(self._bin / "pg_isready"), "-q", "-h", str(self._sockets), check=False
        )
        return done.returncode == 0

    def _control(self, action: str, *options: str, check: bool = True) -> _Done:
        program = str(self._bin / "pg_ctl")
        return self._run(
            program, action, "-D", str(self._data), "-w", "-s", *options, check=check
        )

    def _start_server(self) -> None:
        settings = {**self._settings, "unix_socket_directories": str(self._sockets)}
        chosen = self._data / "postgresql.auto.conf"
        chosen.write_text("".join(f"{k} = '{v}'\n" for k, v in settings.items()))
        self._give_file(chosen)
        deadline = time.monotonic() + _START_SECONDS
        while True:
            # After a kill -9 the old backends may still hold the shared memory.
            done = self._control(
                "start", "-l", str(self._home / "start.log"), check=False
            )
            if done.returncode == 0:
                return
            if time.monotonic() > deadline or not self._is_being_left():
                raise Unavailable(
                    "PostgreSQL did not start: %(why)s",
                    mend="See the log in %(log)s",
                    why=self._last_words(),
                    log=self._data / "log",
                )
            time.sleep(0.2)

    def _give_file(self, path: Path) -> None:
        path.chmod(0o600)
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _is_being_left(self) -> bool:
        words = self._last_words()
        return "shared memory" in words or "lock file" in words

    def _last_words(self) -> str:
        path = self._home / "start.log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return next((line for line in reversed(lines) if "FATAL" in line), "no word")

    def _watch(self) -> None:
        """Start the server again when somebody killed it."""
        while not self._stopping.wait(_WATCH_SECONDS):
            pid = self._postmaster()
            if pid is not None and is_alive(pid):
                continue
            log.error("PostgreSQL is gone: starting it again")
            try:
                self._start_server()
            except Unavailable:
                log.exception("PostgreSQL could not be started again")

    def _postmaster(self) -> int | None:
        try:
            return int((self._data / "postmaster.pid").read_text().split("\n")[0])
        except (FileNotFoundError, ValueError):
            return None

    # What is in it.

    def _provision(self) -> None:
        """Roles, database and PostGIS; nothing happens where they are there."""
        with psycopg.connect(
            host=str(self._sockets),
            user=_SUPERUSER,
            password=self._secret(_SUPERUSER),
            dbname="postgres",
            autocommit=True,
        ) as connection:
            for role in (OWNER, APP):
                known = connection.execute(
                    "SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)
                ).fetchone()
                if known is None:
                    connection.execute(
                        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                            sql.Identifier(role), sql.Literal(self._secret(role))
                        )
                    )
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
            ).fetchone()
            if known is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )
        with psycopg.connect(
            host=str(self._sockets),
            user=_SUPERUSER,
            password=self._secret(_SUPERUSER),
            dbname=DATABASE,
            autocommit=True,
        ) as connection:
            try:
                connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
            except psycopg.Error as error:
                raise Unavailable(
                    "PostGIS is not installed for this PostgreSQL",
                    mend="apt-get install postgresql-15-postgis-3",
                ) from error
