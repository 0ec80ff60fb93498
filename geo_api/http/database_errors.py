"""What the database's errors mean to a caller, told apart by SQLSTATE."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo_api import errors
from geo_api.errors import Problem
from geo_api.http.problems import loggable_path, problem, unexpected

log = logging.getLogger(__name__)

# PostgreSQL's state for a value that must be unique and was stored meanwhile.
_TAKEN = "23505"
# Its state for a statement that was broken off because it took too long.
_BROKEN_OFF = "57014"
# Its states for a value beyond its types; no other is the caller's doing.
_BEYOND = {
    "22003",  # a number
    "22008",  # a moment
    "22021",  # a character
    "22P05",  # a character that the database's encoding lacks
}


def _database(request: Request, error: Exception) -> JSONResponse:
    log.error("database error on %s", loggable_path(request), exc_info=error)
    state = getattr(getattr(error, "orig", None), "sqlstate", "")
    if state == _BROKEN_OFF:
        return problem(
            request,
            status=503,
            code=errors.Unavailable.code,
            title=errors.Unavailable.title,
            detail="This took too long and was broken off; nothing was changed",
            mend="Ask for a shorter period, a smaller area or a shorter list",
        )
    if isinstance(error, OperationalError | PoolTimeout) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        return problem(
            request,
            status=503,
            code=errors.Unavailable.code,
            title=errors.Unavailable.title,
            detail="The database does not answer; nothing was changed",
            headers={"Retry-After": "2"},
        )
    if state == _TAKEN:
        return problem(
            request,
            status=409,
            code=errors.Conflict.code,
            title=errors.Conflict.title,
            detail="Somebody has just stored the same; nothing was changed",
        )
    # Without a state it was refused before it was sent.
    if isinstance(error, DataError) and (state is None or state in _BEYOND):
        return problem(
            request,
            status=422,
            code=errors.InvalidInput.code,
            title=errors.InvalidInput.title,
            detail="Some of the input is not valid",
            problems=[
                Problem(
                    ("body",),
                    "A value is beyond what can be stored",
                    "Look for extreme numbers, days and characters",
                )
            ],
        )
    return unexpected(request, error)


def add_database_handlers(app: FastAPI) -> None:
    """Make the database's errors leave as problem+json."""
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _database)
