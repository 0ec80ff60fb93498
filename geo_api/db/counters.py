"""Counts that guard something: a row each, locked until the transaction ends.

Whoever spends waits for all who spend of the same row, and is told a total that nobody
else is told: of sixteen at once exactly as many pass as may. A transaction that spends
of several rows takes the narrowest first, so that no two wait for each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, bindparam, case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from geo_api.db.batches import delete_due
from geo_api.db.cipher import Cipher
from geo_api.db.models import Counter


@dataclass(frozen=True)
class Spent:
    """What was spent in the present window, this time included."""

    total: int
    # Seconds until the window ends.
    retry_after: int


_ROW: Any = Counter.__table__
_TIME = DateTime(timezone=True)
# Whether the window of a row is the present one. One that ends later than two windows
# from now was begun by a clock that went wrong.
_RUNS = (
    (_ROW.c.ends_at > bindparam("now", type_=_TIME))
    & (_ROW.c.ends_at < bindparam("latest", type_=_TIME))
    & (_ROW.c.total > 0)
)


def _spend_statement() -> ReturningInsert[Any]:
    new = insert(_ROW).values({c.name: bindparam(c.name, type_=c.type) for c in _ROW.c})
    total, ends_at = new.excluded.total, new.excluded.ends_at
    return new.on_conflict_do_update(
        index_elements=[_ROW.c.kind, _ROW.c.subject],
        set_={
            "total": case((_RUNS, _ROW.c.total + total), else_=total),
            "ends_at": case((_RUNS, _ROW.c.ends_at), else_=ends_at),
        },
    ).returning(_ROW.c.total, _ROW.c.ends_at)


# Built once: to build a statement takes longer than to send it.
_SPEND = _spend_statement()
_PEEK = select(_ROW.c.total, _ROW.c.ends_at).where(
    _ROW.c.kind == bindparam("of_kind"),
    _ROW.c.subject == bindparam("of_subject"),
    _RUNS,
)


def spend(
    session: Session,
    cipher: Cipher,
    kind: str,
    subject: str,
    *,
    amount: int = 1,
    window: timedelta,
    now: datetime,
) -> Spent:
    """Add to a count under its row's lock; a window begins with the first of it.

    An amount of 0 only locks, and begins no window. It is counted if the transaction is
    committed: an error that refuses for the count's sake ``keeps_work``.
    """
    row = session.execute(
        _SPEND,
        {
            "kind": kind,
            "subject": cipher.digest(f"{kind}:{subject}"),
            "total": amount,
            "ends_at": now + window,
            **_moments(now, window),
        },
    ).one()
    return _spent(row.total, row.ends_at, now)


def peek(
    session: Session,
    cipher: Cipher,
    kind: str,
    subject: str,
    *,
    window: timedelta,
    now: datetime,
) -> Spent:
    """What was spent in the present window, without a lock: to refuse early only."""
    row = session.execute(
        _PEEK,
        {
            "of_kind": kind,
            "of_subject": cipher.digest(f"{kind}:{subject}"),
            **_moments(now, window),
        },
    ).one_or_none()
    return Spent(0, 0) if row is None else _spent(row.total, row.ends_at, now)


def clear(session: Session, cipher: Cipher, kind: str, subject: str) -> None:
    """Begin a count anew."""
    session.execute(delete(Counter).where(_is(cipher, kind, subject)))


def forget_counts(session: Session, *, now: datetime, limit: int) -> int:
    """Remove counts whose window has ended; how many."""
    return delete_due(session, Counter, Counter.ends_at <= now, limit=limit)


def _is(cipher: Cipher, kind: str, subject: str) -> ColumnElement[bool]:
    digest = cipher.digest(f"{kind}:{subject}")
    return (Counter.kind == kind) & (Counter.subject == digest)


def _moments(now: datetime, window: timedelta) -> dict[str, datetime]:
    return {"now": now, "latest": now + 2 * window}


def _spent(total: int, ends_at: datetime, now: datetime) -> Spent:
    return Spent(total, max(1, math.ceil((ends_at - now).total_seconds())))
