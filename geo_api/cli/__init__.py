"""``minqing``: the same service functions as the API, for the person at the server."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from geo_api.cli import (
    accounts,
    backup,
    demo,
    dispatch,
    doctor,
    imports,
    privacy,
    publication,
    restore,
    server,
    worker,
)
from geo_api.cli.terminal import explain, no_answer, wrong_settings
from geo_api.errors import DomainError


class _Application(typer.Typer):
    """Says in plain words what went wrong instead of a traceback."""

    def __call__(self, *args: object, **kwargs: object) -> object:
        try:
            return super().__call__(*args, **kwargs)
        except DomainError as error:
            refusal = error
        except OperationalError as error:
            refusal = no_answer(error)
        except ValidationError as error:
            if not error.title.endswith("Settings"):
                raise
            refusal = wrong_settings(error)
        typer.secho(explain(refusal), err=True, fg=typer.colors.RED)
        sys.exit(1)


app = _Application(
    name="minqing",
    help="民情地图: the server's own commands.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(server.serve)
app.command("worker")(worker.worker)
app.command("upgrade")(server.upgrade_schema)
app.command("demo")(demo.demo)
app.command("publish")(publication.publish)
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.add_typer(imports.app, name="import", help="Files → areas and ledgers.")
app.add_typer(dispatch.app, name="dispatch", help="What would be dispatched where.")
app.add_typer(accounts.app, name="accounts", help="Who may sign in.")
app.add_typer(privacy.app, name="privacy", help="What is held, and for how long.")

__all__ = ["app"]
