"""``minqing dispatch``: what would happen, and whether what was decided still would."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from geo_api.cli.database import context_of
from geo_api.cli.terminal import language
from geo_api.cli.terminal import tell as say_line
from geo_api.dispatch.simulation import simulate_file
from geo_api.errors import InvalidInput
from geo_api.http.language import say
from geo_api.requests.read.replay import Told, replay_all, tell
from geo_api.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.command("simulate")
def simulate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
) -> None:
    """Read lon,lat,crs,service_code rows (CSV) and say who would be asked."""
    rows = _text(file).splitlines()
    tongue = language()
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        simulate_file(
            session,
            rows,
            sys.stdout,
            now=context.clock(),
            settings=context.settings,
            say=lambda msg, params: say(msg, params, tongue),
        )
        session.rollback()


@app.command("replay")
def replay(
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only what was decided from then on."),
    ] = None,
) -> None:
    """Decide again from the stored inputs, and say what comes out differently."""
    count = differing = lost = 0
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        tz = context.settings.place.tz
        begin = since.replace(tzinfo=tz) if since else None
        for number, replayed in replay_all(session, since=begin):
            count += len(replayed)
            lost += sum(r.cannot is not None for r in replayed)
            differing += sum(bool(r.differences) for r in replayed)
            found = [d for r in replayed for d in r.differences]
            if found:
                told = "; ".join(map(_difference, tell(session, found)))
                typer.echo(f"{number}: {told}")
    say_line(
        "%(all)s decisions, %(differences)s differences, %(lost)s not replayable",
        {"all": count, "differences": differing, "lost": lost},
    )
    if differing:
        raise typer.Exit(1)


def _difference(told: Told) -> str:
    """One difference, in codes: handler P-1 → P-2."""
    subject = " ".join(filter(None, (told.field, told.duty)))
    return f"{subject} {told.stored or '–'} → {told.replayed or '–'}"


def _text(file: Path) -> str:
    """UTF-8, or what Chinese spreadsheets save."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return file.read_text(encoding=encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(
        "This is not a text file", loc=("file",), mend="Save it as CSV (UTF-8)"
    )
