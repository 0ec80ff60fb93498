"""``minqing restore``: a backup takes the county's place, whole or not at all."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from geo_api.cli.archive import DUMP, SETTINGS, Manifest, Seal, read_archive, read_seal
from geo_api.cli.backup import configuration, count_rows
from geo_api.cli.clients import Clients
from geo_api.cli.database import Database, context_in, opened, owner_engine
from geo_api.cli.dump_rows import load_rows
from geo_api.cli.terminal import tell
from geo_api.db.cipher import Cipher
from geo_api.db.upgrade import is_known_revision, lay_out, present_revision, upgrade
from geo_api.errors import Conflict, InvalidInput, Unavailable
from geo_api.settings import Settings

_DRAFT = "restoring_"
# Somebody's work is in at least one of these as soon as the county is in use.
_IN_USE = ("account", "area", "audit_entry", "person", "contact")
# lock_not_available: whoever holds it has not ended yet.
_TAKEN = "55P03"
_LEFT_BEHIND = text(
    "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, :prefix)"
    " AND pg_get_userbyid(nspowner) = current_user"
)
_SCHEMA = text("SELECT to_regnamespace(quote_ident(:schema)) IS NOT NULL")
_HOLDS_EXTENSION = text(
    "SELECT EXISTS (SELECT FROM pg_extension"
    " WHERE extnamespace = to_regnamespace(quote_ident(:schema)))"
)
# A tracking link is all that a resident holds of a request: it stays.
_END_SESSIONS = text(
    "UPDATE token SET revoked_at = now()"
    " WHERE kind <> 'tracking' AND revoked_at IS NULL"
)


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    replace: Annotated[
        bool, typer.Option("--replace", help="Even if a county is there: it is lost.")
    ] = False,
    another_key: Annotated[
        bool,
        typer.Option(
            "--another-key",
            help="Even if its contacts are emptied because no key opens them; the file "
            "is trusted as it is, nothing vouches for its rows.",
        ),
    ] = False,
    unsigned: Annotated[
        bool,
        typer.Option(
            "--unsigned",
            help="Even if no signature vouches for it (an older backup): the file is "
            "trusted as it is, whoever wrote its rows.",
        ),
    ] = False,
) -> None:
    """Put a backup where the settings point; sessions end, tracking links stay."""
    settings = Settings()
    with tempfile.TemporaryDirectory(prefix="minqing-") as name:
        folder = Path(name)
        manifest = read_archive(file, folder)
        _check_manifest(manifest)
        path = settings.state.contact_key_file
        if not another_key:
            _check_key(manifest, path)
        cipher = Cipher.read(path) if path.exists() else None
        if read_seal(file, folder, cipher) is not Seal.FITS:
            _trust(file, is_meant=another_key or unsigned)
        with opened(settings) as database:
            _restore(database, settings, manifest, folder, replace=replace)
            if another_key:
                with context_in(database, settings, another_key=True):
                    pass
        tell(
            "Restored: %(schema)s as of %(made_at)s; rows: %(rows)s",
            {
                "schema": settings.database.schema_name,
                "made_at": manifest.made_at,
                "rows": sum(manifest.rows.values()),
            },
        )
        _tell_settings((folder / SETTINGS).read_text("utf-8"))


def _check_manifest(manifest: Manifest) -> None:
    if not is_known_revision(manifest.migration):
        raise Unavailable(
            "The backup is at migration %(theirs)s, which this version does not know",
            mend="Install the version that made it, or a newer one",
            theirs=manifest.migration,
        )


def _check_key(manifest: Manifest, path: Path) -> None:
    if path.exists():
        ours = Cipher.read(path).fingerprints
        # Digests are made with the oldest key; the newer ones only need to be there.
        if ours[-1] == manifest.keys[-1] and set(manifest.keys) <= set(ours):
            return
    raise InvalidInput(
        "The key file %(path)s is not the one that belongs to this backup"
        if path.exists()
        else "The key file %(path)s is missing",
        mend="Put the one that was kept apart from the backup in its place; only if it "
        "is lost for good add --another-key: contacts are emptied then",
        path=path,
    )


def _trust(file: Path, *, is_meant: bool) -> None:
    if not is_meant:
        raise InvalidInput(
            "Nothing shows that %(file)s was made here: no signature by this key file",
            mend="Use a signed backup; or add --unsigned to trust the file as it is, "
            "whoever wrote its rows",
            file=file,
        )
    tell("No signature vouches for %(file)s: its rows are trusted", {"file": file})


def _restore(
    database: Database,
    settings: Settings,
    manifest: Manifest,
    folder: Path,
    *,
    replace: bool,
) -> None:
    schema = settings.database.schema_name
    engine = owner_engine(database)
    with _alone(engine):
        with engine.begin() as connection:
            major = int((connection.dialect.server_version_info or (0,))[0])
            _check_server(manifest, major)
            _check_place(connection, schema, replace=replace)
            _drop_left_behind(connection)
        with _draft(engine) as draft:
            _load(engine, manifest, folder / DUMP, draft=draft, major=major)
            upgrade(engine, draft, app_role=database.app_role)
            _analyse(engine, draft)
            with engine.begin() as connection:
                _take_place(connection, draft, schema)


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Let nobody else restore in this database; Conflict if somebody does.

    There may be no county whose row could be locked: a schema is made that nobody ever
    sees, and whose name is taken until the transaction is undone, also by a kill.
    """
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '200ms'"))
        try:
            connection.execute(text(f'CREATE SCHEMA "{_DRAFT}turn"'))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != _TAKEN:
                raise
            raise Conflict(
                "Another restore is under way in this database", mend="Wait for its end"
            ) from error
        yield


