"""What is in the cluster: two roles, one database, PostGIS."""

from __future__ import annotations

import psycopg
from psycopg import sql

from geo_api.embedded.home import Home
from geo_api.errors import Unavailable

SUPERUSER = "postgres"
OWNER, APP, DATABASE = "minqing_owner", "minqing_app", "minqing"


def provision(home: Home, *, major: int) -> None:
    """Make what is absent; nothing happens where all is there."""
    try:
        with _connect(home, "postgres") as connection:
            for role in (OWNER, APP):
                _make_role(connection, role, home.password(role))
            _make_database(connection)
        with _connect(home, DATABASE) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
        raise Unavailable(
            "PostGIS is not installed for this PostgreSQL",
            mend="apt-get install postgresql-%(major)s-postgis-3",
            major=major,
        ) from error
    except psycopg.Error as error:
        raise Unavailable(
            "PostgreSQL: %(why)s",
            mend="Free some disk or see the log in %(log)s",
            why=str(error).strip().splitlines()[-1],
            log=home.data / "log",
        ) from error


def _connect(home: Home, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(home.sockets),
        user=SUPERUSER,
        password=home.password(SUPERUSER),
        dbname=database,
        autocommit=True,
    )


def _make_role(connection: psycopg.Connection, role: str, password: str) -> None:
    known = "SELECT 1 FROM pg_roles WHERE rolname = %s"
    if connection.execute(known, (role,)).fetchone() is None:
        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(
            statement.format(sql.Identifier(role), sql.Literal(password))
        )


def _make_database(connection: psycopg.Connection) -> None:
    known = "SELECT 1 FROM pg_database WHERE datname = %s"
    if connection.execute(known, (DATABASE,)).fetchone() is None:
        statement = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(
            statement.format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
        )
