"""Counts that guard something: a row each, locked until the transaction ends.

Whoever spends waits for all who spend of the same row, and is told a total that nobody
else is told: of sixteen at once exactly as many pass as may. A transaction that spends
of several rows takes the narrowest first, so that no two wait for each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo_api.db.batches import delete_due
from geo_api.db.cipher import Cipher
from geo_api.db.models import Counter


@dataclass(frozen=True)
class Spent:
    """What was spent in the present window, this time included."""

    total: int
    # Seconds until the window ends.
    retry_after: int


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
    new = insert(Counter).values(
        kind=kind,
        subject=cipher.digest(f"{kind}:{subject}"),
        total=amount,
        ends_at=now + window,
    )
    runs = _runs(now, window)
    row = session.execute(
        new.on_conflict_do_update(
            index_elements=[Counter.kind, Counter.subject],
            set_={
                "total": case(
                    (runs, Counter.total + new.excluded.total), else_=new.excluded.total
                ),
                "ends_at": case((runs, Counter.ends_at), else_=new.excluded.ends_at),
            },
        ).returning(Counter.total, Counter.ends_at)
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
        select(Counter.total, Counter.ends_at).where(
            _is(cipher, kind, subject), _runs(now, window)
        )
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


def _runs(now: datetime, window: timedelta) -> ColumnElement[bool]:
    """Whether the window of a row is the present one.

    One that ends later than two windows from now was begun by a clock that went wrong.
    """
    is_present = (Counter.ends_at > now) & (Counter.ends_at < now + 2 * window)
    return is_present & (Counter.total > 0)


def _spent(total: int, ends_at: datetime, now: datetime) -> Spent:
    return Spent(total, max(1, math.ceil((ends_at - now).total_seconds())))
