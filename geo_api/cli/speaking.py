"""What the terminal is told, in its language."""

from __future__ import annotations

import os

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
