"""Sign-in by name and password, and how passwords are replaced."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from geo_api.accounts import queries
from geo_api.accounts.audit import record_audit
from geo_api.accounts.guesses import (
    Tally,
    guesses_at_sign_in,
    guesses_of_account,
    know_network,
)
from geo_api.accounts.models import Account
from geo_api.accounts.rules import Actor, CallerKind
from geo_api.accounts.tokens import revoke_tokens
from geo_api.db.cipher import Cipher
from geo_api.db.locks import lock_again
from geo_api.errors import InvalidInput, NotAllowed, WrongPassword
from geo_api.settings import SignInSettings

# OWASP's profile for argon2id on small servers: 19 MiB, two passes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
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
    origin: bytes,
    now: datetime,
    settings: SignInSettings,
    cipher: Cipher,
) -> Account:
    """The account of a name and password.

    Raises WrongPassword, LockedOut or AccountLocked; all keep what they wrote. The
    password is looked at before anything is locked, for it takes long; then the counts
    are, and of many guesses in flight as many are told their outcome as may be made.
    """
    guesses = guesses_at_sign_in(
        session, cipher, username, origin, now=now, settings=settings
    )
    guesses.check()
    account = queries.find_open_account(session, username)
    # A decoy for who is unknown, so that the answer takes as long as for a known one.
    seen = account.password_hash if account is not None else _DECOY
    is_right = _verify(seen, password)
    guesses.hold()
    if account is not None and is_right:
        lock_again(session, account)
        is_right = account.password_hash == seen and account.ended_at is None
    if account is None or not is_right or account.is_locked:
        # What people type by mistake into the field of the name is not kept.
        nobody = UUID(bytes=cipher.digest(f"username:{username}")[:16])
        subject_id = nobody if account is None else account.public_id
        # Who guesses is not known to be the owner.
        _audit_burst(session, Actor(), guesses.count(), subject_id, now=now)
    if account is None or not is_right:
        raise WrongPassword(
            "Name or password is wrong",
            loc=("body", "password"),
            mend="Check both; after several failures you have to wait",
        )
    if account.is_locked:
        raise AccountLocked(
            "This account is locked",
            loc=("body", "username"),
            mend="Ask the administrator to open it",
        )
    # The counts stay: were they cleared, who guesses on the same network would see by
    # the next answer that the name exists and that its owner has been here.
    know_network(session, cipher, origin, now=now)
    if _HASHER.check_needs_rehash(seen):
        account.password_hash = _HASHER.hash(password)
    _audit(session, owner_of(account), "sign_in", account.public_id, now=now)
    return account


def _audit_burst(
    session: Session,
    by: Actor,
    full: Sequence[Tally],
    subject_id: UUID,
    *,
    now: datetime,
) -> None:
    """One row for all failures that came before a wait, and none for each."""
    for tally in full:
        record_audit(
            session,
            by,
            action="sign_in.fail",
            subject_kind="account",
            subject_id=subject_id,
            detail={"counted_by": tally.kind, "failures": tally.free},
            now=now,
        )


def change_password(
    session: Session,
    account: Account,
    *,
    old: str,
    new: str,
    now: datetime,
    settings: SignInSettings,
    cipher: Cipher,
) -> None:
    """Replace a password by its owner; all sessions and tokens end.

    Wrong old passwords are counted: a stolen session must not be a place to guess in
    peace. Of several at once with the same old password, one finds it right.
    """
    by = owner_of(account)
    subject = str(account.public_id)
    guesses = guesses_of_account(session, cipher, subject, now=now, settings=settings)
    guesses.check()
    seen = account.password_hash
    # Both before the lock and in any case: how long it takes tells nothing.
    is_right, replaced = _verify(seen, old), _HASHER.hash(new)
    guesses.hold()
    lock_again(session, account)
    if not is_right or account.password_hash != seen:
        _audit_burst(session, by, guesses.count(), account.public_id, now=now)
        raise WrongOldPassword(
            "The old password is wrong",
            loc=("body", "old_password"),
            mend="Type the password you signed in with",
        )
    _check_new_password(old, new, settings)
    guesses.forget()
    account.password_hash = replaced
    account.must_change_password = False
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
    """A new first password, to be changed at once; sessions end."""
    password = first_password()
    replaced = _HASHER.hash(password)
    lock_again(session, account)
    account.password_hash = replaced
    account.must_change_password = True
    revoke_tokens(session, account, now=now)
    _audit(session, actor or Actor(), "account.reset", account.public_id, now=now)
    return password
