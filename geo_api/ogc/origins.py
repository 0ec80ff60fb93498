"""Which pages of other origins may read tiles, refusals included (CORS)."""

from __future__ import annotations

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_api.accounts.portal_keys import is_origin_of_a_key
from geo_api.accounts.rules import Actor, CallerKind
from geo_api.http.context import Context, CurrentContext, CurrentSession
from geo_api.http.credentials import PORTAL_HEADER

_VARY = f"Origin, Cookie, Authorization, {PORTAL_HEADER}"
_PREFIX = "/tiles/"


def share(request: Request, response: Response, actor: Actor, context: Context) -> None:
    """Let a configured portal's page read the reply; cookies are never shared."""
    origin = request.headers.get("origin")
    response.headers["Vary"] = _VARY
    if origin is None:
        return
    # A portal key that lists origins was refused at the door from any other page.
    if (
        actor.kind is CallerKind.PORTAL
        or origin in context.settings.server.cors_origins
    ):
        response.headers["Access-Control-Allow-Origin"] = origin


def share_preflight(
    request: Request, session: CurrentSession, context: CurrentContext
) -> Response:
    """Answer a browser that asks whether a page may send a portal key.

    It does not say which key: an origin of any key may ask, the key itself decides.
    """
    origin = request.headers.get("origin")
    headers = {"Vary": "Origin"}
    if origin is not None and (
        origin in context.settings.server.cors_origins
        or is_origin_of_a_key(session, origin.lower())
    ):
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        headers["Access-Control-Allow-Headers"] = f"{PORTAL_HEADER}, If-None-Match"
        headers["Access-Control-Max-Age"] = "600"
    return Response(status_code=204, headers=headers)


class ShareRefusals:
    """Lets the page behind a refused tile read why.

    Bare ASGI around the handlers of errors, which know nothing of tiles. A refusal
    tells no more than its status: whoever shows a portal key may read it.
    """

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers as a refusal starts."""
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        origin = request.headers.get("origin")
        shows_key = (
            PORTAL_HEADER in request.headers or "portal_key" in request.query_params
        )

        async def shared(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                headers = MutableHeaders(scope=message)
                headers["Vary"] = _VARY
                if origin is not None and (shows_key or origin in self._origins):
                    headers["Access-Control-Allow-Origin"] = origin
            await send(message)

        await self._app(scope, receive, shared)
