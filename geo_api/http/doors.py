"""Routes whose caller is known before a byte of the body is read.

FastAPI reads a whole form into files before it solves the first dependency: without
a door anybody could fill the disk of a service that then says "please sign in".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session

from geo_api.http.context import get_context

Door = Callable[[Request, Session], None]


def behind(door: Door) -> type[APIRoute]:
    """The class of routes at which ``door`` raises for whoever may not send a body.

    It has a transaction of its own, which has ended before the body is read.
    """

    class Guarded(APIRoute):
        """A route with a door."""

        def get_route_handler(self) -> Callable[[Request], Any]:
            """Ask at the door, then read."""
            handle = super().get_route_handler()

            async def ask_first(request: Request) -> Response:
                await run_in_threadpool(_ask, door, request)
                response: Response = await handle(request)
                return response

            return ask_first

    return Guarded


def _ask(door: Door, request: Request) -> None:
    with get_context(request).sessions.transaction() as session:
        door(request, session)
