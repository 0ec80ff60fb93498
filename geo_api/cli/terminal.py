"""What the terminal is told, in its language."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError

from geo_api.errors import DomainError, InvalidInput, Unavailable, Words
from geo_api.http.language import LANGUAGES, say
from geo_api.sentences import problem_of

_log = logging.getLogger(__name__)


def language() -> str:
    """The terminal's language among ours, by the locale's own precedence."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    tongue = next((value for value in named if value), "")
    return "zh-CN" if tongue.startswith("zh") else LANGUAGES[-1]


def tell(message: str, params: Mapping[str, Any] | None = None) -> None:
    """One line to the terminal."""
    typer.echo(say(message, params or {}, language()))


def explain(error: DomainError) -> str:
    """An error as lines: what, where, how to mend it."""
    tongue = language()
    lines = [say(error.msg, error.params, tongue)]
    for problem in error.problems:
        what = say(problem.msg, problem.params, tongue)
        if what != lines[0]:
            # Of a file the sentence itself names feature, row or line.
            is_file = problem.loc[:1] == ("file",)
            where = "" if is_file else f"{'.'.join(map(str, problem.loc))}: "
            lines.append(f"  {where}{what}")
        if problem.mend:
            lines.append(f"  → {say(problem.mend, problem.params, tongue)}")
    if error.mend and not error.problems:
        lines.append(f"  → {say(error.mend, error.params, tongue)}")
    return "\n".join(lines)


def tell_failure(name: str, title: str, error: Exception) -> None:
    """What of the worker's work has failed, and why."""
    tell("Failed: %(job)s; it is tried again", {"job": Words(title)})
    if isinstance(error, OperationalError):
        error = no_answer(error)
    if isinstance(error, DomainError):
        typer.echo(explain(error), err=True)
    else:
        _log.error("%s", name, exc_info=error)


def no_answer(error: DBAPIError) -> Unavailable:
    """The database went away, or was never there."""
    said = str(error.orig).strip().splitlines()
    return Unavailable(
        "The database does not answer: %(why)s",
        mend="Check MINQING_DATABASE_URL and that the server runs",
        why=said[0] if said else type(error.orig).__name__,
    )


def wrong_settings(error: ValidationError) -> InvalidInput:
    """Settings that cannot be read; a value may be a secret and is not repeated."""
    return InvalidInput(
        "The settings cannot be read",
        problems=[
            replace(
                problem_of(item),
                loc=(_variable(item["loc"]),),
                mend="See the settings in docs/operations.md",
            )
            for item in error.errors(include_input=False, include_url=False)
        ],
    )


def _variable(loc: tuple[int | str, ...]) -> str:
    name = str(loc[0]) if loc else ""
    return name if name.startswith("MINQING_") else f"MINQING_{name.upper()}"
