"""Where the cluster's things are: its folder, its sockets, its locks, its passwords."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import pwd
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from geo_api.embedded.machine import give
from geo_api.errors import Unavailable

log = logging.getLogger(__name__)

# A socket's path has 107 usable bytes; its file is named .s.PGSQL.5432.
_SOCKET_PATH_BYTES = 107 - len("/.s.PGSQL.5432")
# For states that PostgreSQL's user cannot reach, such as one below /root.
_ELSEWHERE = Path("/var/lib/minqing")


@dataclass(frozen=True)
class Home:
    """The folders of one cluster and what lies in them."""

    state: Path
    folder: Path
    sockets: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder / "data"

    @property
    def start_log(self) -> Path:
        """What the server said before its log was open."""
        return self.folder / "start.log"

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Processes that start or stop at once take turns."""
        with (self.folder / "start.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def enter(self) -> IO[bytes]:
        """A mark of use that lasts as long as the file is open.

        It goes with the process: nobody who was killed keeps the server running.
        """
        mark = (self.folder / "use.lock").open("wb")
        fcntl.flock(mark, fcntl.LOCK_SH)
        return mark

    def is_left(self) -> bool:
        """Whether nobody uses the cluster; only asked in one's turn."""
        with (self.folder / "use.lock").open("wb") as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def password(self, role: str) -> str:
        """A role's password, made once; readable by the starter alone."""
        path = self.state / f"{role}.password"
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}")
            draft.unlink(missing_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        return path.read_text().strip()

    def url(self, role: str, database: str) -> str:
        """How a role reaches a database of the cluster."""
        return (
            f"postgresql+psycopg://{role}:{self.password(role)}@/{database}"
            f"?host={quote(str(self.sockets))}"
        )


def make_home(state: Path, user: pwd.struct_passwd | None) -> Home:
    """The home of a state folder's cluster, with its folders made and given."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        folder = _folder(state, user)
        return Home(state, folder, _sockets(folder, user))
    except OSError as error:
        raise Unavailable(
            "The state folder %(path)s cannot be used: %(why)s",
            mend="Give it to the user that runs the service, or set MINQING_STATE_DIR",
            path=state,
            why=error.strerror or str(error),
        ) from error


def _folder(state: Path, user: pwd.struct_passwd | None) -> Path:
    """The cluster's folder: in the state folder if its user may enter that."""
    folder = state / "postgres"
    if not _can_enter(state, user):
        folder = _ELSEWHERE / _digest(state)
        log.warning("PostgreSQL cannot enter %s: data is in %s", state, folder)
        (state / "postgres.path").write_text(f"{folder}\n")
        if not _ELSEWHERE.exists():
            _ELSEWHERE.mkdir(parents=True)
            # Whatever the umask: its user must pass through.
            _ELSEWHERE.chmod(0o755)
    folder.mkdir(exist_ok=True)
    give(folder, user, mode=0o700)
    # Proves at once that this process may write there.
    (folder / "start.lock").touch()
    return folder


def _can_enter(folder: Path, user: pwd.struct_passwd | None) -> bool:
    if user is None:
        return True
    for part in (folder, *folder.parents):
        status = part.stat()
        bit = 0o100 if status.st_uid == user.pw_uid else 0o001
        if not status.st_mode & bit:
            return False
    return True


def _sockets(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """Where the socket is: clients read a comma as the end of a path."""
    path = str(folder)
    if len(path.encode()) <= _SOCKET_PATH_BYTES and "," not in path:
        return folder
    short = Path("/tmp") / f"minqing-{_digest(folder)}"  # noqa: S108  private, 0700
    short.mkdir(mode=0o700, exist_ok=True)
    status = short.lstat()
    owner = user.pw_uid if user else os.geteuid()
    # Anybody may have made it, or a link of that name, before us.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (os.geteuid(), owner):
        raise Unavailable(
            "Somebody else owns %(path)s",
            mend="Remove it, or set MINQING_STATE_DIR to a shorter path",
            path=short,
        )
    give(short, user, mode=0o700)
    return short


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
