"""PostgreSQL's own pg_dump and pg_restore."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from geo_api.embedded.machine import find_clients
from geo_api.errors import InvalidInput, Unavailable


class Clients:
    """The programs of the server's major version, and how they reach it."""

    def __init__(self, engine: Engine, *, major: int) -> None:
        self._folder = find_clients(major)
        url = engine.url.set(drivername="postgresql")
        self._environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        # An argument can be read by everybody on the machine, the environment not.
        if url.password is not None:
            self._environment["PGPASSWORD"] = url.password
        self._where = url._replace(password=None).render_as_string()

    def dump(self, file: Path, *, schema: str, snapshot: str) -> None:
        """Write the schema, as a transaction's exported snapshot sees it."""
        with tempfile.TemporaryFile() as complaints:
            done = subprocess.run(
                [
                    self._program("pg_dump"), "--format=custom", "--no-password",
                    "--no-owner", "--no-privileges", "--lock-wait-timeout=60s",
                    "--encoding=UTF8",
                    f"--schema={schema}", f"--snapshot={snapshot}",
                    f"--file={file}", f"--dbname={self._where}",
                ],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stderr=complaints,
                check=False,
            )  # fmt: skip
            if done.returncode != 0:
                raise _failed("pg_dump", complaints)

    @contextmanager
    def rows(self, file: Path) -> Iterator[IO[bytes]]:
        """A dump's rows as text, to be read; nothing is sent to the server."""
        with tempfile.TemporaryFile() as complaints:
            with subprocess.Popen(
                [self._program("pg_restore"), "--data-only", "--file=-", str(file)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
            ) as reader:
                try:
                    if reader.stdout is None:
                        raise ValueError("The process was started without this pipe")
                    yield reader.stdout
                except InvalidInput:
                    # Of a dump that breaks off, pg_restore knows best why.
                    if reader.wait() != 0:
                        raise _failed("pg_restore", complaints) from None
                    raise
            if reader.returncode != 0:
                raise _failed("pg_restore", complaints)

    def _program(self, name: str) -> str:
        return str(self._folder / name)


def _failed(program: str, complaints: IO[bytes]) -> Unavailable:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    errors = [line for line in lines if "error" in line.lower()]
    return Unavailable(
        "%(program)s failed: %(why)s",
        mend="Nothing was changed; mend what it says and try again",
        program=program,
        why=(errors or lines or ["-"])[0],
    )
