"""Wrong passwords are counted where they come from, and only there somebody waits.

A name is counted per network, a network over all names, and a name over all networks
where nobody has signed in yet. A name that does not exist is counted like one that
does, and nobody else's tries make its owner wait in a place of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from geo_api.accounts.waits import WINDOW, wait_before_next
from geo_api.db.cipher import Cipher
from geo_api.db.counters import Spent, clear, peek, spend
from geo_api.errors import LockedOut
from geo_api.settings import SignInSettings

_PAIR = "password.name_and_network"
_NAME = "password.name"
_NETWORK = "password.network"
_ACCOUNT = "password.account"
# That somebody signed in there; it says nobody's name.
_KNOWN = "network.known"
_KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Tally:
    """One count of wrong passwords, and how many may be typed without a wait."""

    kind: str
    subject: str
    free: int


@dataclass(frozen=True)
class Guesses:
    """The counts that a password is measured by, the narrowest first."""

    session: Session
    cipher: Cipher
    tallies: Sequence[Tally]
    longest: timedelta
    now: datetime

    def check(self) -> None:
        """Raise LockedOut where a wait is not over, before a password is looked at."""
        for tally in self.tallies:
            where = (self.session, self.cipher, tally.kind, tally.subject)
            self._check(tally, peek(*where, window=WINDOW, now=self.now))

    def hold(self) -> None:
        """Lock the counts until the transaction ends and check them again."""
        for tally in self.tallies:
            self._check(tally, self._spend(tally, 0))

    def count(self) -> list[Tally]:
        """Count one wrong password; the tallies after which a wait begins, each once.

        Called after ``hold`` in the same transaction.
        """
        spent = [(tally, self._spend(tally, 1)) for tally in self.tallies]
        return [tally for tally, now in spent if now.total == tally.free]

    def forget(self) -> None:
        """Begin the narrowest count anew, where it is one account's alone."""
        clear(self.session, self.cipher, self.tallies[0].kind, self.tallies[0].subject)

    def _spend(self, tally: Tally, amount: int) -> Spent:
        where = (self.session, self.cipher, tally.kind, tally.subject)
        return spend(*where, amount=amount, window=WINDOW, now=self.now)

    def _check(self, tally: Tally, spent: Spent) -> None:
        elapsed = WINDOW - timedelta(seconds=spent.retry_after)
        wait = wait_before_next(
            spent.total, elapsed, free=tally.free, longest=self.longest
        )
        if wait:
            seconds = math.ceil(wait.total_seconds())
            raise LockedOut(
                "Too many wrong passwords; try again in %(minutes)s min",
                retry_after=seconds,
                minutes=math.ceil(seconds / 60),
            )


def guesses_at_sign_in(
    session: Session,
    cipher: Cipher,
    username: str,
    origin: bytes,
    *,
    now: datetime,
    settings: SignInSettings,
) -> Guesses:
    """What a sign-in of a name from a network is measured by."""
    network = origin.hex()
    most, many = settings.lockout_failures, settings.lockout_failures_many
    tallies = [Tally(_PAIR, f"{network} {username}", most)]
    if not _is_known(session, cipher, network, now):
        tallies.append(Tally(_NAME, username, many))
    tallies.append(Tally(_NETWORK, network, many))
    longest = timedelta(minutes=settings.lockout_minutes)
    return Guesses(session, cipher, tallies, longest, now)


def guesses_of_account(
    session: Session,
    cipher: Cipher,
    account: str,
    *,
    now: datetime,
    settings: SignInSettings,
) -> Guesses:
    """What the old password is measured by that somebody signed in has to type."""
    tally = Tally(_ACCOUNT, account, settings.lockout_failures)
    longest = timedelta(minutes=settings.lockout_minutes)
    return Guesses(session, cipher, [tally], longest, now)


def know_network(
    session: Session, cipher: Cipher, origin: bytes, *, now: datetime
) -> None:
    """Note that somebody signed in from a network: it is no stranger's any more."""
    network = origin.hex()
    if not _is_known(session, cipher, network, now):
        spend(session, cipher, _KNOWN, network, window=_KNOWN_FOR, now=now)


def _is_known(session: Session, cipher: Cipher, network: str, now: datetime) -> bool:
    known = peek(session, cipher, _KNOWN, network, window=_KNOWN_FOR, now=now)
    return known.total > 0
