"""Which demo a state folder holds, and how it gets there: whole or not at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.areas.models import BoundarySource, Edition
from geo_api.db.cipher import Cipher
from geo_api.demo.accounts import (
    PASSWORD,
    PORTAL_KEY,
    USERNAMES,
    replace_secrets,
    restore_secrets,
)
from geo_api.demo.county import Tell, load_county
from geo_api.demo.elsewhere import load_elsewhere
from geo_api.demo.files import SHAPES
from geo_api.errors import Conflict
from geo_api.heat.publication import publish_ended
from geo_api.ingest.declaration import read_declaration
from geo_api.settings import Settings

__all__ = [
    "PASSWORD",
    "PORTAL_KEY",
    "USERNAMES",
    "Wish",
    "is_loaded",
    "load",
    "replace_secrets",
    "restore_secrets",
]


@dataclass(frozen=True)
class Wish:
    """Which demo is asked for; by default the county, with a year until today."""

    until: date | None = None
    boundaries: Path | None = None
    declaration: Path | None = None

    @property
    def suffix(self) -> str:
        """What tells its schema from that of the usual demo; empty for that one."""
        parts = []
        if self.boundaries is not None:
            described = self.declaration or self.boundaries.with_suffix(".toml")
            blob = self.boundaries.read_bytes() + described.read_bytes()
            parts.append(hashlib.sha256(blob).hexdigest()[:8])
        if self.until is not None:
            parts.append(f"{self.until:%Y%m%d}")
        return "".join(f"_{part}" for part in parts)


def is_loaded(session: Session, wish: Wish) -> bool:
    """Whether the schema holds this demo; Conflict if it holds a real county."""
    sources = session.execute(
        select(BoundarySource.file_name, BoundarySource.is_invented)
        .join(Edition, Edition.source_id == BoundarySource.id)
        .order_by(Edition.id)
    ).all()
    if not sources:
        return False
    name = wish.boundaries.name if wish.boundaries is not None else SHAPES.name
    if sources[0].file_name != name:
        raise Conflict(
            "This state folder holds %(name)s, which is not the demo",
            mend="Set MINQING_STATE_DIR to another folder for the demo",
            name=sources[0].file_name,
        )
    return True


def load(
    session: Session,
    wish: Wish,
    *,
    cipher: Cipher,
    now: datetime,
    settings: Settings,
    tell: Tell,
) -> None:
    """Load the demo that is asked for, in the caller's one transaction."""
    until = wish.until or now.astimezone(settings.place.tz).date()
    if wish.boundaries is None:
        load_county(
            session, cipher=cipher, until=until, now=now, settings=settings, tell=tell
        )
    else:
        described = wish.declaration or wish.boundaries.with_suffix(".toml")
        load_elsewhere(
            session,
            wish.boundaries,
            read_declaration(described),
            cipher=cipher,
            until=until,
            now=now,
            settings=settings,
            tell=tell,
        )
    # As if it had been done when the year ended.
    end = datetime.combine(until, time(), settings.place.tz)
    tell("Published periods: %(count)s", publish_ended(session, settings, now=end))
