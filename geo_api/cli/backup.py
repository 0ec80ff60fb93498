"""``minqing backup``: the county in one file, while the service runs."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, text

import geo_api
from geo_api.cli.archive import DUMP, SETTINGS, Manifest, write_archive
from geo_api.cli.clients import Clients
from geo_api.cli.database import opened, owner_engine, utc_now
from geo_api.cli.terminal import tell
from geo_api.db.cipher import Cipher
from geo_api.db.upgrade import present_revision
from geo_api.errors import InvalidInput, NotFound, Unavailable
from geo_api.settings import Settings

_DRAFT = ".minqing-"
_LONGEST_BACKUP = timedelta(days=1)
_STAMP = "%Y%m%dT%H%M%SZ"
_TABLES = text(
    "SELECT relname FROM pg_class WHERE relkind = 'r'"
    " AND relnamespace = to_regnamespace(quote_ident(:schema)) ORDER BY relname"
)
# Names of settings whose values open something; a key FILE is only a path.
_SECRET = re.compile(r"PASSWORD|SECRET|(KEY|TOKEN|_PASS)$")
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/@\s]*?):[^/@\s]*@")
_HIDDEN = r"\1:***@"


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(help="File, or an existing folder; default MINQING_BACKUP_DIR."),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(min=1, help="In a folder: remove all but the newest N."),
    ] = None,
) -> None:
    """Write the county into one file; the key file is not in it."""
    write_backup(Settings(), target, keep=keep)


def write_backup(
    settings: Settings, target: Path | None = None, *, keep: int | None = None
) -> None:
    """Write a backup and say so; older ones above ``keep`` are removed."""
    schema = settings.database.schema_name
    made_at = utc_now()
    file = _file(target or settings.state.backup_dir, schema, made_at)
    with _folder_beside(file) as folder:
        manifest = _dump(settings, folder, made_at)
        (folder / SETTINGS).write_text(configuration(), "utf-8")
        cipher = Cipher.read(settings.state.contact_key_file)
        write_archive(folder, manifest, file, cipher)
    rows = sum(manifest.rows.values())
    tell("Backup: %(file)s; rows: %(rows)s", {"file": file, "rows": rows})
    tell(
        "The key file %(path)s is not in it: keep a copy apart from the backups",
        {"path": settings.state.contact_key_file},
    )
    if keep is not None and file.name == _name(schema, made_at):
        for old, _ in backups(file.parent, schema)[keep:]:
            old.unlink()
            tell("Removed: %(file)s", {"file": old})


def backups(folder: Path, schema: str) -> list[tuple[Path, datetime]]:
    """A county's backups in a folder, newest first, with the time of each."""
    pattern = re.compile(rf"minqing-{re.escape(schema)}-(\d{{8}}T\d{{6}}Z)\.tar")
    found = [
        (path, datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC))
        for path in folder.iterdir()
        if (match := pattern.fullmatch(path.name))
    ]
    return sorted(found, key=lambda one: one[1], reverse=True)


def count_rows(connection: Connection, schema: str) -> dict[str, int]:
    """How many rows each of a schema's tables has."""
    tables = connection.scalars(_TABLES, {"schema": schema}).all()
    return {
        # The names are the catalogue's own.
        table: connection.scalar(text(f'SELECT count(*) FROM "{schema}"."{table}"'))  # noqa: S608
        or 0
        for table in tables
    }


def configuration() -> str:
    """This process's settings as lines of an environment file, without secrets."""
    return "".join(
        f"{name}={_PASSWORD_IN_URL.sub(_HIDDEN, value)}\n"
        for name, value in sorted(os.environ.items())
        if name.startswith("MINQING_")
        and not _SECRET.search(name)
        and "\n" not in value
    )


def _name(schema: str, made_at: datetime) -> str:
    return f"minqing-{schema}-{made_at.strftime(_STAMP)}.tar"


def _file(target: Path | None, schema: str, made_at: datetime) -> Path:
    if target is None:
        raise InvalidInput(
            "Where should the backup be written?",
            mend="Name a file or a folder, or set MINQING_BACKUP_DIR",
        )
    if target.is_dir():
        return target / _name(schema, made_at)
    return target


@contextmanager
def _folder_beside(file: Path) -> Iterator[Path]:
    """A private folder on the same disk: what is finished there is only renamed."""
    try:
        for left in file.parent.glob(f"{_DRAFT}*"):
            # Somebody was killed; a backup that still runs is not as old as that.
            if time.time() - left.stat().st_mtime > _LONGEST_BACKUP.total_seconds():
                shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=file.parent) as name:
            yield Path(name)
    except OSError as error:
        raise Unavailable(
            "%(path)s cannot be written to: %(why)s",
            mend="Make the folder, give it to the user that runs the service, or free "
            "some disk",
            path=file.parent,
            why=error.strerror or str(error),
        ) from error


def _dump(settings: Settings, folder: Path, made_at: datetime) -> Manifest:
    schema = settings.database.schema_name
    cipher = Cipher.read(settings.state.contact_key_file)
    with (
        opened(settings) as database,
        owner_engine(database)
        .execution_options(isolation_level="REPEATABLE READ")
        .connect() as connection,
    ):
        migration = present_revision(connection, schema)
        if migration is None:
            raise NotFound(
                "There is no county in schema %(schema)s",
                mend="Check MINQING_SCHEMA and MINQING_DATABASE_URL",
                schema=schema,
            )
        version = connection.dialect.server_version_info or (0,)
        # The dump and the counts see the very same rows, while others go on writing.
        snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
        Clients(connection.engine, major=int(version[0])).dump(
            folder / DUMP, schema=schema, snapshot=snapshot
        )
        return Manifest(
            made_at=made_at.isoformat(),
            version=geo_api.__version__,
            db_schema=schema,
            migration=migration,
            postgresql=".".join(map(str, version)),
            postgis=str(connection.scalar(text("SELECT postgis_lib_version()"))),
            keys=list(cipher.fingerprints),
            rows=count_rows(connection, schema),
        )
