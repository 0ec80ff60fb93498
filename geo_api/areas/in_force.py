"""The edition of a day: from memory while the number of the geography is the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from geo_api.areas.holder import Holder
from geo_api.areas.models import Edition
from geo_api.areas.queries import find_edition_at
from geo_api.areas.service import current_edition


@dataclass(frozen=True)
class EditionView:
    """An edition as other rooms know it."""

    id: int
    public_id: UUID
    name: str

    @classmethod
    def of(cls, edition: Edition) -> EditionView:
        """The view of a row."""
        return cls(edition.id, edition.public_id, edition.name)


def _find(session: Session, day: date) -> EditionView | None:
    edition = find_edition_at(session, day)
    return None if edition is None else EditionView.of(edition)


def _read(session: Session, day: date) -> Callable[[], EditionView | None]:
    found = _find(session, day)
    return lambda: found


HOLDER: Holder[date, EditionView | None] = Holder(
    _read, lambda s, day, _: _find(s, day)
)


def edition_in_force(session: Session, day: date) -> EditionView:
    """The edition that is decided by on a day; Unavailable before the first import."""
    held = HOLDER.find(session, day)
    return held or EditionView.of(current_edition(session, day=day))
