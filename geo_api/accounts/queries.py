"""Rows of accounts, tokens, portal keys and the audit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from geo_api.accounts.models import (
    Account,
    AccountArea,
    AuditEntry,
    PortalKey,
    PortalKeyArea,
    Token,
)


def lock_account(session: Session, username: str) -> Account | None:
    """An account that nobody else counts failures on until this transaction ends."""
    return session.scalar(
        select(Account)
        .where(Account.username == username, Account.ended_at.is_(None))
        .with_for_update()
    )


def find_account(session: Session, public_id: UUID) -> Account | None:
    """An account by its public id, ended ones included."""
    return session.scalar(select(Account).where(Account.public_id == public_id))


def find_token(
    session: Session, token_hash: bytes
) -> tuple[Token, Account | None] | None:
    """A token with its account, whatever their state."""
    row = session.execute(
        select(Token, Account)
        .outerjoin(Account, Account.id == Token.account_id)
        .where(Token.token_hash == token_hash)
    ).first()
    return None if row is None else (row[0], row[1])


def area_ids_of_account(session: Session, account_id: int) -> frozenset[int]:
    """Areas in which an account's role holds."""
    return frozenset(
        session.scalars(
            select(AccountArea.area_id).where(AccountArea.account_id == account_id)
        )
    )


def find_portal_key(
    session: Session, key_hash: bytes
) -> tuple[PortalKey, frozenset[int]] | None:
    """A portal key that is in force, with its areas."""
    key = session.scalar(
        select(PortalKey).where(
            PortalKey.key_hash == key_hash, PortalKey.revoked_at.is_(None)
        )
    )
    if key is None:
        return None
    areas = session.scalars(
        select(PortalKeyArea.area_id).where(PortalKeyArea.portal_key_id == key.id)
    )
    return key, frozenset(areas)


def audit_page(
    session: Session,
    *,
    since: datetime | None,
    until: datetime | None,
    username: str | None,
    action: str | None,
    subject_kind: str | None,
    subject_id: UUID | None,
    before: tuple[datetime, int] | None,
    limit: int,
) -> list[tuple[AuditEntry, str | None]]:
    """Audit rows with the user's name, newest first."""
    conditions: list[ColumnElement[bool]] = []
    if since:
        conditions.append(AuditEntry.at >= since)
    if until:
        conditions.append(AuditEntry.at < until)
    if username:
        conditions.append(Account.username == username)
    if action:
        conditions.append(AuditEntry.action == action)
    if subject_kind:
        conditions.append(AuditEntry.subject_kind == subject_kind)
    if subject_id:
        conditions.append(AuditEntry.subject_id == subject_id)
    if before:
        conditions.append(tuple_(AuditEntry.at, AuditEntry.id) < before)
    rows = session.execute(
        select(AuditEntry, Account.username)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(*conditions)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]
