"""``minqing import``: dry unless ``--commit``, with a report either way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from geo_api.accounts.rules import Actor
from geo_api.cli.database import context_of
from geo_api.cli.terminal import language, tell
from geo_api.http.context import Context
from geo_api.http.language import say
from geo_api.ingest.audit import record_import
from geo_api.ingest.boundaries import import_boundaries
from geo_api.ingest.declaration import read_declaration
from geo_api.ingest.households import import_households
from geo_api.ingest.people import import_people
from geo_api.ingest.report import Say
from geo_api.ingest.requests import import_requests
from geo_api.ingest.zones import import_zones
from geo_api.settings import Settings

app = typer.Typer(no_args_is_help=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
Commit = Annotated[
    bool, typer.Option("--commit", help="Write it; otherwise nothing is changed.")
]


class _Report(Protocol):
    @property
    def is_acceptable(self) -> bool: ...

    def lines(self, say: Say) -> list[str]: ...


def _say(report: _Report, *, commit: bool) -> None:
    tongue = language()
    for line in report.lines(lambda msg, params: say(msg, params, tongue)):
        typer.echo(line)
    if not report.is_acceptable:
        said = say("Refused: nothing was changed", {}, tongue)
        typer.secho(said, fg=typer.colors.RED, err=True)
        raise typer.Exit(1)
    if not commit:
        tell("Dry run: nothing was changed; add --commit to write it")


@app.command("boundaries")
def boundaries(
    file: File,
    declaration: Annotated[
        Path | None,
        typer.Option(help="Declaration (TOML); default: the file's name + .toml."),
    ] = None,
    commit: Commit = False,
) -> None:
    """Import areas from GeoJSON, GeoPackage or a zipped Shapefile."""
    described = read_declaration(declaration or file.with_suffix(".toml"))
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        now = context.clock()
        report = import_boundaries(
            session,
            file,
            described,
            commit=commit,
            now=now,
            settings=context.settings,
        )
        record_import(session, Actor(), "boundaries", report, now=now)
    _say(report, commit=commit)


def _ledger(name: str, importer: Callable[..., Any], file: Path, commit: bool) -> None:
    def work(context: Context) -> _Report:
        now = context.clock()
        with context.sessions.transaction() as session, file.open("rb") as content:
            report = importer(
                session,
                context.cipher,
                content,
                commit=commit,
                now=now,
                settings=context.settings,
            )
            record_import(session, Actor(), name, report, now=now)
            done: _Report = report
            return done

    with context_of(Settings()) as context:
        report = work(context)
    _say(report, commit=commit)


@app.command("households")
def households(file: File, commit: Commit = False) -> None:
    """Import households from CSV or xlsx."""
    _ledger("households", import_households, file, commit)


@app.command("people")
def people(file: File, commit: Commit = False) -> None:
    """Import people and their duties from CSV or xlsx."""
    _ledger("people", import_people, file, commit)


@app.command("zones")
def zones(file: File, commit: Commit = False) -> None:
    """Import responsibility zones and their households from CSV or xlsx."""
    _ledger("zones", import_zones, file, commit)


@app.command("requests")
def requests(file: File, commit: Commit = False) -> None:
    """Import requests from another system's export; those that are here stay."""
    _ledger("requests", import_requests, file, commit)