def _check_server(manifest: Manifest, major: int) -> None:
    if manifest.postgresql_major > major:
        raise Unavailable(
            "The backup is of PostgreSQL %(theirs)s, this server is %(ours)s",
            mend="Restore it on that version or a newer one",
            theirs=manifest.postgresql_major,
            ours=major,
        )


def _check_place(connection: Connection, schema: str, *, replace: bool) -> None:
    """Refuse to take the place of what is not ours, or is in use."""
    if not connection.scalar(_SCHEMA, {"schema": schema}):
        return
    rows = count_rows(connection, schema)
    is_county = present_revision(connection, schema) is not None
    if connection.scalar(_HOLDS_EXTENSION, {"schema": schema}) or (
        rows and not is_county
    ):
        raise Conflict(
            "Schema %(schema)s holds something else than a county",
            mend="Set MINQING_SCHEMA to another name",
            schema=schema,
        )
    if not replace and any(rows.get(table) for table in _IN_USE):
        raise Conflict(
            "There is a county in schema %(schema)s already",
            mend="Add --replace to lose it and have the backup instead",
            schema=schema,
        )


def _drop_left_behind(connection: Connection) -> None:
    """What a restore left that was killed; nobody else restores at this time."""
    for name in connection.scalars(_LEFT_BEHIND, {"prefix": _DRAFT}).all():
        connection.execute(text(f'DROP SCHEMA "{name}" CASCADE'))


@contextmanager
def _draft(engine: Engine) -> Iterator[str]:
    """A schema's name, where all is made ready out of everybody's sight."""
    draft = f"{_DRAFT}{secrets.token_hex(4)}"
    try:
        yield draft
    finally:
        with engine.begin() as connection:
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{draft}" CASCADE'))


def _load(
    engine: Engine, manifest: Manifest, dump: Path, *, draft: str, major: int
) -> None:
    """Lay the draft out as the county was then, and put the dump's rows into it."""
    lay_out(engine, draft, manifest.migration)
    clients = Clients(engine, major=major)
    with clients.rows(dump) as rows, engine.begin() as connection:
        load_rows(connection, rows, said=manifest.db_schema, schema=draft)
    with engine.connect() as connection:
        found = count_rows(connection, draft)
    for table in sorted(manifest.rows.keys() | found.keys()):
        wanted = manifest.rows.get(table)
        if found.get(table) != wanted:
            raise InvalidInput(
                "Rows in table %(table)s: %(found)s; in the backup: %(wanted)s",
                mend="Nothing was changed; use another backup",
                table=table,
                found=found.get(table, "-"),
                wanted="-" if wanted is None else wanted,
            )


def _analyse(engine: Engine, schema: str) -> None:
    """Let the planner know what came in: it would learn of it minutes later."""
    with engine.begin() as connection:
        for table in count_rows(connection, schema):
            connection.execute(text(f'ANALYZE "{schema}"."{table}"'))


def _take_place(connection: Connection, draft: str, schema: str) -> None:
    """The one moment at which anything changes for others."""
    connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    connection.execute(text(f'SET LOCAL search_path = "{draft}", public'))
    connection.execute(_END_SESSIONS)
    connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
    connection.execute(text(f'ALTER SCHEMA "{draft}" RENAME TO "{schema}"'))


def _tell_settings(then: str) -> None:
    """Settings are the machine's; what was different is worth a look."""
    theirs, ours = set(then.splitlines()), set(configuration().splitlines())
    for line in sorted(theirs - ours):
        tell("Setting of the backup: %(line)s", {"line": line})
    for line in sorted(ours - theirs):
        tell("Setting of this machine: %(line)s", {"line": line})
