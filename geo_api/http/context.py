"""What a route is given: session, time and settings, all put there by ``create_app``.

The session's transaction is committed before the reply leaves (``scope="function"``):
a caller who reads "201" can rely on it, and a failing commit is a failing request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from geo_api.db.cipher import Cipher
from geo_api.db.session import SessionFactory
from geo_api.errors import DomainError
from geo_api.settings import Settings


@dataclass(frozen=True)
class Context:
    """What lives as long as the application."""

    settings: Settings
    sessions: SessionFactory
    cipher: Cipher
    # Injected, so that tests and the demo can be at any time they like.
    clock: Callable[[], datetime]


def get_context(request: Request) -> Context:
    """The application's context."""
    return cast(Context, request.app.state.context)


# What only looks something up is async: a plain function would be carried to a thread
# and back, and an order waits for each of these ways.
async def _context(request: Request) -> Context:
    return get_context(request)


CurrentContext = Annotated[Context, Depends(_context)]


def get_session(context: CurrentContext) -> Iterator[Session]:
    """One request, one transaction."""
    kept: DomainError | None = None
    with context.sessions.transaction() as session:
        try:
            yield session
        except DomainError as error:
            if not error.keeps_work:
                raise
            kept = error
    if kept is not None:
        raise kept


async def get_now(context: CurrentContext) -> datetime:
    """The present, aware of its zone."""
    return context.clock()


async def get_cipher(context: CurrentContext) -> Cipher:
    """The cipher of contacts."""
    return context.cipher


async def get_settings(context: CurrentContext) -> Settings:
    """The settings in force."""
    return context.settings


CurrentSession = Annotated[Session, Depends(get_session, scope="function")]
Now = Annotated[datetime, Depends(get_now)]
CurrentCipher = Annotated[Cipher, Depends(get_cipher)]
CurrentSettings = Annotated[Settings, Depends(get_settings)]
