"""Ordering and the verbs; reading is beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.access import CurrentActor
from geo_api.accounts.rules import Actor
from geo_api.accounts.service import record_audit
from geo_api.areas.service import current_edition
from geo_api.dispatch.service import Location
from geo_api.errors import InvalidInput, NotSignedIn
from geo_api.households.service import get_household
from geo_api.http.context import (
    Context,
    CurrentCipher,
    CurrentContext,
    CurrentSession,
    Now,
)
from geo_api.http.idempotency import Once
from geo_api.http.problems import problem_responses
from geo_api.requests import reading_routes, service
from geo_api.requests.models import ServiceRequest
from geo_api.requests.reading_routes import known_caller
from geo_api.requests.schemas import (
    AcceptIn,
    DeclineIn,
    NoteIn,
    OrderedOut,
    OrderIn,
    RateIn,
    ReasonIn,
    RequestOut,
    TransferIn,
    WithdrawIn,
)
from geo_api.requests.service import Acting, ContactDraft, OrderDraft
from geo_api.requests.showing import Shower
from geo_api.zones.models import Person

router = APIRouter(prefix="/api")
router.include_router(reading_routes.router)


def _caller(actor: Actor) -> str:
    """Whose idempotency keys these are."""
    who = (
        actor.account_public_id or actor.request_public_id or actor.portal_key_id or ""
    )
    return f"{actor.kind.value}:{who}"


def _location(session: Session, actor: Actor, body: OrderIn, day: date) -> Location:
    where = body.location
    household_id = None
    if where.household_id is not None:
        if not actor.is_staff:
            raise NotSignedIn(
                "Ordering for a household needs an account",
                loc=("body", "location", "household_id"),
                mend="Send a point, an area code or an address",
            )
        edition = current_edition(session, day=day)
        household_id = get_household(
            session, actor, where.household_id, edition_id=edition.id
        ).id
    return Location(
        lon=where.lon,
        lat=where.lat,
        crs=where.crs,
        accuracy_m=where.accuracy_m,
        address=where.address,
        area_code=where.area_code,
        household_id=household_id,
    )


def _about(session: Session, public_id: UUID | None) -> int | None:
    if public_id is None:
        return None
    found = session.scalar(select(Person.id).where(Person.public_id == public_id))
    if found is None:
        raise InvalidInput(
            "There is no such duty holder",
            loc=("body", "about"),
            mend="Leave it out and describe whom it is about",
        )
    return found


@router.post(
    "/requests",
    summary="Order: dispatched at once to the one who answers for the place",
    status_code=201,
    tags=["requests"],
    response_model=OrderedOut,
    responses=problem_responses(401, 403, 404, 409, 413, 422),
)
def post_request(
    body: OrderIn,
    actor: CurrentActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
    once: Once,
) -> Response:
    """Open to everybody. Staff order on behalf of residents; `channel` says how.

    A retry with the same `Idempotency-Key` and body gets the same reply.
    """

    def work() -> OrderedOut:
        day = now.astimezone(context.settings.place.tz).date()
        service.refuse_known_external(session, body.channel, body.external_id)
        contact = body.contact
        draft = OrderDraft(
            actor=actor,
            service_code=body.service_code,
            description=body.description,
            location=_location(session, actor, body, day),
            at=now,
            channel=body.channel,
            contact=ContactDraft(contact.name, contact.phone) if contact else None,
            about_person_id=_about(session, body.about),
            is_confidential=body.is_confidential,
            external_id=body.external_id,
        )
        ordered = service.order_many(
            session, [draft], cipher=cipher, settings=context.settings
        )[0]
        return _ordered(session, actor, ordered, context)

    return once.run(caller=_caller(actor), status=201, work=work)


def _ordered(
    session: Session, actor: Actor, ordered: service.Ordered, context: Context
) -> OrderedOut:
    request = session.get_one(ServiceRequest, ordered.request_id)
    # The orderer sees the result of the order, not whatever lies in its scope.
    is_visible = actor.is_staff and (
        session.scalar(service.visible_to(actor).where(ServiceRequest.id == request.id))
        is not None
    )
    shower = Shower(session, actor if is_visible else Actor(), [request])
    reply = OrderedOut(
        number=request.number,
        stage=request.stage,
        due_at=request.due_at,
        tracking_url=f"{context.settings.server.base_url}/r/{ordered.tracking_secret}",
        handler=shower.handler(request, in_full=False),
    )
    if is_visible:
        reply.id = request.public_id
        reply.zone = shower.zone(request)
        reply.areas = shower.areas(request)
        reply.explanation = service.list_decisions(session, request)[-1].explanation
    return reply


def _act(
    request_id: UUID,
    actor: Actor,
    session: Session,
    context: Context,
    once: Once,
    now: Now,
    do: Callable[[Acting], None],
) -> Response:
    known_caller(actor)

    def work() -> RequestOut:
        acting = Acting.on(
            session, actor, request_id, now=now, settings=context.settings
        )
        do(acting)
        session.flush()  # the reply is read from the row as it will be
        shown = Shower(session, actor, [acting.request]).show(
            acting.request, now=now, in_full=True
        )
        if actor.is_staff:
            record_audit(
                session,
                actor,
                action="request.read",
                subject_kind="request",
                subject_id=request_id,
                fields=["handler.name"],
                now=now,
            )
        return shown

    return once.run(caller=_caller(actor), status=200, work=work)


_VERB: dict[str, Any] = {
    "tags": ["verbs"],
    "response_model": RequestOut,
    "responses": problem_responses(401, 403, 404, 409, 410, 422),
}


@router.post("/requests/{request_id}/accept", summary="Take it on", **_VERB)
def post_accept(
    request_id: UUID,
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    once: Once,
    now: Now,
    body: AcceptIn | None = None,
) -> Response:
    """The named handler or anyone of the place's chain; the first wins."""
    del body
    return _act(request_id, actor, session, context, once, now, service.accept)


