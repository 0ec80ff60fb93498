"""Editions in line: those that wait for their day, and what each comes after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from geo_api.areas.models import Edition


def is_planned() -> ColumnElement[bool]:
    """Whether an edition waits for the day on which it takes effect."""
    return and_(
        Edition.active_from.is_not(None),
        Edition.activated_at.is_(None),
        Edition.superseded_at.is_(None),
    )


def planned_editions(session: Session) -> Sequence[Edition]:
    """Editions that wait for their day, the next one first."""
    return session.scalars(
        select(Edition).where(is_planned()).order_by(Edition.active_from)
    ).all()


def find_due_edition(session: Session, *, day: date) -> Edition | None:
    """The first edition whose day has come."""
    return session.scalar(
        select(Edition)
        .where(is_planned(), Edition.active_from <= day)
        .order_by(Edition.active_from)
        .limit(1)
    )


def find_edition_before(session: Session, day: date) -> Edition | None:
    """The edition that one of ``day`` comes after, or takes the place of."""
    return session.scalar(
        select(Edition)
        .where(Edition.active_from <= day, Edition.superseded_at.is_(None))
        .order_by(Edition.active_from.desc())
        .limit(1)
    )
