"""``minqing doctor``: what is wrong with this installation and how to mend it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import typer
from sqlalchemy import create_engine, func, make_url, select, text
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account
from geo_api.accounts.rules import Role
from geo_api.areas.models import EditionArea
from geo_api.areas.service import current_edition
from geo_api.catalogue.models import Service
from geo_api.catalogue.service import calendar_gaps
from geo_api.cli.database import Database, opened, utc_now
from geo_api.cli.speaking import language
from geo_api.db.session import SessionFactory, make_engine
from geo_api.db.upgrade import newest_revision, present_revision
from geo_api.errors import DomainError
from geo_api.http.language import say
from geo_api.settings import Settings
from geo_api.zones.service import check_desks

_LEAST_FREE_BYTES = 2_000_000_000
_SUPPORTED = range(15, 19)


@dataclass(frozen=True)
class Finding:
    """One thing looked at; ``mend`` is empty when all is well."""

    what: str
    mend: str = ""


def doctor() -> None:
    """Look at the installation; exits 1 if something needs mending."""
    tongue = language()
    ill = False
    for finding in examine(Settings()):
        ill = ill or bool(finding.mend)
        mark = "✗" if finding.mend else "✓"
        typer.echo(f"{mark} {say(finding.what, {}, tongue)}")
        if finding.mend:
            typer.echo(f"    → {say(finding.mend, {}, tongue)}")
    raise typer.Exit(1 if ill else 0)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check in the order in which one thing needs another."""
    yield _disk(settings)
    try:
        with opened(settings) as database:
            yield Finding("The database answers")
            yield from _database(database, settings)
    except DomainError as error:
        yield Finding(str(error), error.mend or "See the log of the database")


def _disk(settings: Settings) -> Finding:
    folder = settings.state.state_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Finding(
        f"{free / 1e9:.1f} GB free for {settings.state.state_dir}",
        "" if free > _LEAST_FREE_BYTES else "Free some disk: 2 GB are needed",
    )


def _key(settings: Settings) -> Finding:
    path = settings.state.contact_key_file
    if not path.exists():
        return Finding(
            f"The key file {path} is missing",
            "Restore it from where it is kept apart from the backup; without it "
            "contacts stay unreadable",
        )
    others = path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return Finding(
        f"The key file {path}",
        f"Others can read it: chmod 600 {path}" if others else "",
    )


def _database(database: Database, settings: Settings) -> Iterator[Finding]:
    schema = settings.database.schema_name
    owner = create_engine(
        make_url(database.owner_url).set(drivername="postgresql+psycopg")
    )
    with owner.connect() as connection:
        version = connection.dialect.server_version_info or (0,)
        yield Finding(
            f"PostgreSQL {version[0]}",
            "" if version[0] in _SUPPORTED else "Use PostgreSQL 15 to 18",
        )
        postgis = connection.scalar(
            text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
        )
        yield Finding(
            f"PostGIS {postgis or 'is missing'}",
            "" if postgis else "Run CREATE EXTENSION postgis as a superuser",
        )
        present = present_revision(connection, schema)
    owner.dispose()
    is_current = present == newest_revision()
    yield Finding(
        f"Schema {schema} at migration {present or 'none'}",
        "" if is_current else "Run `minqing upgrade`",
    )
    yield Finding(
        "The app's role is not the owner"
        if database.app_role
        else "One role is both owner and app: it could give itself the audit back",
        ""
        if database.app_role
        else "Set MINQING_OWNER_DATABASE_URL to a separate role",
    )
    if not is_current:
        return
    yield _key(settings)
    engine = make_engine(database.app_url, settings.database)
    sessions = SessionFactory(engine, schema)
    for check in (_edition, _desks, _catalogue, _administrator):
        with sessions.transaction() as session:
            yield _guarded(check, session, settings)
    engine.dispose()


def _guarded(
    check: Callable[[Session, Settings], Finding], session: Session, settings: Settings
) -> Finding:
    try:
        return check(session, settings)
    except DomainError as error:
        return Finding(str(error), error.mend or "See docs/operations.md")


def _edition(session: Session, settings: Settings) -> Finding:
    day = utc_now().astimezone(settings.place.tz).date()
    edition = current_edition(session, day=day)
    count = session.scalar(
        select(func.count()).where(EditionArea.edition_id == edition.id)
    )
    return Finding(f"Boundaries: {edition.name}, {count} areas")


def _desks(session: Session, settings: Settings) -> Finding:
    day = utc_now().astimezone(settings.place.tz).date()
    missing = check_desks(session, day=day)
    if missing:
        names = ", ".join(missing)
        return Finding(
            f"Without a desk: {names}",
            "Give each town and the county a person with the desk duty",
        )
    return Finding("Every town and the county have a desk")


def _catalogue(session: Session, settings: Settings) -> Finding:
    today = utc_now().astimezone(settings.place.tz).date()
    count = session.scalar(select(func.count()).where(Service.ended_at.is_(None)))
    gaps = calendar_gaps(session, since=today, until=today + timedelta(days=60))
    if gaps:
        return Finding(
            f"The calendar of working days lacks {gaps[0]} and later",
            "Update the package chinesecalendar, then run `minqing upgrade`",
        )
    return Finding(
        f"{count} services, calendar of working days loaded",
        "" if count else "Load the catalogue: `minqing upgrade`",
    )


def _administrator(session: Session, settings: Settings) -> Finding:  # noqa: ARG001
    count = session.scalar(
        select(func.count()).where(
            Account.role == Role.ADMIN.value, Account.ended_at.is_(None)
        )
    )
    return Finding(
        f"{count} administrators",
        "" if count else "Run `minqing accounts add NAME admin`",
    )
