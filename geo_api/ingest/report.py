"""What was found in a file: problems that refuse it, remarks that do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geo_api.http.language import say


@dataclass(frozen=True)
class Finding:
    """One thing found: what, where, and how to mend it."""

    msg: str
    params: Mapping[str, Any] = field(default_factory=dict)
    mend: str | None = None
    is_fatal: bool = True

    def text(self, language: str) -> str:
        """The finding in a language."""
        line = say(self.msg, self.params, language)
        if self.mend:
            line += f" → {say(self.mend, self.params, language)}"
        return ("✗ " if self.is_fatal else "· ") + line


@dataclass
class Report:
    """Counts and findings of an import, committed or not."""

    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    is_committed: bool = False

    @property
    def is_acceptable(self) -> bool:
        """Whether nothing found refuses the file."""
        return not any(finding.is_fatal for finding in self.findings)

    def add(
        self, msg: str, *, mend: str | None = None, is_fatal: bool = True, **params: Any
    ) -> None:
        """Note a finding."""
        self.findings.append(Finding(msg, params, mend, is_fatal))

    def lines(self, language: str) -> list[str]:
        """The report for a terminal: counts, then findings, a hundred at most."""
        shown = [f"{say(name, {}, language)}: {n}" for name, n in self.counts.items()]
        shown += [finding.text(language) for finding in self.findings[:100]]
        if len(self.findings) > 100:
            shown.append(f"… +{len(self.findings) - 100}")
        return shown
