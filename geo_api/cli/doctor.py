"""``minqing doctor``: what is wrong with this installation and how to mend it."""

from __future__ import annotations

import typer

from geo_api.cli.examination import examine
from geo_api.cli.findings import show
from geo_api.settings import Settings


def doctor() -> None:
    """Look at the installation; exits 1 if something needs mending."""
    raise typer.Exit(0 if show(examine(Settings())) else 1)
