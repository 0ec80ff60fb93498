"""PostgreSQL's own pg_dump, pg_restore and psql, working as the schema's owner."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from sqlalchemy import Engine

from geo_api.embedded import find_clients
from geo_api.errors import Unavailable


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

    def load(self, file: Path, *, before: str, after: str) -> None:
        """Read a dump in one transaction that begins and ends with these statements.

        The COMMIT is only written when all of the dump has come: whoever is killed on
        the way, psql reads the end of its input first and the server undoes it all.
        """
        with tempfile.TemporaryFile() as complaints:
            psql = subprocess.Popen(
                [
                    self._program("psql"), "--no-psqlrc", "--quiet", "--no-password",
                    "--set=ON_ERROR_STOP=1", f"--dbname={self._where}",
                ],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
            )  # fmt: skip
            is_whole = False
            # psql that meets an error leaves at once; why is among the complaints.
            with contextlib.suppress(BrokenPipeError), psql:
                is_whole = self._pour(file, psql, f"BEGIN;\n{before}\n", complaints)
                if is_whole:
                    _write(psql, f"{after}\nCOMMIT;\n")
            if psql.returncode != 0 or not is_whole:
                raise _failed("pg_restore", complaints)

    def _pour(
        self,
        file: Path,
        psql: subprocess.Popen[bytes],
        before: str,
        complaints: IO[bytes],
    ) -> bool:
        _write(psql, before)
        with subprocess.Popen(
            [
                self._program("pg_restore"), "--no-owner", "--no-privileges",
                "--file=-", str(file),
            ],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        ) as reader:  # fmt: skip
            shutil.copyfileobj(_pipe(reader.stdout), _pipe(psql.stdin))
        return reader.returncode == 0

    def _program(self, name: str) -> str:
        return str(self._folder / name)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("The process was started without this pipe")
    return pipe


def _write(psql: subprocess.Popen[bytes], statements: str) -> None:
    pipe = _pipe(psql.stdin)
    pipe.write(statements.encode())
    pipe.flush()


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
