"""``minqing dispatch simulate``: what would happen, and why; nothing is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from geo_api.cli.database import context_of
from geo_api.dispatch.simulating import simulate_file
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
    with (
        context_of(Settings()) as context,
        context.sessions.transaction() as session,
        file.open(encoding="utf-8-sig", newline="") as rows,
    ):
        simulate_file(
            session,
            rows,
            sys.stdout,
            now=context.clock(),
            settings=context.settings,
        )
        session.rollback()
