"""``minqing worker``: what the night brings, and beside it what cannot wait for it."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import Annotated

import typer

from geo_api.cli.database import context_of, opened, utc_now
from geo_api.cli.findings import show
from geo_api.cli.nightly import do_due, jobs_of, nightly_findings
from geo_api.cli.plans import perform_due
from geo_api.cli.schedules import outbox_finding, schedules, side_by_side
from geo_api.cli.server import end_orderly
from geo_api.cli.terminal import tell
from geo_api.db.session import SessionFactory, make_engine
from geo_api.errors import Words
from geo_api.settings import Settings

# How soon a job begins once it is due.
_LOOK_EVERY_SECONDS = 30


def worker(
    check: Annotated[
        bool,
        typer.Option("--check", help="Only say when each job was done; 1 if late."),
    ] = False,
) -> None:
    """Tell what happens; each night hand on, erase, publish, back up; till a signal."""
    settings = Settings()
    if check:
        raise typer.Exit(0 if _is_in_time(settings) else 1)
    logging.basicConfig(level=logging.WARNING)
    end_orderly()
    # A job that is broken off is not done: it is due again at the next start.
    with (
        contextlib.suppress(KeyboardInterrupt),
        context_of(settings, is_lasting=True) as context,
    ):
        jobs = jobs_of(settings)
        tell(
            "Each night at %(at)s: %(jobs)s",
            {
                "at": f"{settings.night.night_at:%H:%M}",
                "jobs": Words(*(job.title for job in jobs)),
            },
        )
        with side_by_side(context, schedules()):
            while True:
                perform_due(context)
                do_due(context, jobs)
                time.sleep(_LOOK_EVERY_SECONDS)


def _is_in_time(settings: Settings) -> bool:
    with opened(settings) as database:
        engine = make_engine(database.app_url, settings.database)
        sessions = SessionFactory(engine, settings.database.schema_name)
        try:
            with sessions.transaction() as session:
                now = utc_now()
                findings = [
                    *nightly_findings(session, settings, now=now),
                    outbox_finding(session, settings, now=now),
                ]
                return show(findings)
        finally:
            engine.dispose()
