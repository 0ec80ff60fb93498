"""Brings a county's schema to the newest migration and grants the app its share."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from geo_api.db.model import Model
from geo_api.db.session import enter_schema
from geo_api.errors import Unavailable

# Rows of these tables are history: the app adds and reads, nobody alters.
APPEND_ONLY = ("audit_entry", "request_event", "dispatch_decision")
# So are these: what was told once is not told otherwise later.
PUBLISHED = ("publication", "published_rate")
# And these: decisions were made by them.
RULED = ("catalogue_version", "catalogue_rule")
# These are never altered; the law may want them gone.
UNALTERED = ("attachment",)
# As Alembic makes it, which would do so later: here it is what an upgrade waits for.
_VERSION_TABLE = (
    'CREATE TABLE IF NOT EXISTS "{schema}".alembic_version'
    " (version_num varchar(32) NOT NULL,"
    " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def is_ours(
    item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any
) -> bool:
    """Whether a difference counts: not Alembic's own table, not PostGIS's indexes."""
    if kind == "table" and name == "alembic_version":
        return False
    return bool(
        # geoalchemy2 ships this one without types.
        alembic_helpers.include_object(  # type: ignore[no-untyped-call]
            item, name, kind, reflected, compare_to
        )
    )


def newest_revision() -> str:
    """The revision that this code is written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise Unavailable("The installation holds no migrations")
    return head


def is_known_revision(revision: str) -> bool:
    """Whether this code has heard of a revision; a newer version's it has not."""
    scripts = ScriptDirectory.from_config(_config())
    return revision in {script.revision for script in scripts.walk_revisions()}


def present_revision(connection: Connection, schema: str) -> str | None:
    """The revision a schema is at, or None before the first migration."""
    return MigrationContext.configure(
        connection, opts={"version_table_schema": schema}
    ).get_current_revision()


def upgrade(engine: Engine, schema: str, *, app_role: str | None) -> None:
    """Make the schema if it is absent, migrate it, and grant ``app_role`` its share.

    ``engine`` is the owner's. With ``app_role=None`` owner and app are one role: the
    owner then takes UPDATE and DELETE on history from itself.
    """
    with engine.begin() as connection:
        _migrate(connection, schema, "head")
        _grant(connection, schema, app_role)


def lay_out(engine: Engine, schema: str, revision: str) -> None:
    """Make a schema's tables as they were at a revision, for the owner alone."""
    with engine.begin() as connection:
        _migrate(connection, schema, revision)


def _migrate(connection: Connection, schema: str, revision: str) -> None:
    config = _config()
    _take_turn(connection, schema)
    if not connection.scalar(
        text("SELECT count(*) FROM pg_extension WHERE extname = 'postgis'")
    ):
        raise Unavailable(
            "PostGIS is not installed in this database",
            mend="Run CREATE EXTENSION postgis SCHEMA public as a superuser",
        )
    _refuse_newer(connection, schema)
    # Waiting behind a long reader would stop every writer that comes later.
    connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    _enter(connection, schema)
    config.attributes.update(connection=connection, schema=schema)
    command.upgrade(config, revision)


def _take_turn(connection: Connection, schema: str) -> None:
    """Wait until nobody else upgrades the schema; readers of its version go on.

    A table is locked, because before the first migration there is no row. Whoever makes
    schema or table at the same moment as another has waited for the other by then.
    """
    for statement in (f'CREATE SCHEMA IF NOT EXISTS "{schema}"', _VERSION_TABLE):
        with contextlib.suppress(IntegrityError), connection.begin_nested():
            connection.execute(text(statement.format(schema=schema)))
    connection.execute(text(f'LOCK TABLE "{schema}".alembic_version IN EXCLUSIVE MODE'))


def _refuse_newer(connection: Connection, schema: str) -> None:
    present = present_revision(connection, schema)
    if present is not None and not is_known_revision(present):
        raise Unavailable(
            "The schema is at %(present)s, which this version does not know",
            mend="Install the version that made it, or a newer one",
            present=present,
        )


def _enter(connection: Connection, schema: str) -> None:
    enter_schema(connection, schema)
    # Alembic reads unqualified names from the dialect's schema, not the search path.
    connection.dialect.default_schema_name = schema


def _grant(connection: Connection, schema: str, app_role: str | None) -> None:
    who = "CURRENT_USER" if app_role is None else f'"{app_role}"'
    if app_role is not None:
        connection.execute(text(f'GRANT USAGE ON SCHEMA "{schema}" TO {who}'))
        connection.execute(
            text(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES"
                f' IN SCHEMA "{schema}" TO {who}'
            )
        )
        connection.execute(
            text(
                "REVOKE INSERT, UPDATE, DELETE"
                f' ON "{schema}".alembic_version FROM {who}'
            )
        )
    for table in (*APPEND_ONLY, *PUBLISHED, *RULED):
        connection.execute(
            text(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{schema}"."{table}" FROM {who}')
        )
    for table in UNALTERED:
        connection.execute(
            text(f'REVOKE UPDATE, TRUNCATE ON "{schema}"."{table}" FROM {who}')
        )


def make_revision(engine: Engine, schema: str, message: str) -> None:
    """Write a migration from the difference between models and schema."""
    config = _config()
    with engine.begin() as connection:
        _enter(connection, schema)
        config.attributes.update(connection=connection, schema=schema)
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


def find_differences(connection: Connection, schema: str) -> list[object]:
    """What the models say and the schema does not, or the other way round."""
    _enter(connection, schema)
    return list(
        compare_metadata(
            MigrationContext.configure(
                connection,
                opts={
                    "version_table_schema": schema,
                    "include_object": is_ours,
                    "compare_type": True,
                },
            ),
            Model.metadata,
        )
    )
