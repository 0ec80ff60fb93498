"""What the machine offers: PostgreSQL's programs, an unprivileged user, processes."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

from geo_api.errors import Unavailable

_OLDEST = 15


def find_binaries(major: int | None = None) -> Path:
    """The folder of PostgreSQL's programs: of one major version, or the newest."""
    found: dict[int, Path] = {}
    for path in Path("/usr/lib/postgresql").glob("*/bin"):
        if path.parent.name.isdigit() and (path / "postgres").exists():
            found[int(path.parent.name)] = path
    if (pg_config := shutil.which("pg_config")) is not None:
        shown = subprocess.run(
            [pg_config, "--bindir", "--version"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split("\n")
        match = re.search(r"\d+", shown[1]) if len(shown) > 1 else None
        if match and (Path(shown[0]) / "postgres").exists():
            found.setdefault(int(match.group()), Path(shown[0]))
    if major is not None:
        if major not in found:
            raise Unavailable(
                "The data folder is of PostgreSQL %(theirs)s; installed is %(ours)s",
                mend="Install that version, or restore a backup elsewhere",
                theirs=major,
                ours=", ".join(map(str, sorted(found))) or "none",
            )
        return found[major]
    usable = {version: path for version, path in found.items() if version >= _OLDEST}
    if not usable:
        raise Unavailable(
            "PostgreSQL %(oldest)s or newer is not installed",
            mend="apt-get install postgresql-15 postgresql-15-postgis-3",
            oldest=_OLDEST,
        )
    return usable[max(usable)]


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


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A zombie that nobody has reaped answers signals, too.
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, IndexError):
        return True
    return state != "Z"
