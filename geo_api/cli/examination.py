"""What the doctor looks at, each in the order in which one thing needs another."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account
from geo_api.accounts.rules import Role
from geo_api.areas.models import Edition, EditionArea
from geo_api.areas.plans import planned_editions
from geo_api.areas.service import current_edition
from geo_api.catalogue.queries import list_services
from geo_api.catalogue.service import calendar_gaps
from geo_api.changes.loose_ends import find_loose_ends
from geo_api.cli.backup import backups
from geo_api.cli.database import Database, opened, owner_engine, utc_now
from geo_api.cli.findings import Finding, Verdict, ill, well
from geo_api.cli.nightly import nightly_findings
from geo_api.cli.plans import overdue_findings
from geo_api.cli.publication import publication_finding
from geo_api.cli.schedules import outbox_finding
from geo_api.cli.terminal import no_answer
from geo_api.db.cipher import Cipher
from geo_api.db.session import SessionFactory, make_engine
from geo_api.db.upgrade import is_known_revision, newest_revision, present_revision
from geo_api.duties.coverage import check_desks
from geo_api.errors import DomainError
from geo_api.households.models import Contact
from geo_api.settings import Settings

_LEAST_FREE_BYTES = 2_000_000_000
# One each night, and a while for the night that is long.
_BACKUP_EVERY = timedelta(hours=26)
_SUPPORTED = range(15, 19)
# Deadlines reach this far: without the calendar there they are counted wrongly today.
_CALENDAR_NEEDED = timedelta(days=21)
_CALENDAR_WANTED = timedelta(days=90)


def _complaint(error: DomainError) -> Finding:
    return ill(error.msg, error.mend or "See docs/operations.md", **error.params)


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything, from the disk up; what rests on something ill is left out."""
    yield _disk(settings)
    yield _backup(settings)
    try:
        with opened(settings) as database:
            yield from _database(database, settings)
    except DomainError as error:
        yield _complaint(error)
    except DBAPIError as error:
        yield _complaint(no_answer(error))


def _disk(settings: Settings) -> Finding:
    folder = settings.state.state_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    shown = {"free": f"{free / 1e9:.1f}", "path": settings.state.state_dir}
    if free < _LEAST_FREE_BYTES:
        mend = "Free some disk: 2 GB are needed"
        return ill("%(free)s GB free for %(path)s", mend, **shown)
    return well("%(free)s GB free for %(path)s", **shown)


def _backup(settings: Settings) -> Finding:
    folder = settings.state.backup_dir
    if folder is None:
        return Finding(
            "No folder for backups is named",
            Verdict.SOON,
            "Set MINQING_BACKUP_DIR and run `minqing backup` each night",
        )
    found = backups(folder, settings.database.schema_name) if folder.is_dir() else []
    mend = "Run `minqing backup`, and find out why it did not run by itself"
    if not found:
        return ill("There is no backup in %(folder)s", mend, folder=folder)
    age = utc_now() - found[0][1]
    hours = round(age / timedelta(hours=1))
    if age > _BACKUP_EVERY:
        return ill("The last backup is %(hours)s h old", mend, hours=hours)
    return well("The last backup is %(hours)s h old", hours=hours)


def _database(database: Database, settings: Settings) -> Iterator[Finding]:
    schema = settings.database.schema_name
    with owner_engine(database).connect() as connection:
        yield _server(connection)
        yield _postgis(connection)
        migration = _migration(connection, schema)
    yield migration
    yield _roles(database)
    if migration.verdict is Verdict.ILL:
        return
    engine = make_engine(database.app_url, settings.database)
    try:
        with SessionFactory(engine, schema).transaction() as session:
            yield from _county(session, settings)
    finally:
        engine.dispose()


def _server(connection: Connection) -> Finding:
    major = (connection.dialect.server_version_info or (0,))[0]
    if major not in _SUPPORTED:
        return ill("PostgreSQL %(major)s", "Use PostgreSQL 15 to 18", major=major)
    return well("PostgreSQL %(major)s", major=major)


def _postgis(connection: Connection) -> Finding:
    version = connection.scalar(
        text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
    )
    if version is None:
        return ill(
            "PostGIS is not installed in this database",
            "Run CREATE EXTENSION postgis SCHEMA public as a superuser",
        )
    return well("PostGIS %(version)s", version=version)


