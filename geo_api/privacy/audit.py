"""What was done with what is held on one person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.rules import Actor
from geo_api.privacy.subjects import Held


def audit_subject(session: Session, action: str, held: Held, *, now: datetime) -> None:
    """One row for the act and one for each request, found where it is looked for."""
    subjects = [None, *(request.public_id for request in held.requests)]
    for subject in subjects:
        record_audit(
            session,
            Actor(),
            action=action,
            subject_kind="contact" if subject is None else "request",
            subject_id=subject,
            fields=["name", "phone", "id_number", "photos"],
            detail={"by": "server", **held.counts},
            now=now,
        )
