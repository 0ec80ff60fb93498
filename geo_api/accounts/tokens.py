"""Opaque tokens: page sessions, bearer tokens, tracking links. Only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.models import Account, ServerKey, Token
from geo_api.accounts.rules import Actor, CallerKind
from geo_api.db.batches import delete_due
from geo_api.settings import SignInSettings

# A token over for this long can explain nothing any more.
_KEPT_AFTER_END = timedelta(days=7)
_TOUCH_EVERY = timedelta(minutes=1)


def hash_secret(secret: str) -> bytes:
    """What is stored of a token or key: 32 bytes that do not lead back.

    A plain digest is enough: the secrets are random, nobody can guess through them.
    """
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()


def issue_account_token(
    session: Session,
    account: Account,
    *,
    kind: str,
    now: datetime,
    hours: int,
) -> tuple[str, Token]:
    """A session or bearer token (256 bits); the account's long-dead ones go."""
    session.execute(
        delete(Token).where(
            Token.account_id == account.id,
            Token.expires_at < now - _KEPT_AFTER_END,
        )
    )
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
    subject_id: UUID,
    *,
    now: datetime,
    days: int,
    given_to: int | None = None,
    is_found: bool = False,
) -> tuple[str, dict[str, Any]]:
    """A tracking secret (128 bits) and the row that stores its hash.

    ``given_to`` is the account that gets to see it in the resident's stead;
    ``is_found`` if others may know the way to it.
    """
    secret = secrets.token_urlsafe(16)
    return secret, {
        "token_hash": hash_secret(secret),
        "kind": "tracking",
        "account_id": given_to,
        "subject_id": subject_id,
        "is_found": is_found,
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + timedelta(days=days),
    }


def issue_tracking_token(
    session: Session,
    subject_id: UUID,
    *,
    now: datetime,
    days: int,
    is_found: bool = False,
) -> str:
    """The secret of a tracking link; ``is_found`` if others may know the way to it."""
    secret, row = tracking_row(subject_id, now=now, days=days, is_found=is_found)
    session.execute(insert(Token).values(**row))
    return secret


def holder_of(link: Token) -> Actor:
    """Who shows a tracking link."""
    return Actor(
        kind=CallerKind.RESIDENT,
        request_public_id=link.subject_id,
        link_given_to=link.account_id,
        is_link_found=link.is_found,
    )


def is_over(token: Token, *, now: datetime, settings: SignInSettings) -> bool:
    """Whether it was revoked, has expired, or is a page's that nobody used for long."""
    if token.revoked_at is not None or token.expires_at <= now:
        return True
    longest = timedelta(minutes=settings.idle_minutes)
    return token.kind == "session" and now - token.last_used_at >= longest


def touch(session: Session, shown: Token | ServerKey, *, now: datetime) -> None:
    """Note that a token or a key is in use, at most once a minute.

    A page fetches twenty tiles at once: whoever finds the row locked leaves it, the
    request that holds it writes the same minute.
    """
    last = shown.last_used_at
    if last is not None and now - last < _TOUCH_EVERY:
        return
    row = type(shown)
    free = (
        select(row.id)
        .where(row.id == shown.id, row.last_used_at.is_not_distinct_from(last))
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    session.execute(
        update(row)
        .where(row.id == free)
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )


def forget_tokens(session: Session, *, now: datetime, limit: int) -> int:
    """Remove tokens of all kinds that ended long ago; how many."""
    over = now - _KEPT_AFTER_END
    is_over = or_(Token.expires_at < over, Token.revoked_at < over)
    return delete_due(session, Token, is_over, limit=limit)


def revoke_token(session: Session, secret: str, *, now: datetime) -> None:
    """End one token; an ended one keeps its moment."""
    session.execute(
        update(Token)
        .where(Token.token_hash == hash_secret(secret), Token.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def public_id_of(token: Token) -> UUID:
    """What a session is called outside; it leads to neither its secret nor its row."""
    named = hashlib.sha256(b"session:" + token.token_hash).digest()
    return UUID(bytes=named[:16])


def open_tokens(
    session: Session, actor: Actor, *, now: datetime, settings: SignInSettings
) -> list[Token]:
    """Sessions and bearer tokens of an account that are not over, last used first."""
    tokens = session.scalars(
        select(Token)
        .where(
            Token.account_id == actor.account_id,
            Token.kind != "tracking",
            Token.revoked_at.is_(None),
            Token.expires_at > now,
        )
        .order_by(Token.last_used_at.desc(), Token.id.desc())
    )
    return [token for token in tokens if not is_over(token, now=now, settings=settings)]


def end_tokens(
    session: Session,
    actor: Actor,
    are_meant: Callable[[Token], bool],
    *,
    now: datetime,
    settings: SignInSettings,
) -> int:
    """End those of an account's open sessions that are meant; how many. Audited."""
    tokens = open_tokens(session, actor, now=now, settings=settings)
    ids = [token.id for token in tokens if are_meant(token)]
    if ids:
        session.execute(
            update(Token)
            .where(Token.id.in_(ids), Token.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        record_audit(
            session,
            actor,
            action="sign_out",
            subject_kind="account",
            subject_id=actor.account_public_id,
            detail={"sessions": len(ids)},
            now=now,
        )
    return len(ids)


def revoke_tokens(session: Session, account: Account, *, now: datetime) -> None:
    """End all sessions and bearer tokens of an account.

    Tracking links that were handed to it are the residents'; they stay.
    """
    session.execute(
        update(Token)
        .where(
            Token.account_id == account.id,
            Token.kind != "tracking",
            Token.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
