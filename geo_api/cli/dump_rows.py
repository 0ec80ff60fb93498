"""The rows of a dump, and nothing else of it: what an archive says is never run.

A dump is statements, and whoever wrote it chose them. Here the tables are our own
migrations'; of the dump's text only the rows between ``COPY … FROM stdin`` and ``\\.``
are taken, for tables and columns that are there, and handed to a COPY of our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from geo_api.errors import InvalidInput

_COPY = re.compile(rb'COPY "?(\w+)"?\."?(\w+)"? \(([\w", ]+)\) FROM stdin;\n')
_SEQUENCE = re.compile(
    rb"SELECT pg_catalog\.setval\('\"?(\w+)\"?\.\"?(\w+)\"?', (\d+), (true|false)\);\n"
)
# What pg_restore writes around the rows; it is passed over, and not run either.
_AROUND = re.compile(
    rb"\n|--[^\n]*\n|SET \w+ = [\w' ]+;\n|\\(?:un)?restrict \w+\n"
    rb"|SELECT pg_catalog\.set_config\('search_path', '', false\);\n"
)
_END = b"\\.\n"
_VERSION = "alembic_version"

_COLUMNS = text(
    "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
    " WHERE table_schema = :schema AND is_generated = 'NEVER' GROUP BY table_name"
)
_SEQUENCES = text("SELECT sequencename FROM pg_sequences WHERE schemaname = :schema")
_REFERENCES = text(
    "SELECT c.conname, t.relname, pg_get_constraintdef(c.oid)"
    " FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
    " WHERE c.contype = 'f' AND t.relnamespace = to_regnamespace(quote_ident(:schema))"
    " ORDER BY t.relname, c.conname"
)


def load_rows(
    connection: Connection, dump: Iterable[bytes], *, said: str, schema: str
) -> None:
    """Put a dump's rows into a schema's tables, which are emptied before.

    ``said`` is the schema that the dump names. Tables come in no order that references
    would allow: these are taken off meanwhile, and checked as a whole.
    """
    connection.execute(text(f'SET LOCAL search_path = "{schema}", public'))
    tables = _tables(connection, schema)
    references = connection.execute(_REFERENCES, {"schema": schema}).all()
    # Names and definitions are the catalogue's own, of what our migrations made.
    for name, table, _ in references:
        connection.execute(text(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"'))
    emptied = ", ".join(f'"{table}"' for table in tables)
    connection.execute(text(f"TRUNCATE {emptied}"))
    sequences = set(connection.scalars(_SEQUENCES, {"schema": schema}))
    try:
        _Dump(connection, iter(dump), said).load(tables, sequences)
        for name, table, definition in references:
            connection.execute(
                text(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
            )
    except (psycopg.Error, DBAPIError) as error:
        raise _not_rows(str(error).splitlines()[0]) from error


def _tables(connection: Connection, schema: str) -> dict[str, set[str]]:
    """Columns of each table that rows may be put into."""
    found = connection.execute(_COLUMNS, {"schema": schema})
    return {table: set(names) for table, names in found if table != _VERSION}


def _not_rows(why: str) -> InvalidInput:
    return InvalidInput(
        "The dump holds something else than rows of a county: %(why)s",
        mend="Nothing was changed; use another backup",
        why=why[:200],
    )


class _Dump:
    """A dump's text, read once from its beginning to its end."""

    def __init__(
        self, connection: Connection, lines: Iterator[bytes], said: str
    ) -> None:
        self._connection = connection
        self._lines = lines
        self._said = said.encode()

    def load(self, tables: Mapping[str, set[str]], sequences: set[str]) -> None:
        """Copy rows and set sequences; InvalidInput for everything else."""
        for line in self._lines:
            if copy := _COPY.fullmatch(line):
                schema, table, columns = copy.groups()
                self._copy(schema, table.decode(), columns.decode(), tables)
            elif found := _SEQUENCE.fullmatch(line):
                self._set(found, sequences)
            elif not _AROUND.fullmatch(line):
                raise _not_rows(line.decode(errors="replace").strip())

    def _copy(
        self, schema: bytes, table: str, said: str, tables: Mapping[str, set[str]]
    ) -> None:
        columns = [name.strip('"') for name in said.split(", ")]
        if schema != self._said or table not in {*tables, _VERSION}:
            raise _not_rows(f"{schema.decode()}.{table}")
        if table == _VERSION:
            self._pass_over()
            return
        if strange := set(columns) - tables[table]:
            raise _not_rows(f"{table}.{min(strange)}")
        names = ", ".join(f'"{name}"' for name in columns)
        raw: Any = self._connection.connection.driver_connection
        with (
            raw.cursor() as cursor,
            cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy,
        ):
            for line in self._rows():
                copy.write(line)

    def _pass_over(self) -> None:
        for _ in self._rows():
            pass

    def _rows(self) -> Iterator[bytes]:
        for line in self._lines:
            if line == _END:
                return
            yield line
        raise _not_rows("…")

    def _set(self, found: re.Match[bytes], known: set[str]) -> None:
        schema, name, last, is_called = found.groups()
        sequence = name.decode()
        if schema != self._said or sequence not in known:
            raise _not_rows(f"{schema.decode()}.{sequence}")
        self._connection.execute(
            text("SELECT setval(quote_ident(:name)::regclass, :last, :is_called)"),
            {"name": sequence, "last": int(last), "is_called": is_called == b"true"},
        )
