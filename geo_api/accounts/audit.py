"""The audit: who did or read what. Rows are added and read, never altered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from geo_api.accounts.models import AuditEntry
from geo_api.accounts.rules import Actor


def record_audit(
    session: Session,
    actor: Actor,
    *,
    action: str,
    subject_kind: str,
    subject_id: UUID | None = None,
    fields: Sequence[str] = (),
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Add an audit row: names of fields, never their values."""
    record_audits(
        session,
        actor,
        action=action,
        subject_kind=subject_kind,
        subject_ids=[subject_id],
        fields=fields,
        detail=detail,
        now=now,
    )


def record_audits(
    session: Session,
    actor: Actor,
    *,
    action: str,
    subject_kind: str,
    subject_ids: Sequence[UUID | None],
    fields: Sequence[str] = (),
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Add the same row for each of many subjects, so that it is found at each."""
    session.execute(
        insert(AuditEntry),
        [
            {
                "at": now,
                "caller_kind": actor.kind.value,
                "account_id": actor.account_id,
                "action": action,
                "subject_kind": subject_kind,
                "subject_id": subject_id,
                "fields": list(fields),
                "detail": dict(detail or {}),
            }
            for subject_id in subject_ids
        ],
    )
