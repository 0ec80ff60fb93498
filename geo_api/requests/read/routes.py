"""Lists, single requests, their history and the decisions behind them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.dependencies import CurrentActor, StaffActor
from geo_api.accounts.rules import Actor, mask_name, mask_phone
from geo_api.db.cipher import Cipher
from geo_api.errors import NotAllowed
from geo_api.households.contacts import read_contact
from geo_api.households.models import Contact
from geo_api.households.rules import can_know_door
from geo_api.http.context import CurrentCipher, CurrentSession, Now
from geo_api.http.language import preferred_language, translations
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.requests import queries
from geo_api.requests.callers import known_caller, listing_caller
from geo_api.requests.history import list_decisions, list_events
from geo_api.requests.models import ServiceRequest
from geo_api.requests.read import filters as read_filters
from geo_api.requests.read.dependencies import AskedFilters
from geo_api.requests.read.history import show_decisions, show_events, show_replay
from geo_api.requests.read.schemas import DecisionsOut, EventsOut
from geo_api.requests.replies import Shower, read_fields
from geo_api.requests.schemas import ContactOut, RequestOut

router = APIRouter(tags=["requests"])


@router.get(
    "/requests",
    summary="Requests in scope, newest first or by their deadline",
    responses=problem_responses(400, 401, 403, 404, 422),
)
def list_requests(
    actor: CurrentActor,
    session: CurrentSession,
    now: Now,
    filters: AskedFilters,
    sort: Annotated[
        Literal["newest", "due"],
        Query(description="`due`: what is overdue the longest comes first."),
    ] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RequestOut]:
    """Names are masked; what is confidential is listed to leaders and its desk only."""
    key = {**asdict(filters), "sort": sort}
    position = read_cursor(cursor, key, (datetime, UUID))
    wanted = read_filters.filtered(actor, filters, now=now)
    rows = list(session.scalars(_sorted(wanted, sort, position).limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    shower = Shower(session, actor, rows)
    following = None
    if more:
        last = rows[-1]
        at = last.due_at if sort == "due" else last.ordered_at
        following = make_cursor([at, str(last.public_id)], key)
    return Page(
        items=[shower.show(row, now=now) for row in rows],
        next=following,
    )


def _sorted(
    wanted: Select[ServiceRequest], sort: str, position: list[Any] | None
) -> Select[ServiceRequest]:
    """Newest first or earliest deadline first, from after ``position`` on."""
    if sort == "due":
        columns = (ServiceRequest.due_at, ServiceRequest.public_id)
        if position:
            wanted = wanted.where(tuple_(*columns) > tuple(position))
        return wanted.order_by(*columns)
    columns = (ServiceRequest.ordered_at, ServiceRequest.public_id)
    if position:
        wanted = wanted.where(tuple_(*columns) < tuple(position))
    return wanted.order_by(*(column.desc() for column in columns))


@router.get(
    "/requests/{request_id}",
    summary="One request",
    responses=problem_responses(401, 403, 404),
)
def get_request(
    request_id: UUID,
    actor: CurrentActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    now: Now,
    reveal: Annotated[
        Literal["contact"] | None,
        Query(description="The resident's contact: for who needs it; audited."),
    ] = None,
) -> RequestOut:
    """With the handler's name; the reading of names and contacts is audited."""
    listing_caller(actor)
    request = queries.get_request(session, actor, request_id)
    shown = Shower(session, actor, [request]).show(request, now=now, in_full=True)
    fields = read_fields(actor, shown)
    if reveal == "contact":
        _check_needs_contact(actor, request)
        fields += ["contact.name", "contact.phone"]
    if actor.is_staff:
        shown.contact = _contact(session, request, cipher, masked=reveal is None)
    if fields:
        record_audit(
            session,
            actor,
            action="request.read",
            subject_kind="request",
            subject_id=request.public_id,
            fields=fields,
            now=now,
        )
    return shown


def _check_needs_contact(actor: Actor, request: ServiceRequest) -> None:
    is_handler = actor.person_id is not None and actor.person_id == request.handler_id
    if not can_know_door(actor, is_own=is_handler):
        raise NotAllowed(
            "Only who handles the request, or the village, needs this contact",
            mend="Accept it first",
        )


def _contact(
    session: Session, request: ServiceRequest, cipher: Cipher, *, masked: bool
) -> ContactOut | None:
    """Who ordered; of a confidential request nothing but in clear to its handler."""
    if request.contact_id is None or (masked and request.is_confidential):
        return None
    contact = session.get_one(Contact, request.contact_id)
    if contact.erased_at is not None:
        return ContactOut(name="", phone="", erased_at=contact.erased_at)
    view = read_contact(cipher, contact)
    if not masked:
        return ContactOut(name=view.name, phone=view.phone)
    phone = mask_phone(view.phone) if view.phone else ""
    return ContactOut(name=mask_name(view.name), phone=phone)


@router.get(
    "/requests/{request_id}/history",
    summary="All that happened to a request, oldest first",
    responses=problem_responses(401, 403, 404),
)
def get_history(
    request_id: UUID, actor: CurrentActor, session: CurrentSession
) -> EventsOut:
    """The history only grows."""
    known_caller(actor)
    request = queries.get_request(session, actor, request_id)
    events = list_events(session, request)
    return EventsOut(items=show_events(session, actor, events))


@router.get(
    "/requests/{request_id}/dispatch",
    summary="Why this handler: candidates and why each was passed over",
    responses=problem_responses(401, 403, 404),
)
def get_dispatch(
    request_id: UUID,
    http_request: Request,
    actor: StaffActor,
    session: CurrentSession,
    now: Now,
    replay: Annotated[
        bool,
        Query(description="Decide again from the stored inputs, and compare."),
    ] = False,
) -> DecisionsOut:
    """Staff in scope; the candidates' names are audited."""
    known_caller(actor)
    request = queries.get_request(session, actor, request_id)
    translate = translations(preferred_language(http_request)).gettext
    decisions = list_decisions(session, request)
    shown = DecisionsOut(
        decisions=show_decisions(session, decisions, translate),
        replay=show_replay(session, decisions, translate) if replay else None,
    )
    record_audit(
        session,
        actor,
        action="request.dispatch.read",
        subject_kind="request",
        subject_id=request.public_id,
        fields=["candidates.name"],
        now=now,
    )
    return shown
