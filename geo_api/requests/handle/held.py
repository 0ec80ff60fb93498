"""Stored requests under lock: read with what their verbs need, and written again.

Two at once are one after the other: the second finds another stage and gets Conflict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from geo_api.accounts.rules import Actor
from geo_api.attachments.models import Attachment
from geo_api.db.arrays import among
from geo_api.duties.ledger import find_holders
from geo_api.errors import Conflict, NotFound
from geo_api.requests.course import Course
from geo_api.requests.handle.acts import Acts
from geo_api.requests.history import Chapter, append, audience_of, first_places
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.outcomes import Act, Need
from geo_api.requests.queries import visible_to
from geo_api.requests.state import decided_place, state_of, state_values
from geo_api.requests.verbs import RULES, next_stage
from geo_api.settings import Settings


@dataclass(kw_only=True)
class Held(Course):
    """A stored request whose row is locked."""

    request: ServiceRequest


def lock_request(session: Session, actor: Actor, public_id: UUID) -> ServiceRequest:
    """Lock a request in the caller's scope; NotFound for every other.

    Seen first and locked then: who was beaten to it saw it a moment ago and is told
    Conflict, even where another handler puts it out of their sight.
    """
    wanted = ServiceRequest.public_id == public_id
    seen = visible_to(actor).with_only_columns(ServiceRequest.id).where(wanted)
    request_id = session.scalar(seen)
    if request_id is None:
        raise NotFound("There is no such request", loc=("path", "id"))
    return session.get_one(
        ServiceRequest, request_id, with_for_update=True, populate_existing=True
    )


def act_on(
    session: Session,
    deeds: Sequence[tuple[ServiceRequest, Act]],
    *,
    settings: Settings,
) -> None:
    """Do one act to each of some locked requests and write it: all of them, or none."""
    for request, act in deeds:
        next_stage(state_of(request).stage, act.verb)
    held = _read(session, deeds)
    turns = list(zip(held, (act for _, act in deeds), strict=True))
    outcomes = Acts(session, turns, settings=settings).carry_out()
    taken_over = [outcome for outcome in outcomes if outcome.has_new_handler]
    if taken_over:
        day = max(o.act.at for o in taken_over).astimezone(settings.place.tz).date()
        states = [outcome.state for outcome in taken_over]
        holders = find_holders(
            session,
            {state.handler_id for state in states},
            {state.handler_duty_id for state in states},
            day=day,
        )
        if holders is None:
            raise Conflict("Who would hold it has just left", mend="Try it again")
    _write(session, held)


def _write(session: Session, held: Sequence[Held]) -> None:
    rows = [(course.request, state_values(course.state)) for course in held]
    session.execute(
        update(ServiceRequest), [{"id": row.id, **values} for row, values in rows]
    )
    for row, values in rows:
        for name, value in values.items():
            set_committed_value(row, name, value)
    chapters = [
        Chapter(c.request.id, audience_of(c.request), c.events, c.decisions)
        for c in held
    ]
    now = max(event["at"] for course in held for event in course.events)
    append(session, chapters, now=now)


def _read(session: Session, deeds: Sequence[tuple[ServiceRequest, Act]]) -> list[Held]:
    requests = [request for request, _ in deeds]
    needs = {need for _, act in deeds for need in RULES[act.verb].needs}
    ids = [request.id for request in requests]
    histories = _histories(session, ids)
    said = first_places(session, ids) if Need.PLACE in needs else {}
    photos = _photos(session, ids) if Need.PHOTOS in needs else {}
    return [
        Held(
            request=row,
            state=state_of(row),
            service_id=row.service_id,
            is_confidential=row.is_confidential,
            about_person_id=row.about_person_id,
            entered_by=row.entered_by,
            place=decided_place(row, said[row.id]) if row.id in said else None,
            deeds=[(verb, person_id) for _, verb, person_id in histories[row.id]],
            last=histories[row.id][-1][0],
            photos=photos.get(row.id, 0),
        )
        for row in requests
    ]


def _histories(
    session: Session, request_ids: Collection[int]
) -> dict[int, list[tuple[int, str, int | None]]]:
    """Of each request, in order: the place in its history, the verb, who did it."""
    rows = session.execute(
        select(
            RequestEvent.request_id,
            RequestEvent.sequence,
            RequestEvent.verb,
            RequestEvent.person_id,
        )
        .where(among(RequestEvent.request_id, request_ids))
        .order_by(RequestEvent.request_id, RequestEvent.sequence)
    )
    found: dict[int, list[tuple[int, str, int | None]]] = defaultdict(list)
    for request_id, sequence, verb, person_id in rows:
        found[request_id].append((sequence, verb, person_id))
    return found


def _photos(session: Session, request_ids: Collection[int]) -> dict[int, int]:
    """How many photos each has; those without are left out."""
    rows = session.execute(
        select(Attachment.request_id, func.count())
        .where(among(Attachment.request_id, request_ids))
        .group_by(Attachment.request_id)
    )
    return dict(rows.all())
