"""What was found in a file: problems that refuse it, remarks that do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Puts a msgid and its params into the reader's language; the faces know which.
Say = Callable[[str, Mapping[str, Any]], str]


@dataclass(frozen=True)
class Finding:
    """One thing found: what, where, and how to mend it."""

    msg: str
    params: Mapping[str, Any] = field(default_factory=dict)
    mend: str | None = None
    is_fatal: bool = True

    def text(self, say: Say) -> str:
        """The finding in the reader's language."""
        line = say(self.msg, self.params)
        if self.mend:
            line += f" → {say(self.mend, self.params)}"
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

    def lines(self, say: Say) -> list[str]:
        """The report for a terminal: counts, then findings, a hundred at most."""
        shown = [f"{say(name, {})}: {n}" for name, n in self.counts.items()]
        shown += [finding.text(say) for finding in self.findings[:100]]
        if len(self.findings) > 100:
            shown.append(f"… +{len(self.findings) - 100}")
        return shown