def _migration(connection: Connection, schema: str) -> Finding:
    present = present_revision(connection, schema)
    shown = {"schema": schema, "present": present or "-"}
    if present == newest_revision():
        return well("Schema %(schema)s at migration %(present)s", **shown)
    is_older = present is None or is_known_revision(present)
    return ill(
        "Schema %(schema)s at migration %(present)s",
        "Run `minqing upgrade`"
        if is_older
        else "Install the version that made it, or a newer one",
        **shown,
    )


def _roles(database: Database) -> Finding:
    if database.app_role is None:
        return ill(
            "One role is both owner and app: it could give itself the audit back",
            "Set MINQING_OWNER_DATABASE_URL to a separate role",
        )
    return well("The app's role is not the owner")


def _county(session: Session, settings: Settings) -> Iterator[Finding]:
    now = utc_now()
    today = now.astimezone(settings.place.tz).date()
    yield _key(session, settings)
    try:
        edition = current_edition(session, day=today)
    except DomainError as error:
        yield _complaint(error)
    else:
        count = session.scalar(
            select(func.count()).where(EditionArea.edition_id == edition.id)
        )
        yield well(
            "Boundaries: %(name)s; areas: %(count)s", name=edition.name, count=count
        )
        yield _desks(session, today)
        yield from _loose_ends(session, edition, today)
        yield from overdue_findings(session, today=today)
        yield publication_finding(session, today=today)
    yield _services(session, now)
    yield _calendar(session, today)
    yield _administrators(session)
    yield from nightly_findings(session, settings, now=now)
    yield outbox_finding(session, settings, now=now)


def _key(session: Session, settings: Settings) -> Finding:
    path = settings.state.contact_key_file
    try:
        cipher = Cipher.read(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            return ill(
                "The key file %(path)s can be read by others",
                "chmod 600 %(path)s, then consider the key known",
                path=path,
            )
        newest = select(Contact.phone).where(Contact.phone.is_not(None))
        phone = session.scalar(newest.order_by(Contact.id.desc()).limit(1))
        if phone is not None:
            cipher.decrypt(phone)
    except DomainError as error:
        return _complaint(error)
    return well("The key file %(path)s opens the contacts", path=path)


def _desks(session: Session, today: date) -> Finding:
    vacant = check_desks(session, day=today)
    if vacant:
        return ill(
            "Without a desk: %(names)s",
            "Give each town and the county a person with the desk duty",
            names=", ".join(vacant),
        )
    return well("Every town and the county have a desk")


def _loose_ends(session: Session, edition: Edition, today: date) -> Iterator[Finding]:
    """Whoever stands on nothing, in the boundaries in force and in those to come."""
    is_well = True
    for each in (edition, *planned_editions(session)):
        day = max(today, each.active_from or today)
        for end in find_loose_ends(session, edition_id=each.id, day=day):
            is_well = False
            yield ill(end.msg, end.mend, **end.params)
    if is_well:
        yield well("Everybody has a place in the boundaries in force and planned")


def _services(session: Session, now: datetime) -> Finding:
    count = len(list_services(session, now))
    if not count:
        return ill("There is no service to order", "Run `minqing upgrade`")
    return well("Services: %(count)s", count=count)


def _calendar(session: Session, today: date) -> Finding:
    gaps = calendar_gaps(session, since=today, until=today + _CALENDAR_WANTED)
    if not gaps:
        return well("The calendar of working days is loaded")
    return Finding(
        "The calendar of working days lacks %(day)s and later: "
        "Monday to Friday count as worked there",
        Verdict.ILL if gaps[0] <= today + _CALENDAR_NEEDED else Verdict.SOON,
        "Update the package chinesecalendar, then run `minqing upgrade`",
        {"day": gaps[0]},
    )


def _administrators(session: Session) -> Finding:
    count = session.scalar(
        select(func.count()).where(
            Account.role == Role.ADMIN.value, Account.ended_at.is_(None)
        )
    )
    if not count:
        return ill("There is no administrator", "Run `minqing accounts add NAME admin`")
    return well("Administrators: %(count)s", count=count)
