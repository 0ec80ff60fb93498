"""What was found in a file: problems that refuse it, remarks that do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


# Lines of a terminal that somebody reads.
_MOST = 100
# Of a file that is refused the remarks are for later.
_FEW = 20


@dataclass
class Report:
    """Counts and findings of an import, committed or not."""

    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    # What a reader recognises the file by: where it lies, what is called how.
    facts: list[Finding] = field(default_factory=list)
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

    def tell(self, msg: str, **params: Any) -> None:
        """Note a fact."""
        self.facts.append(Finding(msg, params, is_fatal=False))

    def lines(self, say: Say) -> list[str]:
        """The report for a terminal: counts, what refuses the file, remarks, facts."""
        shown = [f"{say(name, {})}: {n}" for name, n in self.counts.items()]
        fatal = [finding for finding in self.findings if finding.is_fatal]
        remarks = [finding for finding in self.findings if not finding.is_fatal]
        shown += _some(fatal, _MOST, "… and %(count)s more that refuse the file", say)
        most = _FEW if fatal else _MOST
        shown += _some(remarks, most, "… and %(count)s more remarks", say)
        return shown + [fact.text(say) for fact in self.facts]


def _some(findings: Sequence[Finding], most: int, more: str, say: Say) -> list[str]:
    shown = [finding.text(say) for finding in findings[:most]]
    if len(findings) > most:
        shown.append(say(more, {"count": len(findings) - most}))
    return shown
