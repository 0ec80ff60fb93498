"""Live news of requests as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

import anyio
from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from geo_api.accounts.access import WatchingActor, watching_actor
from geo_api.accounts.credentials import CurrentShown, Shown
from geo_api.accounts.rules import Actor
from geo_api.errors import DomainError, Unavailable
from geo_api.http.context import Context, CurrentContext
from geo_api.http.problems import problem, problem_responses
from geo_api.requests import service
from geo_api.requests.callers import known_caller
from geo_api.requests.service import News, Position

router = APIRouter(tags=["requests"])

_LOOK_SECONDS = 1.5
_HEARTBEAT_SECONDS = 15
# Half a minute: what a leaver has left open is over within one.
_CHECK_SECONDS = 30
# Each looks into the database every other second.
_MOST_LISTENERS = 50
_LONGEST_SECONDS = 3600


class _Stream(StreamingResponse):
    """A stream that counts while it is open; one too many is told so instead."""

    media_type = "text/event-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope["app"].state
        listeners = getattr(state, "listeners", 0)
        if listeners >= _MOST_LISTENERS:
            reply = problem(
                Request(scope),
                status=503,
                code=Unavailable.code,
                title=Unavailable.title,
                detail="Too many are listening already; try again later",
                headers={"Retry-After": "60"},
            )
            await reply(scope, receive, send)
            return
        state.listeners = listeners + 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            state.listeners -= 1


@router.get(
    "/events",
    summary="What happens to requests, as it happens",
    response_class=_Stream,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
            "description": "Events `request` with "
            "`{id, number, verb, stage, at, areas}`; comments in between.",
        },
        **problem_responses(401, 403, 422, 503),
    },
)
async def get_events(
    request: Request,
    shown: CurrentShown,
    actor: WatchingActor,
    context: CurrentContext,
    last_event_id: Annotated[str, Header(max_length=100)] = "",
    seconds: Annotated[
        int,
        Query(
            ge=0,
            le=_LONGEST_SECONDS,
            description="The stream ends after this long; a browser comes back.",
        ),
    ] = _LONGEST_SECONDS,
) -> _Stream:
    """What the caller may see, beginning with the last minute or `Last-Event-ID`.

    An event may come twice, by its id; none is missed. Ends when the sign-in ends.
    """
    known_caller(actor)
    position = Position.after(last_event_id, now=context.clock())
    return _Stream(
        _told(request, context, shown, actor, position, seconds),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _told(
    request: Request,
    context: Context,
    shown: Shown,
    actor: Actor,
    position: Position,
    seconds: int,
) -> AsyncIterator[str]:
    began = said = checked = anyio.current_time()
    yield "retry: 3000\n\n"
    while True:
        for news in await run_in_threadpool(_look, context, actor, position):
            yield _lines(news)
            said = anyio.current_time()
        now = anyio.current_time()
        if now - began >= seconds:
            return
        if now - said >= _HEARTBEAT_SECONDS:
            yield ": still here\n\n"
            said = now
        if now - checked >= _CHECK_SECONDS:
            try:
                actor = await run_in_threadpool(_check, request, context, shown)
            except DomainError:
                return  # coming back, the caller is told why
            checked = now
        await anyio.sleep(_LOOK_SECONDS)


def _look(context: Context, actor: Actor, position: Position) -> list[News]:
    with context.sessions.transaction() as session:
        return service.follow(session, actor, position)


def _check(request: Request, context: Context, shown: Shown) -> Actor:
    """The caller as of now: areas and duties change, sessions end."""
    with context.sessions.transaction() as session:
        actor = watching_actor(request, session, context, context.clock(), shown)
        known_caller(actor)
        return actor


def _lines(news: News) -> str:
    data = json.dumps(news.request, ensure_ascii=False)
    return f"id: {news.mark}\nevent: request\ndata: {data}\n\n"
