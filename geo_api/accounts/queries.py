"""Rows of accounts, tokens, portal keys and the audit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, or_, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo_api.accounts.models import (
    Account,
    AccountArea,
    AuditEntry,
    PortalKey,
    PortalKeyArea,
    ServerKey,
    Token,
)
from geo_api.accounts.names import is_listed_as
from geo_api.accounts.rules import Actor, Role


def find_open_account(session: Session, username: str) -> Account | None:
    """The account of a user name, unless it has ended."""
    if "\0" in username:  # PostgreSQL's text has no such character
        return None
    return session.scalar(
        select(Account).where(Account.username == username, Account.ended_at.is_(None))
    )


def lock_administrators(session: Session) -> Sequence[int]:
    """Ids of the accounts that can administer, locked until the transaction ends."""
    return session.scalars(
        select(Account.id)
        .where(
            Account.role == Role.ADMIN.value,
            Account.ended_at.is_(None),
            Account.is_locked.is_(False),
        )
        .order_by(Account.id)
        .with_for_update(key_share=True)
    ).all()


def add_account(session: Session, **values: Any) -> Account | None:
    """A new row, or None if the user name is taken, even by somebody just now."""
    return session.scalar(
        insert(Account)
        .values(**values)
        .on_conflict_do_nothing(index_elements=[Account.username])
        .returning(Account)
    )


def find_account(session: Session, public_id: UUID) -> Account | None:
    """An account by its public id, ended ones included."""
    return session.scalar(select(Account).where(Account.public_id == public_id))


def account_page(
    session: Session,
    *,
    role: str | None,
    q: str | None,
    actor: Actor,
    area_ids: Collection[int] | None,
    is_ended: bool | None,
    after: str | None,
    limit: int,
) -> Sequence[Account]:
    """Accounts by user name; ``q`` is part of it, or of the name as ``actor`` sees it.

    Of ``area_ids`` one is an area in which the role holds.
    """
    wanted = select(Account).order_by(Account.username).limit(limit)
    if role is not None:
        wanted = wanted.where(Account.role == role)
    if q is not None:
        wanted = wanted.where(
            or_(
                Account.username.icontains(q, autoescape=True),
                is_listed_as(actor, Account.name, q),
            )
        )
    if area_ids is not None:
        held = select(AccountArea.account_id).where(AccountArea.area_id.in_(area_ids))
        wanted = wanted.where(Account.id.in_(held))
    if is_ended is not None:
        has_ended = Account.ended_at.is_not(None)
        wanted = wanted.where(has_ended if is_ended else ~has_ended)
    if after is not None:
        wanted = wanted.where(Account.username > after)
    return session.scalars(wanted).all()


# Built once: every caller asks it.
_TOKEN = (
    select(
        Token,
        Account,
        select(func.array_agg(AccountArea.area_id))
        .where(AccountArea.account_id == Account.id)
        .scalar_subquery(),
    )
    .outerjoin(Account, Account.id == Token.account_id)
    .where(Token.token_hash == bindparam("of_hash"))
)


def find_token(
    session: Session, token_hash: bytes
) -> tuple[Token, Account | None, frozenset[int]] | None:
    """A token with its account and the account's areas, whatever their state."""
    row = session.execute(_TOKEN, {"of_hash": token_hash}).first()
    return None if row is None else (row[0], row[1], frozenset(row[2] or ()))


def area_ids_of_account(session: Session, account_id: int) -> frozenset[int]:
    """Areas in which an account's role holds."""
    return areas_of_accounts(session, [account_id]).get(account_id, frozenset())


def areas_of_accounts(
    session: Session, account_ids: Collection[int]
) -> dict[int, frozenset[int]]:
    """Areas by account; accounts without any are left out."""
    rows = session.execute(
        select(AccountArea.account_id, func.array_agg(AccountArea.area_id))
        .where(AccountArea.account_id.in_(account_ids))
        .group_by(AccountArea.account_id)
    )
    return {account_id: frozenset(ids) for account_id, ids in rows}


def areas_of_portal_keys(
    session: Session, key_ids: Collection[int]
) -> dict[int, frozenset[int]]:
    """Areas by portal key."""
    rows = session.execute(
        select(PortalKeyArea.portal_key_id, func.array_agg(PortalKeyArea.area_id))
        .where(PortalKeyArea.portal_key_id.in_(key_ids))
        .group_by(PortalKeyArea.portal_key_id)
    )
    return {key_id: frozenset(ids) for key_id, ids in rows}


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
    return key, areas_of_portal_keys(session, [key.id]).get(key.id, frozenset())


def find_portal_key_row(session: Session, public_id: UUID) -> PortalKey | None:
    """A portal key by its public id, whatever its state; locked until the end."""
    return session.scalar(
        select(PortalKey).where(PortalKey.public_id == public_id).with_for_update()
    )


def portal_key_page(
    session: Session, *, after: tuple[str, UUID] | None, limit: int
) -> Sequence[PortalKey]:
    """Portal keys by name, revoked ones included."""
    order = tuple_(PortalKey.name, PortalKey.public_id)
    wanted = select(PortalKey).order_by(PortalKey.name, PortalKey.public_id)
    if after is not None:
        wanted = wanted.where(order > after)
    return session.scalars(wanted.limit(limit)).all()


@dataclass(frozen=True)
class AuditFilters:
    """What is looked for in the audit; None is anything."""

    since: datetime | None = None
    until: datetime | None = None
    # A user name or a public id.
    account: str | None = None
    action: str | None = None
    subject_kind: str | None = None
    subject_id: UUID | None = None


def _accounts_called(account: str) -> ColumnElement[bool]:
    try:
        is_meant = Account.public_id == UUID(account)
    except ValueError:
        is_meant = Account.username == account
    return AuditEntry.account_id.in_(select(Account.id).where(is_meant))


def audit_page(
    session: Session,
    filters: AuditFilters,
    *,
    before: tuple[datetime, int] | None,
    limit: int,
) -> list[tuple[AuditEntry, Account | None]]:
    """Audit rows with the account that acted, newest first."""
    conditions: list[ColumnElement[bool]] = []
    if filters.since is not None:
        conditions.append(AuditEntry.at >= filters.since)
    if filters.until is not None:
        conditions.append(AuditEntry.at < filters.until)
    if filters.account is not None:
        conditions.append(_accounts_called(filters.account))
    if filters.action is not None:
        conditions.append(AuditEntry.action == filters.action)
    if filters.subject_kind is not None:
        conditions.append(AuditEntry.subject_kind == filters.subject_kind)
    if filters.subject_id is not None:
        conditions.append(AuditEntry.subject_id == filters.subject_id)
    if before is not None:
        conditions.append(tuple_(AuditEntry.at, AuditEntry.id) < before)
    rows = session.execute(
        select(AuditEntry, Account)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .where(*conditions)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def names_of_subjects(
    session: Session, entries: Iterable[AuditEntry]
) -> dict[UUID, str]:
    """User names of accounts and names of keys that audit rows are about."""
    ids = {entry.subject_id for entry in entries if entry.subject_id is not None}
    named = union_all(
        select(Account.public_id, Account.username).where(Account.public_id.in_(ids)),
        select(PortalKey.public_id, PortalKey.name).where(PortalKey.public_id.in_(ids)),
        select(ServerKey.public_id, ServerKey.name).where(ServerKey.public_id.in_(ids)),
    )
    return {row[0]: row[1] for row in session.execute(named)}
