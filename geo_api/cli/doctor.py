"""``minqing doctor``: what is wrong with this installation and how to mend it."""

from __future__ import annotations

import typer

from geo_api.cli.examining import Verdict, examine
from geo_api.cli.speaking import language
from geo_api.http.language import say
from geo_api.settings import Settings

_MARKS = {Verdict.WELL: "✓", Verdict.SOON: "·", Verdict.ILL: "✗"}


def doctor() -> None:
    """Look at the installation; exits 1 if something needs mending."""
    tongue = language()
    is_ill = False
    for finding in examine(Settings()):
        is_ill = is_ill or finding.verdict is Verdict.ILL
        what = say(finding.what, finding.params, tongue)
        typer.echo(f"{_MARKS[finding.verdict]} {what}")
        if finding.mend:
            typer.echo(f"    → {say(finding.mend, finding.params, tongue)}")
    raise typer.Exit(1 if is_ill else 0)
