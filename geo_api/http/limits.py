"""What is held at the very door: bodies that are too large, and plain headers.

Written as bare ASGI: a ``BaseHTTPMiddleware`` halves the speed of all behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_api.errors import TooLarge
from geo_api.http.problems import problem


class BodyLimit:
    """Answers 413 as soon as a body is known to be larger than allowed."""

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, uploads: Mapping[str, int]
    ) -> None:
        """``uploads`` gives the limits of paths that match a pattern as a whole."""
        self._app = app
        self._max_bytes = max_bytes
        self._uploads = [(re.compile(path), limit) for path, limit in uploads.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body on its way in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limits = (most for path, most in self._uploads if path.fullmatch(scope["path"]))
        limit = next(limits, self._max_bytes)
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > limit:
            await self._refuse(scope, receive, send, limit)
            return
        seen = 0
        too_large = False
        has_started = False

        async def counted() -> Message:
            nonlocal seen, too_large
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > limit:
                    # To the application the client is gone: it stops reading.
                    too_large = True
                    return {"type": "http.disconnect"}
            return message

        async def watched(message: Message) -> None:
            nonlocal has_started
            if too_large and not has_started:
                return
            has_started = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except Exception:
            # The application's complaint about the broken-off body is ours to answer.
            if not too_large:
                raise
        if too_large and not has_started:
            await self._refuse(scope, receive, send, limit)

    async def _refuse(
        self, scope: Scope, receive: Receive, send: Send, limit: int
    ) -> None:
        reply = problem(
            Request(scope),
            status=413,
            code=TooLarge.code,
            title=TooLarge.title,
            detail="The body is larger than %(limit)s bytes; nothing was changed",
            params={"limit": limit},
            headers={"Connection": "close"},
        )
        await reply(scope, receive, send)


class PlainHeaders:
    """Headers that every reply bears unless it has set its own."""

    _HEADERS = (
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add what is missing as the reply starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers += [h for h in self._HEADERS if h[0] not in present]
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, dressed)


class CompressText:
    """gzip for everything but tiles, which are compressed already."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._compressing = GZipMiddleware(app, minimum_size=1000, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Choose by path: a vector tile gains, a PNG does not."""
        is_png = scope["type"] == "http" and scope["path"].endswith(".png")
        await (self._plain if is_png else self._compressing)(scope, receive, send)
