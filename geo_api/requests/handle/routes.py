"""The verbs over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from geo_api.http.problems import problem_responses
from geo_api.requests.callers import channel_of
from geo_api.requests.handle import verbs
from geo_api.requests.handle.case import Acting
from geo_api.requests.handle.dependencies import Deed
from geo_api.requests.handle.schemas import (
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

router = APIRouter()

_VERB: dict[str, Any] = {
    "tags": ["verbs"],
    "response_model": RequestOut,
    "responses": problem_responses(401, 403, 404, 409, 410, 422),
}


@router.post("/requests/{request_id}/accept", summary="Take it on", **_VERB)
def post_accept(deed: Deed, body: AcceptIn | None = None) -> Response:
    """The named handler or anyone of the place's chain; the first wins."""
    del body
    return deed.do(verbs.accept)


@router.post(
    "/requests/{request_id}/decline", summary="Give it back with a reason", **_VERB
)
def post_decline(deed: Deed, body: DeclineIn) -> Response:
    """The next of the chain is asked at once; the deadline does not wait."""

    def do(acting: Acting) -> None:
        verbs.decline(acting, reason=body.reason, note=body.note)

    return deed.do(do)


@router.post("/requests/{request_id}/transfer", summary="Hand it to another", **_VERB)
def post_transfer(deed: Deed, body: TransferIn) -> Response:
    """To somebody of the place's chain."""

    def do(acting: Acting) -> None:
        verbs.transfer(acting, person_id=body.person_id, note=body.note)

    return deed.do(do)


@router.post("/requests/{request_id}/progress", summary="Say how it goes", **_VERB)
def post_progress(deed: Deed, body: NoteIn) -> Response:
    """The handler's note; the stage stays."""

    def do(acting: Acting) -> None:
        verbs.progress(acting, note=body.note)

    return deed.do(do)


@router.post("/requests/{request_id}/complete", summary="Close it", **_VERB)
def post_complete(deed: Deed, body: NoteIn) -> Response:
    """With a note of what was done."""

    def do(acting: Acting) -> None:
        verbs.complete(acting, note=body.note)

    return deed.do(do)


@router.post(
    "/requests/{request_id}/rate", summary="The resident's word, once", **_VERB
)
def post_rate(deed: Deed, body: RateIn) -> Response:
    """By the tracking link, or by staff who called back; never by the handler."""

    def do(acting: Acting) -> None:
        usual = Channel.PHONE if deed.actor.is_staff else Channel.WEB
        channel = channel_of(deed.actor, body.channel, usual=usual)
        verbs.rate(acting, score=body.score, note=body.note, channel=channel.value)

    return deed.do(do)


@router.post("/requests/{request_id}/reopen", summary="Open it again", **_VERB)
def post_reopen(deed: Deed, body: ReasonIn) -> Response:
    """With a new deadline, dispatched like a new order."""

    def do(acting: Acting) -> None:
        verbs.reopen(acting, reason=body.reason)

    return deed.do(do)


@router.post("/requests/{request_id}/withdraw", summary="No longer needed", **_VERB)
def post_withdraw(deed: Deed, body: WithdrawIn | None = None) -> Response:
    """By the resident, or by who ordered for them."""

    def do(acting: Acting) -> None:
        verbs.withdraw(acting, reason=body.reason if body else "")

    return deed.do(do)


@router.post("/requests/{request_id}/remind", summary="A leader's instruction", **_VERB)
def post_remind(deed: Deed, body: NoteIn) -> Response:
    """To whoever handles it; stage and deadline stay."""

    def do(acting: Acting) -> None:
        verbs.remind(acting, note=body.note)

    return deed.do(do)
