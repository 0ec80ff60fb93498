"""People and leave as they are claimed, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class PersonDraft:
    """Somebody who may answer for a place."""

    code: str
    name: str
    is_party_member: bool = False
    account_id: int | None = None
    contact_id: int | None = None


@dataclass(frozen=True)
class LeaveDraft:
    """Days of leave, first and last included."""

    person_id: int
    first_day: date
    last_day: date
    substitute_id: int | None = None
