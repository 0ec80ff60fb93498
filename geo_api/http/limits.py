"""What is held at the very door: bodies too large or too slow, and plain headers.

Written as bare ASGI: a ``BaseHTTPMiddleware`` halves the speed of all behind it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_api.errors import DomainError, TooLarge, TooSlow
from geo_api.http.problems import problem_of_error

_CLOSE = (b"connection", b"close")


class _Incoming:
    """A body on its way in: to the application whoever sends too much is gone."""

    def __init__(
        self, receive: Receive, *, limit: int, seconds: float, idle_seconds: float
    ) -> None:
        self._receive = receive
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._seen = 0
        self._ends_at = asyncio.get_running_loop().time() + seconds
        self.is_whole = False
        self.refusal: DomainError | None = None

    def expect(self, declared: bytes) -> None:
        """Refuse what says itself that it is too large."""
        if declared.isdigit() and int(declared) > self._limit:
            self._refuse_size()

    async def receive(self) -> Message:
        """The next piece, in time and within the limit."""
        if self.is_whole:
            return await self._receive()  # only that the caller has gone
        if self.refusal is None:
            left = self._ends_at - asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(min(left, self._idle_seconds)):
                    message = await self._receive()
            except TimeoutError:
                self.refusal = TooSlow(
                    "The rest of the body did not come in time; nothing was changed",
                    mend="Send it again where the network is better, or send less",
                )
            else:
                self._seen += len(message.get("body", b""))
                self.is_whole = not message.get("more_body", False)
                if self._seen > self._limit:
                    self._refuse_size()
        return message if self.refusal is None else {"type": "http.disconnect"}

    def _refuse_size(self) -> None:
        self.is_whole = False
        self.refusal = TooLarge(
            "The body is larger than %(limit)s bytes; nothing was changed",
            limit=self._limit,
        )


class BodyLimit:
    """Answers 413 to a body that is too large, and 408 to one that is too slow.

    Whoever is answered before the body is whole loses the connection: what is still to
    come would hold it open.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int,
        seconds: float,
        idle_seconds: float,
        uploads: Mapping[str, int],
    ) -> None:
        """``uploads`` gives the limits of paths that match a pattern as a whole."""
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._uploads = [(re.compile(path), limit) for path, limit in uploads.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count and time the body on its way in."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        declared = headers.get(b"content-length", b"0")
        if declared == b"0" and b"transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        limits = (most for path, most in self._uploads if path.fullmatch(scope["path"]))
        body = _Incoming(
            receive,
            limit=next(limits, self._max_bytes),
            seconds=self._seconds,
            idle_seconds=self._idle_seconds,
        )
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            if body.refusal is not None and not has_started:
                return
            if message["type"] == "http.response.start" and not body.is_whole:
                message["headers"] = [*message.get("headers", ()), _CLOSE]
            has_started = True
            await send(message)

        body.expect(declared)
        try:
            if body.refusal is None:
                await self._app(scope, body.receive, watched)
        except Exception:
            # The application's complaint about the broken-off body is ours to answer.
            if body.refusal is None:
                raise
        if body.refusal is not None and not has_started:
            reply = problem_of_error(Request(scope), body.refusal)
            reply.headers["Connection"] = "close"
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
