"""``minqing``: the same service functions as the API, for the person at the server."""

from __future__ import annotations

import os
import sys

import typer

from geo_api.cli import accounts, dispatch, doctor, importing, serving
from geo_api.errors import DomainError
from geo_api.http.language import LANGUAGES, say


def language() -> str:
    """The terminal's language among ours."""
    tongue = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh-CN" if tongue.startswith("zh") else LANGUAGES[-1]


def explain(error: DomainError) -> str:
    """An error as lines: what, where, how to mend it."""
    tongue = language()
    lines = [say(error.msg, error.params, tongue)]
    for problem in error.problems:
        where = ".".join(str(part) for part in problem.loc)
        lines.append(f"  {where}: {say(problem.msg, problem.params, tongue)}")
        if problem.mend:
            lines.append(f"    → {say(problem.mend, problem.params, tongue)}")
    if error.mend and not error.problems:
        lines.append(f"  → {say(error.mend, error.params, tongue)}")
    return "\n".join(lines)


class _Application(typer.Typer):
    """Says a domain error in plain words instead of a traceback."""

    def __call__(self, *args: object, **kwargs: object) -> object:
        try:
            return super().__call__(*args, **kwargs)
        except DomainError as error:
            typer.secho(explain(error), err=True, fg=typer.colors.RED)
            sys.exit(1)


app = _Application(
    name="minqing",
    help="民情地图: the server's own commands.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serving.serve)
app.command("upgrade")(serving.upgrade_schema)
app.command("doctor")(doctor.doctor)
app.add_typer(importing.app, name="import", help="Files → areas and ledgers.")
app.add_typer(dispatch.app, name="dispatch", help="What would be dispatched where.")
app.add_typer(accounts.app, name="accounts", help="Who may sign in.")

__all__ = ["app"]
