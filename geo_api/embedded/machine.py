"""What the machine offers: PostgreSQL's programs, an unprivileged user, processes."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

from geo_api.errors import Unavailable

# Where Debian puts PostgreSQL: a folder for each major version.
INSTALLATIONS = Path("/usr/lib/postgresql")
_OLDEST = 15


def find_programs(
    major: int | None = None, *, installations: Path = INSTALLATIONS
) -> tuple[int, Path]:
    """Version and folder of PostgreSQL's programs: of ``major``, or the newest."""
    found = _installed(installations)
    usable = {version: path for version, path in found.items() if version >= _OLDEST}
    if major is not None and major not in usable:
        raise Unavailable(
            "The data folder is of PostgreSQL %(theirs)s; installed is %(ours)s",
            mend="Install that version (%(oldest)s or newer), or restore a backup "
            "into an empty state folder",
            theirs=major,
            ours=", ".join(map(str, sorted(found))) or "-",
            oldest=_OLDEST,
        )
    if not usable:
        raise Unavailable(
            "PostgreSQL %(oldest)s or newer is not installed",
            mend="apt-get install postgresql-15 postgresql-15-postgis-3",
            oldest=_OLDEST,
        )
    chosen = major if major is not None else max(usable)
    return chosen, usable[chosen]


def find_clients(major: int, *, installations: Path = INSTALLATIONS) -> Path:
    """Folder of pg_dump, pg_restore and psql of exactly the server's major version.

    An older pg_dump refuses the server; a newer one writes what it cannot read.
    """
    found = _installed(installations, "pg_dump")
    if major not in found:
        raise Unavailable(
            "pg_dump of PostgreSQL %(theirs)s is not installed",
            mend="apt-get install postgresql-client-%(theirs)s",
            theirs=major,
        )
    return found[major]


def _installed(installations: Path, program: str = "postgres") -> dict[int, Path]:
    found: dict[int, Path] = {}
    for path in installations.glob("*/bin"):
        if path.parent.name.isdigit() and (path / program).exists():
            found[int(path.parent.name)] = path
    if (pg_config := shutil.which("pg_config")) is not None:
        shown = subprocess.run(
            [pg_config, "--bindir", "--version"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split("\n")
        match = re.search(r"\d+", shown[1]) if len(shown) > 1 else None
        if match and (Path(shown[0]) / program).exists():
            found.setdefault(int(match.group()), Path(shown[0]))
    return found


def unprivileged_user() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as when we are root; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable(
        "There is no unprivileged user to run PostgreSQL as", mend="Add a user postgres"
    )


def give(path: Path, user: pwd.struct_passwd | None, *, mode: int) -> None:
    """Make a path the user's own; with no user it is ours already."""
    path.chmod(mode)
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def as_user(user: pwd.struct_passwd | None, command: list[str]) -> list[str]:
    """The command as another user; only root asks for one.

    ``setpriv`` changes over once the program is its own process. subprocess's ``user=``
    would copy this process whole, which takes ten times as long where it serves, and
    waits for whatever its libraries do before a fork.
    """
    if user is None:
        return command
    whom = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *whom, "--", *command]


def is_alive(pid: int, *, name: str) -> bool:
    """Whether a process of that name runs; one that waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        # No /proc here: what answers signals must do.
        return not Path("/proc/self").exists()
    # pid (name) state …; a pid may have gone to another program since.
    found, _, rest = text.partition(" (")[2].rpartition(")")
    return found == name and rest.split()[0] != "Z"
