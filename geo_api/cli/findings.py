"""What an examination says: one thing looked at, how bad it is, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import typer

from geo_api.cli.terminal import language
from geo_api.http.language import say


class Verdict(Enum):
    """How bad a finding is."""

    WELL = auto()
    SOON = auto()
    ILL = auto()


_MARKS = {Verdict.WELL: "✓", Verdict.SOON: "·", Verdict.ILL: "✗"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at, and how to mend it."""

    what: str
    verdict: Verdict = Verdict.WELL
    mend: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


def well(what: str, **params: Any) -> Finding:
    """All is as it should be."""
    return Finding(what, params=params)


def ill(what: str, mend: str, **params: Any) -> Finding:
    """Something needs mending."""
    return Finding(what, Verdict.ILL, mend, params)


def show(findings: Iterable[Finding]) -> bool:
    """Print each as soon as it is found; whether nothing needs mending."""
    tongue = language()
    is_well = True
    for finding in findings:
        is_well = is_well and finding.verdict is not Verdict.ILL
        what = say(finding.what, finding.params, tongue)
        typer.echo(f"{_MARKS[finding.verdict]} {what}")
        if finding.mend:
            typer.echo(f"    → {say(finding.mend, finding.params, tongue)}")
    return is_well
