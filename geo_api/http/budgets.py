"""How many of one kind of work are done at once, so that no kind starves the others.

Threads and connections are shared by all routes: fifty who sign in would each hold
both while they wait for two cores. Here they wait in the event loop, holding nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

import anyio
from fastapi import Depends, Request

from geo_api.errors import Unavailable


class Budget(StrEnum):
    """Kinds of work that take long enough to be in each other's way."""

    PASSWORD = "password"  # noqa: S105  argon2: memory and a whole core each
    TILE = "tile"  # twenty to a page, and a page to each portal
    FILE = "file"  # workbooks written and ledgers read
    PHOTO = "photo"  # decoded: hundreds of megabytes each


AT_ONCE = {Budget.PASSWORD: 2, Budget.TILE: 4, Budget.FILE: 2, Budget.PHOTO: 2}
# Beyond so many a caller is told to come back: memory is not for queues.
WAITING = 200


class Budgets:
    """The turns of one application."""

    def __init__(self) -> None:
        self._turns = {kind: anyio.Semaphore(n) for kind, n in AT_ONCE.items()}
        self._waiting = dict.fromkeys(Budget, 0)

    @asynccontextmanager
    async def turn(self, kind: Budget) -> AsyncIterator[None]:
        """Wait for one's turn and hold it. Unavailable where too many wait already."""
        if self._waiting[kind] >= WAITING:
            raise Unavailable(
                "Too many ask for this at once; nothing was changed",
                mend="Try again in a minute",
            )
        self._waiting[kind] += 1
        try:
            await self._turns[kind].acquire()
        finally:
            self._waiting[kind] -= 1
        try:
            yield
        finally:
            self._turns[kind].release()


def budgets_of(request: Request) -> Budgets:
    """The turns of the application that was asked."""
    state = request.app.state
    if not hasattr(state, "budgets"):
        state.budgets = Budgets()
    budgets: Budgets = state.budgets
    return budgets


def within(kind: Budget) -> Any:
    """For a route's ``dependencies``: a turn is held while the route works."""

    async def hold(request: Request) -> AsyncIterator[None]:
        async with budgets_of(request).turn(kind):
            yield

    # By it a route tells whose turns it takes.
    hold.budget = kind  # type: ignore[attr-defined]
    return Depends(hold, scope="function")
