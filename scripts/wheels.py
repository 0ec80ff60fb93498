"""Writes requirements/wheels.txt: the wheel that each kind of server takes of each pin.

A lock keeps hashes, which do not say what they are of. ``python scripts/wheels.py``
asks uv for the names; a server without a compiler needs a wheel for every pin.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "requirements" / "wheels.txt"
LOCKS = ("run", "bootstrap")
ARCHITECTURES = ("aarch64", "x86_64")
_PYTHON = (3, 11)
# The C library of the oldest system that is served; Debian 12 has 2.36.
_GLIBC = 28


def tags_of(architecture: str) -> list[Tag]:
    """What a server of this architecture takes, the best first."""
    platforms = [
        f"manylinux_2_{minor}_{architecture}" for minor in range(_GLIBC, 16, -1)
    ]
    platforms.insert(
        platforms.index(f"manylinux_2_17_{architecture}") + 1,
        f"manylinux2014_{architecture}",
    )
    return [
        *cpython_tags(_PYTHON, platforms=platforms),
        *compatible_tags(_PYTHON, interpreter="cp311", platforms=platforms),
    ]


def best_wheel(filenames: list[str], architecture: str) -> str | None:
    """The file that an installer would take, or None if it would have to compile."""
    ranks = {tag: rank for rank, tag in enumerate(tags_of(architecture))}
    fitting = [
        (min(ranks[tag] for tag in tags), name)
        for name in filenames
        if (tags := parse_wheel_filename(name)[3] & ranks.keys())
    ]
    return min(fitting)[1] if fitting else None


def read_wheels(lock: str) -> dict[str, dict[str, str]]:
    """File names with hashes of all wheels of each pin, as the index has them."""
    locked = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    listed = subprocess.run(
        [
            str(Path(sys.executable).with_name("uv")),
            *(
                "pip",
                "compile",
                "--quiet",
                "--no-header",
                "--universal",
                "--python-version",
                "3.11",
            ),
            *("--format", "pylock.toml", f"requirements/{lock}.txt"),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "UV_SYSTEM_CERTS": "true"},
    ).stdout
    return {
        f"{package['name']}=={package['version']}": {
            wheel.get("name")
            or wheel["url"].rpartition("/")[2].partition("#")[0]: wheel["hashes"][
                "sha256"
            ]
            for wheel in package.get("wheels", ())
        }
        for package in tomllib.loads(listed)["packages"]
        # Universal, so that wheels of all machines are named; what only other systems
        # need is not in our lock.
        if f"{package['name']}=={package['version']} " in locked
    }


def render() -> str:
    """A line for each pin and architecture: pin, architecture, file, hash."""
    lines = []
    for lock in LOCKS:
        for pin, hashes in read_wheels(lock).items():
            for architecture in ARCHITECTURES:
                name = best_wheel(list(hashes), architecture)
                digest = f"sha256:{hashes[name]}" if name else ""
                lines.append(f"{pin} {architecture} {name or '-'} {digest}".rstrip())
    return "\n".join(sorted(set(lines))) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
