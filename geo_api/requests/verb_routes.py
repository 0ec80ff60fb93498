"""The verbs over HTTP: each is one transaction and may be retried with its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from geo_api.accounts.access import CurrentActor
from geo_api.accounts.rules import Actor
from geo_api.accounts.service import record_audit
from geo_api.http.context import Context, CurrentContext, CurrentSession, Now
from geo_api.http.idempotency import Once
from geo_api.http.problems import problem_responses
from geo_api.requests import service
from geo_api.requests.callers import caller_of, known_caller
from geo_api.requests.inputs import (
    AcceptIn,
    DeclineIn,
    NoteIn,
    RateIn,
    ReasonIn,
    TransferIn,
    WithdrawIn,
)
from geo_api.requests.rules import Channel
from geo_api.requests.schemas import RequestOut
from geo_api.requests.service import Acting
from geo_api.requests.showing import Shower, read_fields

router = APIRouter()


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
        shower = Shower(session, actor, [acting.request])
        return shower.show(acting.request, now=now, in_full=True)

    reply = once.run(caller=caller_of(actor), status=200, work=work)
    # Here and not in the work: a reply that is given again is read again.
    fields = read_fields(actor, RequestOut.model_validate_json(bytes(reply.body)))
    if fields:
        record_audit(
            session,
            actor,
            action="request.read",
            subject_kind="request",
            subject_id=request_id,
            fields=fields,
            now=now,
        )
    return reply


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
        channel = body.channel or (Channel.PHONE if actor.is_staff else Channel.WEB)
        service.rate(acting, score=body.score, note=body.note, channel=channel.value)

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


@router.post("/requests/{request_id}/remind", summary="A leader's instruction", **_VERB)
def post_remind(
    request_id: UUID,
    body: NoteIn,
    actor: CurrentActor,
    session: CurrentSession,
    context: CurrentContext,
    once: Once,
    now: Now,
) -> Response:
    """To whoever handles it; stage and deadline stay."""

    def do(acting: Acting) -> None:
        service.remind(acting, note=body.note)

    return _act(request_id, actor, session, context, once, now, do)
