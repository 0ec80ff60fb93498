"""Whoever locks a row decides on what it says then, not on what it said before."""

from __future__ import annotations

import pytest
from make_accounts import an_account
from make_races import at_once
from sqlalchemy import delete, select

from geo_api.accounts.models import Account
from geo_api.db.locks import lock_again
from geo_api.db.models import Counter
from geo_api.errors import Conflict


def test_a_row_is_read_again_once_it_is_locked(fresh_database, now) -> None:
    """Sixteen read it first; each then sees what all before it have made of it."""
    with fresh_database.sessions.transaction() as session:
        an_account(session, now=now, name="")

    def add_a_letter(_number: int) -> int:
        with fresh_database.sessions.transaction() as session:
            account = session.scalars(select(Account)).one()
            before = lock_again(session, account).name
            account.name = f"{before}x"
            return len(before)

    assert sorted(at_once(add_a_letter, 16)) == list(range(16))


def test_what_was_changed_before_the_lock_is_not_lost(session, now) -> None:
    account = an_account(session, now=now)
    account.name = "孙大河"
    assert lock_again(session, account).name == "孙大河"


def test_a_row_that_somebody_has_removed_is_a_conflict(session, now) -> None:
    row = Counter(kind="k", subject=b"s", total=1, ends_at=now)
    session.add(row)
    session.flush()
    session.execute(delete(Counter).execution_options(synchronize_session=False))
    with pytest.raises(Conflict):
        lock_again(session, row)
