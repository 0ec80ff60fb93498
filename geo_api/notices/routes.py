"""Live news of requests as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, cast

import anyio
from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.datastructures import State
from starlette.types import Receive, Scope, Send

from geo_api.accounts.dependencies import WatchingActor, watching_actor
from geo_api.accounts.rules import Actor
from geo_api.errors import DomainError, RateLimited, Unavailable
from geo_api.http.context import Context, CurrentContext
from geo_api.http.credentials import CurrentShown, Shown
from geo_api.http.listeners import Listeners, Room
from geo_api.http.problems import problem_of_error, problem_responses
from geo_api.notices import live_log
from geo_api.notices.hooks import LiveHooks
from geo_api.notices.live_feed import LiveFeed

router = APIRouter(prefix="/api", tags=["requests"])

_LOOK_SECONDS = 1.5
_HEARTBEAT_SECONDS = 15
# Half a minute: what a leaver has left open is over within one.
_CHECK_SECONDS = 30
_LONGEST_SECONDS = 3600

# Each asks the database about what is new. Whoever has no account finds fewer places:
# some are left to staff whatever strangers do.
_MOST = 50
_MOST_STRANGERS = 20
_MOST_OF_NETWORK = 10
_MOST_OF_LINK = 3
_MOST_OF_ACCOUNT = 10
_AGAIN_SECONDS = 60


def _rooms_of(actor: Actor) -> tuple[Room, ...]:
    """Where a caller must find a place, its own rooms first."""
    everybody = Room(
        "everybody",
        _MOST,
        Unavailable(
            "Too many are listening already; try again later",
            mend="Until then, load the list again now and then",
        ),
    )
    if actor.is_staff:
        own = RateLimited(
            "With this account %(most)s pages are listening already",
            retry_after=_AGAIN_SECONDS,
            mend="Close one of them",
            most=_MOST_OF_ACCOUNT,
        )
        return Room(f"account:{actor.account_id}", _MOST_OF_ACCOUNT, own), everybody
    link = RateLimited(
        "With this link %(most)s pages are listening already",
        retry_after=_AGAIN_SECONDS,
        mend="Close one of them",
        most=_MOST_OF_LINK,
    )
    network = RateLimited(
        "From this network %(most)s pages without an account are listening already",
        retry_after=_AGAIN_SECONDS,
        mend="Until then, load the page again now and then",
        most=_MOST_OF_NETWORK,
    )
    strangers = Unavailable(
        "Too many without an account are listening already; try again later",
        mend="Until then, load the page again now and then",
    )
    return (
        Room(f"link:{actor.request_public_id}", _MOST_OF_LINK, link),
        Room(f"network:{actor.origin.hex()}", _MOST_OF_NETWORK, network),
        Room("strangers", _MOST_STRANGERS, strangers),
        everybody,
    )


def listeners_of(state: State) -> Listeners:
    """The application's open streams."""
    if not hasattr(state, "listeners"):
        state.listeners = Listeners()
    listeners: Listeners = state.listeners
    return listeners


def _feed_of(state: State) -> LiveFeed:
    """What the application has read of the log."""
    if not hasattr(state, "live_feed"):
        state.live_feed = LiveFeed()
    feed: LiveFeed = state.live_feed
    return feed


class _Stream(EventSourceResponse):
    """A stream that has a place while it is open; one too many is told so instead.

    FastAPI would make one of a generator itself, and change what is told: Cache-Control
    twice, and news read before the request's own transaction is over.
    """

    rooms: tuple[Room, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        listeners = listeners_of(scope["app"].state)
        try:
            with listeners.place(self.rooms):
                await super().__call__(scope, receive, send)
        except (RateLimited, Unavailable) as full:
            if full not in (room.full for room in self.rooms):
                raise
            reply = problem_of_error(Request(scope), full)
            reply.headers.setdefault("Retry-After", str(_AGAIN_SECONDS))
            await reply(scope, receive, send)


@router.get(
    "/events",
    summary="What happens to requests, as it happens",
    # Named by what it is, FastAPI would take the endpoint for a generator.
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
            "description": "Events `request` with "
            "`{id, number, verb, stage, at, areas}`; comments in between.",
        },
        **problem_responses(401, 403, 422, 429, 503),
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
    hooks = cast(LiveHooks, request.app.state.live_hooks)
    hooks.check_listener(actor)
    stream = _Stream(
        _told(request, context, shown, actor, last_event_id, seconds),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
    stream.rooms = _rooms_of(actor)
    return stream


async def _told(
    request: Request,
    context: Context,
    shown: Shown,
    actor: Actor,
    mark: str,
    seconds: int,
) -> AsyncIterator[bytes]:
    hooks = cast(LiveHooks, request.app.state.live_hooks)
    feed = _feed_of(request.app.state)
    began = said = checked = anyio.current_time()
    yield format_sse_event(retry=3000)
    number = await run_in_threadpool(_begin, context, feed, mark)
    while True:
        if not feed.is_fresh(_LOOK_SECONDS / 2):
            await run_in_threadpool(feed.look, context)
        while feed.has_more_than(number):
            number, news = await run_in_threadpool(
                feed.news, context, actor, number, hooks.show
            )
            for its, told in news:
                data = json.dumps(told, ensure_ascii=False)
                yield format_sse_event(event="request", data_str=data, id=str(its))
                said = anyio.current_time()
        now = anyio.current_time()
        if now - began >= seconds:
            return
        if now - said >= _HEARTBEAT_SECONDS:
            yield format_sse_event(comment="still here")
            said = now
        if now - checked >= _CHECK_SECONDS:
            try:
                actor = await run_in_threadpool(_check, request, context, shown)
            except DomainError:
                return  # coming back, the caller is told why
            checked = now
        await anyio.sleep(_LOOK_SECONDS)


def _begin(context: Context, feed: LiveFeed, mark: str) -> int:
    # Whoever comes hears what there is by now, however short a time ago others looked.
    feed.look(context)
    with context.sessions.transaction() as session:
        return live_log.beginning(session, mark, now=context.clock())


def _check(request: Request, context: Context, shown: Shown) -> Actor:
    """The caller as of now: areas and duties change, sessions end."""
    with context.sessions.transaction() as session:
        actor = watching_actor(request, session, context, context.clock(), shown)
        request.app.state.live_hooks.check_listener(actor)
        return actor
