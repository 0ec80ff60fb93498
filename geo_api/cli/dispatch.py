"""``minqing dispatch simulate``: what would happen, and why; nothing is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from geo_api.cli.database import context_of
from geo_api.cli.terminal import language
from geo_api.dispatch.simulation import simulate_file
from geo_api.errors import InvalidInput
from geo_api.http.language import say
from geo_api.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps ``simulate`` a word of its own however few commands there are."""


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
