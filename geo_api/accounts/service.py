"""Accounts, passwords, tokens, portal keys; each change of them is audited."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from geo_api.accounts import queries
from geo_api.accounts.models import (
    Account,
    AccountArea,
    AuditEntry,
    PortalKey,
    PortalKeyArea,
    Token,
)
from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.errors import (
    Conflict,
    InvalidInput,
    LockedOut,
    NotFound,
    WrongPassword,
)
from geo_api.settings import SignInSettings

# OWASP's profile for argon2id on small servers: 19 MiB, two passes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified when a name is unknown, so that the answer takes as long as for a known one.
_DECOY = _HASHER.hash(secrets.token_urlsafe(16))


def record_audit(
    session: Session,
    actor: Actor,
    *,
    action: str,
    subject_kind: str,
    subject_id: UUID | None = None,
    fields: Sequence[str] = (),
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Add an audit row: names of fields, never their values."""
    session.execute(
        insert(AuditEntry).values(
            at=now,
            caller_kind=actor.kind.value,
            account_id=actor.account_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            fields=list(fields),
            detail=dict(detail or {}),
        )
    )


def hash_secret(secret: str) -> bytes:
    """What is stored of a token or key: 32 bytes that do not lead back."""
    return hashlib.sha256(secret.encode()).digest()


def _check_password(password: str, settings: SignInSettings) -> None:
    if len(password) < settings.password_min_length:
        raise InvalidInput(
            "The password is shorter than %(least)s characters",
            loc=("body", "new_password"),
            mend="Choose a longer one; a sentence is easy to remember",
            least=settings.password_min_length,
        )


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except VerifyMismatchError:
        return False


def create_account(
    session: Session,
    *,
    username: str,
    password: str,
    name: str,
    role: Role,
    area_ids: Collection[int],
    must_change_password: bool,
    now: datetime,
    actor: Actor | None = None,
) -> Account:
    """A new account; Conflict if the name is taken."""
    if session.scalar(select(Account.id).where(Account.username == username)):
        raise Conflict(
            "The user name %(username)s is taken",
            loc=("body", "username"),
            mend="Choose another user name",
            username=username,
        )
    account = Account(
        username=username,
        password_hash=_HASHER.hash(password),
        name=name,
        role=role.value,
        must_change_password=must_change_password,
        created_at=now,
    )
    session.add(account)
    session.flush()  # the areas and the audit row need its id
    set_areas(session, account, area_ids)
    record_audit(
        session,
        actor or Actor(),
        action="account.create",
        subject_kind="account",
        subject_id=account.public_id,
        detail={"role": role.value},
        now=now,
    )
    return account


def set_areas(session: Session, account: Account, area_ids: Collection[int]) -> None:
    """Make ``area_ids`` the areas in which the account's role holds."""
    session.execute(delete(AccountArea).where(AccountArea.account_id == account.id))
    if area_ids:
        session.execute(
            insert(AccountArea),
            [{"account_id": account.id, "area_id": i} for i in sorted(area_ids)],
        )


def get_account(session: Session, public_id: UUID) -> Account:
    """An account by its public id."""
    account = queries.find_account(session, public_id)
    if account is None:
        raise NotFound("There is no such account", loc=("path", "id"))
    return account


def sign_in(
    session: Session,
    username: str,
    password: str,
    *,
    now: datetime,
    settings: SignInSettings,
) -> Account:
    """The account of a name and password.

    Raises WrongPassword or LockedOut; both keep the counted failure. The row is locked
    first, so that parallel guesses are counted one by one.
    """
    account = queries.lock_account(session, username)
    if account is None:
        _verify(_DECOY, password)
        record_audit(
            session, Actor(), action="sign_in.fail", subject_kind="account", now=now
        )
        raise _wrong_password()
    who = Actor(
        kind=CallerKind.ACCOUNT,
        account_id=account.id,
        account_public_id=account.public_id,
    )
    if account.locked_until is not None and account.locked_until > now:
        raise _locked_out(account.locked_until - now)
    if not _verify(account.password_hash, password):
        account.failed_count += 1
        record_audit(
            session,
            who,
            action="sign_in.fail",
            subject_kind="account",
            subject_id=account.public_id,
            now=now,
        )
        if account.failed_count >= settings.lockout_failures:
            lock = timedelta(minutes=settings.lockout_minutes)
            account.locked_until, account.failed_count = now + lock, 0
            record_audit(
                session,
                who,
                action="account.lock",
                subject_kind="account",
                subject_id=account.public_id,
                now=now,
            )
            raise _locked_out(lock)
        raise _wrong_password()
    account.failed_count, account.locked_until = 0, None
    if _HASHER.check_needs_rehash(account.password_hash):
        account.password_hash = _HASHER.hash(password)
    record_audit(
        session,
        who,
        action="sign_in",
        subject_kind="account",
        subject_id=account.public_id,
        now=now,
    )
    return account


def _wrong_password() -> WrongPassword:
    return WrongPassword(
        "Name or password is wrong",
        loc=("body", "password"),
        mend="Check both; after five failures the account is locked for a while",
    )