@router.post(
    "/requests/{request_id}/decline", summary="Give it back with a reason", **_VERB
)
def post_decline(
    request_id: UUID,
    body: DeclineIn,
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    once: Once,
    now: Now,
) -> Response:
    """The next of the chain is asked at once; the deadline does not wait."""

    def do(acting: Acting) -> None:
        service.decline(acting, reason=body.reason, note=body.note)

    return _act(request_id, actor, session, context, once, now, do)


@router.post("/requests/{request_id}/transfer", summary="Hand it to another", **_VERB)
def post_transfer(
    request_id: UUID,
    body: TransferIn,
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    once: Once,
    now: Now,
) -> Response:
    """To somebody of the place's chain."""

    def do(acting: Acting) -> None:
        service.transfer(acting, person_id=body.person_id, note=body.note)

    return _act(request_id, actor, session, context, once, now, do)


@router.post("/requests/{request_id}/progress", summary="Say how it goes", **_VERB)
def post_progress(
    request_id: UUID,
    body: NoteIn,
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    once: Once,
    now: Now,
) -> Response:
    """The handler's note; the stage stays."""

    def do(acting: Acting) -> None:
        service.progress(acting, note=body.note)

    return _act(request_id, actor, session, context, once, now, do)


@router.post("/requests/{request_id}/complete", summary="Close it", **_VERB)
def post_complete(
    request_id: UUID,
    body: NoteIn,
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    once: Once,
    now: Now,
) -> Response:
    """With a note of what was done."""

    def do(acting: Acting) -> None:
        service.complete(acting, note=body.note)

    return _act(request_id, actor, session, context, once, now, do)


@router.post(
    "/requests/{request_id}/rate", summary="The resident's word, once", **_VERB
)
def post_rate(
    request_id: UUID,
    body: RateIn,
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    once: Once,
    now: Now,
) -> Response:
    """By the tracking link, or by staff who called back; never by the handler."""

    def do(acting: Acting) -> None:
        service.rate(
            acting, score=body.score, note=body.note, channel=body.channel.value
        )

    return _act(request_id, actor, session, context, once, now, do)


@router.post("/requests/{request_id}/reopen", summary="Open it again", **_VERB)
def post_reopen(
    request_id: UUID,
    body: ReasonIn,
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    once: Once,
    now: Now,
) -> Response:
    """With a new deadline, dispatched like a new order."""

    def do(acting: Acting) -> None:
        service.reopen(acting, reason=body.reason)

    return _act(request_id, actor, session, context, once, now, do)


@router.post("/requests/{request_id}/withdraw", summary="No longer needed", **_VERB)
def post_withdraw(
    request_id: UUID,
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    once: Once,
    now: Now,
    body: WithdrawIn | None = None,
) -> Response:
    """By the resident, or by who ordered for them."""

    def do(acting: Acting) -> None:
        service.withdraw(acting, reason=body.reason if body else "")

    return _act(request_id, actor, session, context, once, now, do)
