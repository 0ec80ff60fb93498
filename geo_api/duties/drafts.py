"""Duties as they are claimed, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from geo_api.duties.rules import DutyKind


@dataclass(frozen=True)
class DutyDraft:
    """A duty of a person for exactly one zone, area or household."""

    person_id: int
    kind: DutyKind
    valid_from: date
    valid_to: date | None = None
    zone_id: int | None = None
    area_id: int | None = None
    household_id: int | None = None
