"""What can go wrong, in the words of the domain; the faces know how to say it.

    DomainError
    ├── BadRequest      the question itself cannot be read (cursor, range)
    ├── NotSignedIn     nobody known asks
    ├── NotAllowed      known, but this is not theirs to do
    ├── NotFound        absent, or not theirs to see: the two look the same
    ├── Conflict        somebody was faster, or the stage does not allow it
    ├── Stale           what it builds on was changed since it was read
    ├── Gone            it existed and its time is over
    ├── TooLarge        more than is accepted
    ├── TooSlow         did not arrive in time
    ├── InvalidInput    carries one problem for every wrong field
    ├── RateLimited     too often; says when to come back
    └── Unavailable     the machine or the database, not the caller

A message is an English sentence with ``%(name)s`` places: the gettext msgid. What fills
a place is said as it is, or, as ``Words``, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Found = TypeVar("Found")


class Words:
    """What a code is called, in a place of a message: msgids, one after the other."""

    def __init__(self, *msgids: str) -> None:
        self.msgids = msgids

    def __str__(self) -> str:
        return ", ".join(self.msgids)


@dataclass(frozen=True)
class Problem:
    """One wrong field: where it is, what is wrong and how to mend it."""

    loc: tuple[str | int, ...]
    msg: str
    mend: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


class DomainError(Exception):
    """Something the caller can understand and, mostly, mend."""

    code = "error"
    title = "The request could not be carried out"
    # What was written before the error stays: a wrong password must be counted.
    keeps_work = False
    # What a program can mend it by; members of the reply beside those of every problem.
    facts: Mapping[str, Any] = {}

    def __init__(
        self,
        msg: str,
        *,
        loc: Sequence[str | int] = (),
        mend: str | None = None,
        **params: Any,
    ) -> None:
        super().__init__(msg % params if params else msg)
        self.msg = msg
        self.loc = tuple(loc)
        self.mend = mend
        self.params = params

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The wrong fields, if the error is about fields."""
        if not self.loc:
            return ()
        return (Problem(self.loc, self.msg, self.mend, self.params),)


class BadRequest(DomainError):
    """The question itself cannot be read."""

    code = "bad-request"
    title = "The question cannot be read"


class NotSignedIn(DomainError):
    """Nobody known asks."""

    code = "not-signed-in"
    title = "Please sign in"


class WrongPassword(NotSignedIn):
    """Name and password do not belong together; the attempt is counted."""

    code = "wrong-password"
    title = "Name or password is wrong"
    keeps_work = True


class NotAllowed(DomainError):
    """The caller is known, but this is not theirs to do."""

    code = "not-allowed"
    title = "Not allowed"


class MustChangePassword(NotAllowed):
    """The first password was given by somebody else and must be replaced."""

    code = "must-change-password"
    title = "Change the first password before anything else"


class NotFound(DomainError):
    """Absent, or not the caller's to see: the two look the same."""

    code = "not-found"
    title = "Not found"


class Conflict(DomainError):
    """Somebody was faster, or the present stage does not allow it."""

    code = "conflict"
    title = "The present state does not allow it"


class Stale(DomainError):
    """What the caller builds on was changed since it was read."""

    code = "stale"
    title = "Changed meanwhile"


class Gone(DomainError):
    """It existed and its time is over."""

    code = "gone"
    title = "No longer available"


class TooLarge(DomainError):
    """More than is accepted in one go."""

    code = "too-large"
    title = "Too large"


class TooSlow(DomainError):
    """What was sent did not arrive in time."""

    code = "too-slow"
    title = "Sent too slowly"


class InvalidInput(DomainError):
    """One or several fields are wrong; nothing was changed."""

    code = "invalid-input"
    title = "Some of the input is not valid"

    def __init__(
        self,
        msg: str = "Some of the input is not valid",
        *,
        problems: Sequence[Problem] = (),
        loc: Sequence[str | int] = (),
        mend: str | None = None,
        facts: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(msg, loc=loc, mend=mend, **params)
        self._problems = tuple(problems)
        self.facts = facts or {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every wrong field."""
        return self._problems or super().problems


class RateLimited(DomainError):
    """Too often; ``retry_after`` says in how many seconds to come back."""

    code = "rate-limited"
    title = "Too many attempts"

    def __init__(
        self, msg: str, *, retry_after: int, mend: str | None = None, **params: Any
    ) -> None:
        super().__init__(msg, mend=mend, retry_after=retry_after, **params)
        self.retry_after = retry_after


class LockedOut(RateLimited):
    """Too many wrong passwords from here; other places need not wait."""

    code = "locked-out"
    title = "A wait after too many wrong passwords"
    keeps_work = True


class Unavailable(DomainError):
    """The machine or the database is not ready; the caller did nothing wrong."""

    code = "unavailable"
    title = "The service is not available at the moment"


def or_raise(found: Found | DomainError) -> Found:
    """What was found; raises the error that stands in its place."""
    if isinstance(found, DomainError):
        raise found
    return found
