"""Commands on an outside database, in the test's own process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import make
import pytest
from sqlalchemy import text

from geo_api.cli import app
from geo_api.db.cipher import Cipher


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    def lines(self) -> list[str]:
        return [*self.out.splitlines(), *self.err.splitlines()]


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``minqing …`` in an English terminal, or in the one of ``lang``."""

    def run(*arguments: object, lang: str = "en_US.UTF-8") -> Done:
        for name in ("LC_ALL", "LC_MESSAGES"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("LANG", lang)
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            app([str(argument) for argument in arguments], prog_name="minqing")
        said = capsys.readouterr()
        return Done(int(caught.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def settings_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting of the machine; returns the state folder."""
    for name in [name for name in os.environ if name.startswith("MINQING_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MINQING_STATE_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def database(fresh_database, settings_env, monkeypatch: pytest.MonkeyPatch):
    """A migrated outside database with one role for the owner and one for the app."""
    monkeypatch.setenv("MINQING_DATABASE_URL", fresh_database.url)
    monkeypatch.setenv("MINQING_OWNER_DATABASE_URL", fresh_database.owner_url)
    return fresh_database


@pytest.fixture
def cipher(settings_env: Path, contact_key: Path) -> Cipher:
    """The key of the small county's contacts, where the commands look for it."""
    shutil.copy2(contact_key, settings_env)
    return Cipher.read(contact_key)


@pytest.fixture
def world(database, cipher: Cipher, fresh_world: make.World) -> make.World:
    """The small county, with all that a county in service needs."""
    with database.sessions.transaction() as session:
        # Whatever day it is, the calendar has been announced.
        session.execute(
            text(
                "INSERT INTO calendar_day (day, is_workday, name)"
                " SELECT current_date + i, true, '' FROM generate_series(0, 200) i"
                " ON CONFLICT DO NOTHING"
            )
        )
    return fresh_world


@pytest.fixture
def count(database) -> Callable[[str], int]:
    """How many rows a table has."""

    def count(table: str) -> int:
        with database.sessions.transaction() as session:
            return session.scalar(text(f"SELECT count(*) FROM {table}"))

    return count
