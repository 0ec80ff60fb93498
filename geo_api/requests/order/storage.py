"""Requests under way and how they are stored, one or ten thousand alike."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from geo_api.accounts.models import Token
from geo_api.accounts.tokens import tracking_row
from geo_api.db.writing import Rows, write_new
from geo_api.dispatch.rules import PlaceNote, ResolvedPlace
from geo_api.dispatch.service import Decision
from geo_api.duties.ledger import Holder
from geo_api.errors import Conflict
from geo_api.households.models import Contact
from geo_api.requests.course import Course
from geo_api.requests.history import Chapter, append, audience_of
from geo_api.requests.models import ServiceRequest
from geo_api.requests.rules import NUMBERS_A_DAY, make_number
from geo_api.requests.state import state_values
from geo_api.settings import Settings


@dataclass(kw_only=True)
class Draft(Course):
    """A request under way, before it is stored."""

    place: ResolvedPlace
    decision: Decision
    # Who holds it, where somebody is to be told; locked.
    holder: Holder | None = None
    public_id: UUID
    fixed: dict[str, Any]
    contact: dict[str, Any] | None
    # When it came in here: nobody who follows changes had seen it before.
    taken_at: datetime


@dataclass(frozen=True)
class Ordered:
    """A stored order and the secret of its tracking link."""

    request_id: int
    number: str
    tracking_secret: str
    draft: Draft

    @property
    def public_id(self) -> UUID:
        """What the request is called outside."""
        return self.draft.public_id

    @property
    def notes(self) -> tuple[PlaceNote, ...]:
        """What was said of the place and not taken."""
        return self.draft.place.notes


def store(
    session: Session, drafts: Sequence[Draft], *, settings: Settings
) -> list[Ordered]:
    """Write requests with their contacts, histories, decisions and tracking links.

    Raises Conflict where another system's number is here already.
    """
    contacts = [draft.contact for draft in drafts if draft.contact is not None]
    contact_ids = write_new(session, Rows(Contact, contacts))
    requests = [
        {
            **draft.fixed,
            "service_id": draft.service_id,
            "is_confidential": draft.is_confidential,
            "about_person_id": draft.about_person_id,
            "entered_by": draft.entered_by,
            **state_values(draft.state),
            "updated_at": max(draft.state.updated_at, draft.taken_at),
            "public_id": draft.public_id,
            "contact_id": contact_ids[draft.contact["public_id"]]
            if draft.contact is not None
            else None,
        }
        for draft in drafts
    ]
    ids, numbers = _store_requests(session, requests, settings)
    chapters = [
        Chapter(
            ids[draft.public_id],
            audience_of(ServiceRequest(**row)),
            draft.events,
            draft.decisions,
        )
        for draft, row in zip(drafts, requests, strict=True)
    ]
    links = [
        tracking_row(
            draft.public_id,
            now=draft.state.ordered_at,
            days=settings.sign_in.tracking_days,
            given_to=draft.entered_by,
        )
        for draft in drafts
    ]
    append(
        session,
        chapters,
        # All are written at one moment: when the last of them came in.
        now=max(draft.taken_at for draft in drafts),
        beside=Rows(Token, [row for _, row in links]),
    )
    return [
        Ordered(ids[draft.public_id], numbers[draft.public_id], secret, draft)
        for draft, (secret, _) in zip(drafts, links, strict=True)
    ]


def _store_requests(
    session: Session, rows: Sequence[Mapping[str, Any]], settings: Settings
) -> tuple[dict[UUID, int], dict[UUID, str]]:
    """Ids and numbers by public id.

    A number is drawn: it tells nobody how many a day has. One that was drawn already,
    even by somebody just now, is drawn again.
    """
    tz = settings.place.tz
    ids: dict[UUID, int] = {}
    numbers: dict[UUID, str] = {}
    left = list(rows)
    while left:
        for row in left:
            day = row["ordered_at"].astimezone(tz).date()
            drawn = secrets.randbelow(NUMBERS_A_DAY)
            numbers[row["public_id"]] = make_number(day, drawn)
        numbered = [{**row, "number": numbers[row["public_id"]]} for row in left]
        ids |= write_new(session, Rows(ServiceRequest, numbered))
        left = [row for row in left if row["public_id"] not in ids]
        _refuse_others_numbers(session, left)
    return ids, numbers


def _refuse_others_numbers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise Conflict where it is another system's number that is here already."""
    named = [(r["channel"], r["external_id"]) for r in rows if r["external_id"]]
    if not named:
        return
    number = tuple_(ServiceRequest.channel, ServiceRequest.external_id)
    if session.scalar(select(ServiceRequest.id).where(number.in_(named)).limit(1)):
        # Two at once, and neither could see the other.
        raise Conflict(
            "An order with this number has just been taken",
            loc=("body", "external_id"),
            mend="Send it again: the reply says which one it is",
        )
