"""Counts what is asked of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session


@contextmanager
def statements(session: Session, *, each_row: bool = False) -> Iterator[list[str]]:
    """What is said to the session's server meanwhile.

    Many rows of one statement are one, or with ``each_row`` as many as are sent.
    """
    said: list[str] = []

    def listen(_c, _cursor, statement, parameters, _context, many) -> None:
        # Savepoints stand for the transactions of a test's requests.
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            said.extend([statement] * (len(parameters) if many and each_row else 1))

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", listen)
