"""Sign-in by name and password, lock-out, and how passwords are replaced."""

from __future__ import annotations

import math
import secrets
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from geo_api.accounts import queries
from geo_api.accounts.auditing import record_audit
from geo_api.accounts.models import Account
from geo_api.accounts.rules import Actor, CallerKind
from geo_api.accounts.tokens import revoke_tokens
from geo_api.db.cipher import Cipher
from geo_api.errors import InvalidInput, LockedOut, NotAllowed, WrongPassword
from geo_api.settings import SignInSettings

# OWASP's profile for argon2id on small servers: 19 MiB, two passes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified when a name is unknown, so that the answer takes as long as for a known one.
_DECOY = _HASHER.hash(secrets.token_urlsafe(16))


class WrongOldPassword(InvalidInput):
    """The old password is wrong; the guess is counted like one at sign-in."""

    keeps_work = True


class AccountLocked(NotAllowed):
    """An administrator has locked the account; who knows its password is told."""

    keeps_work = True


def hash_password(password: str) -> str:
    """What is stored of a password."""
    return _HASHER.hash(password)


def first_password() -> str:
    """A random password (96 bits) that is shown once and has to be replaced."""
    return secrets.token_urlsafe(12)


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        # A hash that cannot be read opens for nobody; resetting mends it.
        return False


def _audit(
    session: Session, by: Actor, action: str, subject_id: UUID, *, now: datetime
) -> None:
    record_audit(
        session,
        by,
        action=action,
        subject_kind="account",
        subject_id=subject_id,
        now=now,
    )


def owner_of(account: Account) -> Actor:
    """The account as the caller of what its owner does."""
    return Actor(
        kind=CallerKind.ACCOUNT,
        account_id=account.id,
        account_public_id=account.public_id,
    )


def sign_in(
    session: Session,
    username: str,
    password: str,
    *,
    now: datetime,
    settings: SignInSettings,
    cipher: Cipher,
) -> Account:
    """The account of a name and password.

    Raises WrongPassword, LockedOut or AccountLocked; all keep what they wrote. The row
    is locked first, so that parallel guesses are counted one by one. Who guesses is
    not known to be the owner: failures are written down as nobody's.
    """
    account = queries.lock_account(session, username)
    if account is None:
        _refuse_unknown(
            session, username, password, now=now, settings=settings, cipher=cipher
        )
    _check_lock(account, now)
    if not _verify(account.password_hash, password):
        if _count_failure(session, account, by=Actor(), now=now, settings=settings):
            raise _locked_out(timedelta(minutes=settings.lockout_minutes))
        raise _wrong_password()
    if account.is_locked:
        _audit(session, Actor(), "sign_in.fail", account.public_id, now=now)
        raise AccountLocked(
            "This account is locked",
            loc=("body", "username"),
            mend="Ask the administrator to open it",
        )
    account.failed_count, account.locked_until = 0, None
    if _HASHER.check_needs_rehash(account.password_hash):
        account.password_hash = _HASHER.hash(password)
    _audit(session, owner_of(account), "sign_in", account.public_id, now=now)
    return account


def _refuse_unknown(
    session: Session,
    username: str,
    password: str,
    *,
    now: datetime,
    settings: SignInSettings,
    cipher: Cipher,
) -> NoReturn:
    """Refuse a name that does not exist exactly as one that does.

    A lock that only real names run into would tell who has an account. The failures
    are counted in the audit under a keyed digest of the name: what people type by
    mistake into that field, such as their password, must not be kept.
    """
    nobody = UUID(bytes=cipher.digest(f"username:{username}")[:16])
    lock = timedelta(minutes=settings.lockout_minutes)
    queries.wait_for_turn(session, nobody)
    failures, locked_at = queries.failures_of_nobody(session, nobody)
    if locked_at is not None and locked_at + lock > now:
        raise _locked_out(locked_at + lock - now)
    _verify(_DECOY, password)
    _audit(session, Actor(), "sign_in.fail", nobody, now=now)
    if failures + 1 < settings.lockout_failures:
        raise _wrong_password()
    _audit(session, Actor(), "account.lock", nobody, now=now)
    raise _locked_out(lock)


def _check_lock(account: Account, now: datetime) -> None:
    if account.locked_until is not None and account.locked_until > now:
        raise _locked_out(account.locked_until - now)


def _count_failure(
    session: Session,
    account: Account,
    *,
    by: Actor,
    now: datetime,
    settings: SignInSettings,
) -> bool:
    """Count a wrong password; True if it was the one that locks."""
    account.failed_count += 1
    _audit(session, by, "sign_in.fail", account.public_id, now=now)
    if account.failed_count < settings.lockout_failures:
        return False
    account.locked_until = now + timedelta(minutes=settings.lockout_minutes)
    account.failed_count = 0
    _audit(session, by, "account.lock", account.public_id, now=now)
    return True


def _wrong_password() -> WrongPassword:
    return WrongPassword(
        "Name or password is wrong",
        loc=("body", "password"),
        mend="Check both; after five failures the account is locked for a while",
    )


def _locked_out(left: timedelta) -> LockedOut:
    seconds = max(1, math.ceil(left.total_seconds()))
    return LockedOut(
        "Locked after too many wrong passwords; try again in %(minutes)s min",
        retry_after=seconds,
        minutes=math.ceil(seconds / 60),
    )


def change_password(
    session: Session,
    account: Account,
    *,
    old: str,
    new: str,
    now: datetime,
    settings: SignInSettings,
) -> None:
    """Replace a password by its owner; all sessions and tokens end.

    Wrong old passwords count towards the lock: a stolen session must not be a place
    to guess in peace.
    """
    queries.lock_row(session, account)
    _check_lock(account, now)
    by = owner_of(account)
    if not _verify(account.password_hash, old):
        if _count_failure(session, account, by=by, now=now, settings=settings):
            raise _locked_out(timedelta(minutes=settings.lockout_minutes))
        raise WrongOldPassword(
            "The old password is wrong",
            loc=("body", "old_password"),
            mend="Type the password you signed in with",
        )
    _check_new_password(old, new, settings)
    account.password_hash = _HASHER.hash(new)
    account.must_change_password = False
    account.failed_count = 0
    revoke_tokens(session, account, now=now)
    _audit(session, by, "account.password", account.public_id, now=now)


def _check_new_password(old: str, new: str, settings: SignInSettings) -> None:
    if len(new) < settings.password_min_length:
        raise InvalidInput(
            "The password is shorter than %(least)s characters",
            loc=("body", "new_password"),
            mend="Choose a longer one; a sentence is easy to remember",
            least=settings.password_min_length,
        )
    if old == new:
        raise InvalidInput(
            "The new password is the old one",
            loc=("body", "new_password"),
            mend="Choose another one",
        )


def reset_password(
    session: Session, account: Account, *, now: datetime, actor: Actor | None = None
) -> str:
    """A new first password, to be changed at once; sessions end and a lock opens."""
    password = first_password()
    account.password_hash = _HASHER.hash(password)
    account.must_change_password = True
    account.failed_count, account.locked_until = 0, None
    revoke_tokens(session, account, now=now)
    _audit(session, actor or Actor(), "account.reset", account.public_id, now=now)
    return password
