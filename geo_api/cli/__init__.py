"""``minqing``: the same service functions as the API, for the person at the server."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from geo_api.cli.terminal import explain, no_answer, wrong_settings
from geo_api.errors import DomainError

# Where each command is; a group of commands says what it is about.
_COMMANDS = {
    "serve": "server:serve",
    "worker": "worker:worker",
    "upgrade": "server:upgrade_schema",
    "demo": "demo:demo",
    "publish": "publication:publish",
    "doctor": "doctor:doctor",
    "backup": "backup:backup",
    "restore": "restore:restore",
}
_GROUPS = {
    "import": ("imports:app", "Files → areas and ledgers."),
    "editions": ("editions:app", "Boundaries: which, what they change, the act."),
    "dispatch": ("dispatch:app", "What would be dispatched where."),
    "catalogue": ("catalogue:app", "By which rules services are dispatched."),
    "accounts": ("accounts:app", "Who may sign in."),
    "privacy": ("privacy:app", "What is held, and for how long."),
}


def app(arguments: Sequence[str] | None = None, **options: Any) -> None:
    """Run a command, and say in plain words what went wrong instead of a traceback."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        _commands(words)(words, **options)
    except DomainError as error:
        refusal = error
    except OperationalError as error:
        refusal = no_answer(error)
    except ValidationError as error:
        if not error.title.endswith("Settings"):
            raise
        refusal = wrong_settings(error)
    else:
        return
    typer.secho(explain(refusal), err=True, fg=typer.colors.RED)
    sys.exit(1)


def _commands(words: Sequence[str]) -> typer.Typer:
    """The command that is asked for, or all: each brings imports of its own."""
    found = typer.Typer(
        name="minqing",
        help="民情地图: the server's own commands.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    # A single command is one among others all the same.
    found.callback()(lambda: None)
    names = {*_COMMANDS, *_GROUPS}
    asked_for = {words[0]} if words and words[0] in names else names
    for name, place in _COMMANDS.items():
        if name in asked_for:
            found.command(name)(_find(place))
    for name, (place, about) in _GROUPS.items():
        if name in asked_for:
            found.add_typer(_find(place), name=name, help=about)
    return found


def _find(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"geo_api.cli.{module}"), name)
