"""When somebody is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Absence:
    """Days of leave, first and last included, and who is to stand in."""

    person_id: int
    first_day: date
    last_day: date
    substitute_id: int | None

    def overlaps(self, first_day: date, last_day: date) -> bool:
        """Whether one of these days, first and last included, is a day of leave."""
        return self.first_day <= last_day and first_day <= self.last_day
