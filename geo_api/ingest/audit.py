"""One row of the audit for each import that was written, by whomever and wherever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.rules import Actor


class ImportReport(Protocol):
    """What an import's report tells of what it did."""

    @property
    def is_committed(self) -> bool:
        """Whether it was written."""

    @property
    def counts(self) -> Mapping[str, int]:
        """What it did, in numbers."""


def record_import(
    session: Session, actor: Actor, ledger: str, report: ImportReport, *, now: datetime
) -> None:
    """Audit an import that was written; at the server nobody is signed in."""
    at_server = {} if actor.is_staff else {"by": "server"}
    if report.is_committed:
        record_audit(
            session,
            actor,
            action=f"import.{ledger}",
            subject_kind=ledger,
            detail={**at_server, **report.counts},
            now=now,
        )
