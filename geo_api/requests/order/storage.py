"""Requests under way and how they are stored, one or ten thousand alike."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.accounts.models import Token
from geo_api.accounts.tokens import tracking_row
from geo_api.db.arrays import among
from geo_api.db.batches import WITH_NULLS
from geo_api.dispatch.rules import PlaceNote, ResolvedPlace
from geo_api.errors import Conflict
from geo_api.households.models import Contact
from geo_api.requests.course import Course
from geo_api.requests.history import Chapter, append, audience_of
from geo_api.requests.models import ServiceRequest
from geo_api.requests.rules import NUMBERS_A_DAY, make_number
from geo_api.requests.state import state_values
from geo_api.settings import Settings

_OTHERS_NUMBER = ("channel", "external_id")


@dataclass(kw_only=True)
class Draft(Course):
    """A request under way, before it is stored."""

    place: ResolvedPlace
    public_id: UUID
    fixed: dict[str, Any]
    contact: dict[str, Any] | None
    # When it came in here: nobody who follows changes had seen it before.
    taken_at: datetime


@dataclass(frozen=True)
class Ordered:
    """A stored order and the secret of its tracking link."""

    request_id: int
    public_id: UUID
    tracking_secret: str
    # What was said of the place and not taken.
    notes: tuple[PlaceNote, ...] = ()


def store(
    session: Session, drafts: Sequence[Draft], *, settings: Settings
) -> list[Ordered]:
    """Write requests with their contacts, histories, decisions and tracking links.

    Raises Conflict where another system's number is here already.
    """
    numbers = _draw_numbers(session, drafts, settings)
    contacts = [draft.contact for draft in drafts if draft.contact is not None]
    contact_ids = iter(_inserted(session, Contact, contacts))
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
            "number": number,
            "contact_id": next(contact_ids) if draft.contact is not None else None,
        }
        for draft, number in zip(drafts, numbers, strict=True)
    ]
    ids = _inserted(session, ServiceRequest, requests, unless_known=_OTHERS_NUMBER)
    if len(ids) < len(requests):
        # Two at once, and neither could see the other.
        raise Conflict(
            "An order with this number has just been taken",
            loc=("body", "external_id"),
            mend="Send it again: the reply says which one it is",
        )
    pairs = list(zip(ids, drafts, strict=True))
    chapters = [
        Chapter(id_, audience_of(ServiceRequest(**row)), draft.events, draft.decisions)
        for (id_, draft), row in zip(pairs, requests, strict=True)
    ]
    # All are written at one moment: when the last of them came in.
    append(session, chapters, now=max(draft.taken_at for draft in drafts))
    tokens = [
        tracking_row(
            draft.public_id,
            now=draft.state.ordered_at,
            days=settings.sign_in.tracking_days,
            given_to=draft.entered_by,
        )
        for draft in drafts
    ]
    session.execute(
        insert(Token), [row for _, row in tokens], execution_options=WITH_NULLS
    )
    return [
        Ordered(id_, draft.public_id, secret, draft.place.notes)
        for (id_, draft), (secret, _) in zip(pairs, tokens, strict=True)
    ]


def _inserted(
    session: Session,
    model: type[Any],
    rows: Sequence[dict[str, Any]],
    *,
    unless_known: Sequence[str] = (),
) -> list[int]:
    """Ids of new rows in their order, without those whose ``unless_known`` is taken.

    Asked for afterwards: a RETURNING would spell out every value of a thousand rows in
    one statement, and take longer to write than to run.
    """
    if not rows:
        return []
    new = upsert(model)
    if unless_known:
        new = new.on_conflict_do_nothing(index_elements=unless_known)
    session.execute(new, rows, execution_options=WITH_NULLS)
    public_ids = [row["public_id"] for row in rows]
    wanted = select(model.public_id, model.id).where(model.public_id.in_(public_ids))
    ids: dict[UUID, int] = dict(session.execute(wanted).all())
    return [ids[public_id] for public_id in public_ids if public_id in ids]


def _draw_numbers(
    session: Session, drafts: Sequence[Draft], settings: Settings
) -> list[str]:
    """A free number for each order, drawn: it tells nobody how many a day has."""
    tz = settings.place.tz
    days = [draft.state.ordered_at.astimezone(tz).date() for draft in drafts]
    drawn: dict[int, str] = {}
    missing = set(range(len(days)))
    while missing:
        for i in missing:
            drawn[i] = make_number(days[i], secrets.randbelow(NUMBERS_A_DAY))
        seen = Counter(drawn.values())
        taken = set(
            session.scalars(
                select(ServiceRequest.number).where(
                    among(ServiceRequest.number, [drawn[i] for i in missing])
                )
            )
        )
        missing = {i for i in missing if drawn[i] in taken or seen[drawn[i]] > 1}
    return [drawn[i] for i in range(len(days))]