def _locked_out(left: timedelta) -> LockedOut:
    seconds = max(1, int(left.total_seconds()))
    return LockedOut(
        "Locked after too many wrong passwords; try again in %(minutes)s minutes",
        retry_after=seconds,
        minutes=-(-seconds // 60),
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
    """Replace a password by its owner; every other session ends."""
    if not _verify(account.password_hash, old):
        raise InvalidInput(
            "The old password is wrong",
            loc=("body", "old_password"),
            mend="Type the password you signed in with",
        )
    _check_password(new, settings)
    if old == new:
        raise InvalidInput(
            "The new password is the old one",
            loc=("body", "new_password"),
            mend="Choose another one",
        )
    account.password_hash = _HASHER.hash(new)
    account.must_change_password = False
    revoke_tokens(session, account, now=now)
    record_audit(
        session,
        Actor(kind=CallerKind.ACCOUNT, account_id=account.id),
        action="account.password",
        subject_kind="account",
        subject_id=account.public_id,
        now=now,
    )


def reset_password(
    session: Session, account: Account, *, now: datetime, actor: Actor | None = None
) -> str:
    """A new first password, to be changed at once; sessions end and a lock opens."""
    password = secrets.token_urlsafe(12)
    account.password_hash = _HASHER.hash(password)
    account.must_change_password = True
    account.failed_count, account.locked_until = 0, None
    revoke_tokens(session, account, now=now)
    record_audit(
        session,
        actor or Actor(),
        action="account.reset",
        subject_kind="account",
        subject_id=account.public_id,
        now=now,
    )
    return password


def end_account(
    session: Session, account: Account, *, now: datetime, actor: Actor
) -> None:
    """Close an account; it is kept because history names it."""
    if account.id == actor.account_id:
        raise Conflict("One cannot end one's own account")
    account.ended_at = now
    revoke_tokens(session, account, now=now)
    record_audit(
        session,
        actor,
        action="account.end",
        subject_kind="account",
        subject_id=account.public_id,
        now=now,
    )


def revoke_tokens(session: Session, account: Account, *, now: datetime) -> None:
    """End all sessions and bearer tokens of an account."""
    session.execute(
        update(Token)
        .where(Token.account_id == account.id, Token.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def issue_account_token(
    session: Session,
    account: Account,
    *,
    kind: str,
    now: datetime,
    hours: int,
) -> tuple[str, Token]:
    """A session or bearer token (256 bits); only its hash is kept."""
    secret = secrets.token_urlsafe(32)
    token = Token(
        token_hash=hash_secret(secret),
        kind=kind,
        account_id=account.id,
        csrf=secrets.token_urlsafe(24) if kind == "session" else None,
        created_at=now,
        last_used_at=now,
        expires_at=now + timedelta(hours=hours),
    )
    session.add(token)
    return secret, token


def tracking_row(
    subject_id: UUID, *, now: datetime, days: int
) -> tuple[str, dict[str, Any]]:
    """A tracking secret (128 bits) and the row that stores its hash."""
    secret = secrets.token_urlsafe(16)
    return secret, {
        "token_hash": hash_secret(secret),
        "kind": "tracking",
        "subject_id": subject_id,
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + timedelta(days=days),
    }


def issue_tracking_token(
    session: Session, subject_id: UUID, *, now: datetime, days: int
) -> str:
    """The secret of a tracking link to one request."""
    secret, row = tracking_row(subject_id, now=now, days=days)
    session.execute(insert(Token).values(**row))
    return secret


def create_portal_key(
    session: Session,
    *,
    name: str,
    origins: Sequence[str],
    layers: Sequence[str],
    area_ids: Collection[int],
    now: datetime,
    actor: Actor | None = None,
    secret: str | None = None,
) -> tuple[PortalKey, str]:
    """A key for another portal; the secret is shown once."""
    secret = secret or secrets.token_urlsafe(24)
    key = PortalKey(
        name=name,
        key_hash=hash_secret(secret),
        origins=list(origins),
        layers=list(layers),
        created_at=now,
    )
    session.add(key)
    session.flush()  # the areas need its id
    if area_ids:
        session.execute(
            insert(PortalKeyArea),
            [{"portal_key_id": key.id, "area_id": i} for i in sorted(area_ids)],
        )
    record_audit(
        session,
        actor or Actor(),
        action="portal_key.create",
        subject_kind="portal_key",
        subject_id=key.public_id,
        detail={"layers": list(layers), "origins": list(origins)},
        now=now,
    )
    return key, secret


def revoke_portal_key(
    session: Session, public_id: UUID, *, now: datetime, actor: Actor
) -> None:
    """End a portal key at once."""
    key = session.scalar(select(PortalKey).where(PortalKey.public_id == public_id))
    if key is None:
        raise NotFound("There is no such portal key", loc=("path", "id"))
    if key.revoked_at is None:
        key.revoked_at = now
        record_audit(
            session,
            actor,
            action="portal_key.revoke",
            subject_kind="portal_key",
            subject_id=key.public_id,
            now=now,
        )
