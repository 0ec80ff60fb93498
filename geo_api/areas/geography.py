"""One number for all shapes of a county: raised by who writes them, compared by who
decides on them.

Who decides holds the number shared until the transaction ends, so that nobody changes
a shape under a decision. Who writes has it to itself for the last statements before the
commit only. The number is the last lock that a transaction takes: whoever holds it
waits for no row.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    cast,
    event,
    func,
    select,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, SessionTransaction

from geo_api.areas.models import GeographyVersion
from geo_api.areas.queries import SQL
from geo_api.errors import Unavailable

T = TypeVar("T")

_SEEN = "geography_number"
_CHANGED = "geography_changed"
_RAISED = "geography_raised"
# lock_not_available: somebody who decides has not ended yet.
_TAKEN = "55P03"
# Who decides waits behind who wants to write, and no longer than one attempt takes.
_ATTEMPTS = 150
_PAUSE_S = 0.1


_READ = select(GeographyVersion.__table__.c.number)
_HOLD = _READ.with_for_update(read=True)


def number_of(session: Session, *, decides: bool = True) -> int:
    """The number that a transaction's decisions are made on.

    Who ``decides`` keeps it from being raised until the transaction ends. Without it
    the number is as of now, and may be raised any moment.
    """
    if has_changed(session):
        return raise_number(session)
    seen: tuple[SessionTransaction, int] | None = session.info.get(_SEEN)
    if seen is not None and seen[0] in _transactions(session):
        return seen[1]
    if not decides:
        return int(session.execute(_READ).scalar_one())
    number = int(session.execute(_HOLD).scalar_one())
    _note_seen(session, number)
    return number


def read_with_number(
    session: Session, beside: ColumnElement[T], params: Mapping[str, Any]
) -> T:
    """A value that is read by the statement that holds the number for who decides."""
    if has_changed(session):
        return session.execute(select(beside), params).scalar_one()
    number, found = session.execute(_with_number(beside), params).one()
    _note_seen(session, number)
    value: T = found
    return value


@cache
def _with_number(beside: ColumnElement[Any]) -> Select[Any, Any]:
    return _HOLD.add_columns(beside)


def _note_seen(session: Session, number: int) -> None:
    # A lock taken in a savepoint is given up with it.
    session.info[_SEEN] = (_transactions(session)[0], number)


def _transactions(session: Session) -> list[SessionTransaction]:
    """The transaction that work is done in now, and the one around it."""
    both = (session.get_nested_transaction(), session.get_transaction())
    return [transaction for transaction in both if transaction is not None]


def note_change(session: Session) -> None:
    """Have the number raised before the commit: shapes have been written."""
    session.flush()  # begins the transaction, if nothing has yet
    session.connection()
    session.info[_CHANGED] = session.get_transaction()
    session.info.pop(_RAISED, None)


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """Whatever is done inside is undone at the end, and raises nothing."""
    marks = {name: session.info.get(name) for name in (_CHANGED, _RAISED)}
    with session.begin_nested() as savepoint:
        yield
        savepoint.rollback()
    session.expire_all()
    session.info.update(marks)


def has_changed(session: Session) -> bool:
    """Whether this transaction has written shapes that others do not see yet."""
    return _is_of(session, _CHANGED)


def _is_of(session: Session, mark: str) -> bool:
    transaction = session.get_transaction()
    return transaction is not None and session.info.get(mark) is transaction


def raise_number(session: Session) -> int:
    """Raise the number and have it alone until the transaction ends; the new number.

    For the last statements of an act: until they are committed nobody else decides.
    An act that moves much calls it itself, and decides once more on what came late.
    """
    if _is_of(session, _RAISED):
        return session.scalars(select(GeographyVersion.number)).one()
    hold(session)
    # A restore brings an old number back: by the clock none is ever given twice.
    clock = cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
    number = session.scalar(
        update(GeographyVersion)
        .values(number=func.greatest(GeographyVersion.number + 1, clock))
        .returning(GeographyVersion.number)
    )
    session.info[_RAISED] = session.info[_CHANGED] = session.get_transaction()
    return int(number or 0)


def hold(session: Session) -> None:
    """Wait for everybody who is deciding, and let nobody begin until the commit.

    Of the row alone who decides would take turns for ever and never let a writer in;
    of the table they queue. The queue is broken up at once where somebody, an import,
    takes long: orders are not to wait for it.
    """
    for attempt in range(_ATTEMPTS):
        try:
            with session.begin_nested():
                session.execute(SQL["lock_patience"])
                session.execute(SQL["lock_geography"])
            session.execute(SQL["lock_patience_as_before"])
            return
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _TAKEN:
                raise
        if attempt + 1 < _ATTEMPTS:
            time.sleep(_PAUSE_S)
    raise Unavailable(
        "Somebody has been deciding on the present boundaries for a long time",
        mend="Try again when the import that runs has ended",
    )


@event.listens_for(Session, "before_commit")
def _raise_last(session: Session, *_: Any) -> None:
    if has_changed(session) and not session.in_nested_transaction():
        session.flush()
        raise_number(session)
