"""Accounts and their areas: made, changed, locked, ended. Changes are audited."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from geo_api.accounts import queries
from geo_api.accounts.audit import record_audit
from geo_api.accounts.models import Account, AccountArea
from geo_api.accounts.passwords import (
    hash_password,
)
from geo_api.accounts.rules import (
    Actor,
    Role,
    can_end_account,
    can_give_role,
    can_hold_areas,
    can_lock_account,
)
from geo_api.accounts.tokens import (
    revoke_tokens,
)
from geo_api.db.locks import lock_again
from geo_api.errors import Conflict, InvalidInput, NotFound, Words


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
    """A new account.

    Raises Conflict if the name is taken, InvalidInput if role and areas do not go
    together.
    """
    _check_areas(role, area_ids)
    account = queries.add_account(
        session,
        username=username,
        password_hash=hash_password(password),
        name=name,
        role=role.value,
        must_change_password=must_change_password,
        created_at=now,
    )
    if account is None:
        raise Conflict(
            "The user name %(username)s is taken",
            loc=("body", "username"),
            mend="Choose another user name",
            username=username,
        )
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


def _check_areas(role: Role, area_ids: Collection[int]) -> None:
    verdict = can_hold_areas(role, has_areas=bool(area_ids))
    if not verdict:
        raise InvalidInput(
            verdict.reason,
            loc=("body", "area_codes"),
            mend=verdict.mend,
            role=Words(role.word),
        )


def set_areas(session: Session, account: Account, area_ids: Collection[int]) -> None:
    """Make ``area_ids`` the areas in which the account's role holds."""
    session.execute(delete(AccountArea).where(AccountArea.account_id == account.id))
    if area_ids:
        session.execute(
            insert(AccountArea),
            [{"account_id": account.id, "area_id": i} for i in sorted(set(area_ids))],
        )


def get_account(session: Session, public_id: UUID) -> Account:
    """An account by its public id, ended ones included."""
    account = queries.find_account(session, public_id)
    if account is None:
        raise NotFound("There is no such account", loc=("path", "id"))
    return account


def change_account(
    session: Session,
    account: Account,
    *,
    actor: Actor,
    now: datetime,
    name: str | None = None,
    role: Role | None = None,
    area_ids: Collection[int] | None = None,
    is_locked: bool | None = None,
) -> None:
    """Change what is given; what is None stays.

    Raises Conflict for an ended account, for one's own role and a lock of one's own.
    """
    lock_again(session, account)
    if account.ended_at is not None:
        raise Conflict(
            "This account has ended and stays as it was", mend="Add a new account"
        )
    old = Role(account.role)
    fields: list[str] = []
    detail: dict[str, Any] = {}
    if name is not None and name != account.name:
        account.name = name
        fields.append("name")
    if role is not None and role is not old:
        verdict = can_give_role(actor, account.id, old=old, new=role)
        if not verdict:
            raise Conflict(verdict.reason, loc=("body", "role"), mend=verdict.mend)
        _check_last_administrator(session, account)
        account.role = role.value
        fields.append("role")
        detail["role"] = {"from": old.value, "to": role.value}
    if role is not None or area_ids is not None:
        held = queries.area_ids_of_account(session, account.id)
        wanted = held if area_ids is None else frozenset(area_ids)
        _check_areas(Role(account.role), wanted)
        if wanted != held:
            set_areas(session, account, wanted)
            fields.append("area_codes")
    if is_locked is not None and _turn_lock(
        session, account, is_locked=is_locked, now=now, actor=actor
    ):
        fields.append("is_locked")
        detail["is_locked"] = is_locked
    if fields:
        record_audit(
            session,
            actor,
            action="account.change",
            subject_kind="account",
            subject_id=account.public_id,
            fields=fields,
            detail=detail,
            now=now,
        )


def _turn_lock(
    session: Session,
    account: Account,
    *,
    is_locked: bool,
    now: datetime,
    actor: Actor,
) -> bool:
    """Lock an account or open it; False if nothing changes."""
    if is_locked:
        verdict = can_lock_account(actor, account.id)
        if not verdict:
            raise Conflict(verdict.reason, loc=("body", "is_locked"), mend=verdict.mend)
    if account.is_locked is is_locked:
        return False
    if is_locked:
        _check_last_administrator(session, account)
        revoke_tokens(session, account, now=now)
    account.is_locked = is_locked
    return True


def _check_last_administrator(session: Session, account: Account) -> None:
    """Raise Conflict where nobody would be left to keep accounts.

    Of two that take each other's account away at once, the second finds no other one.
    """
    if account.role != Role.ADMIN.value:
        return
    if not set(queries.lock_administrators(session)) - {account.id}:
        raise Conflict(
            "Nobody else could keep the accounts then",
            mend="Let another administrator be added first",
        )


def end_account(
    session: Session, account: Account, *, now: datetime, actor: Actor
) -> None:
    """Close an account; it is kept because history names it."""
    lock_again(session, account)
    if account.ended_at is not None:
        return
    verdict = can_end_account(actor, account.id)
    if not verdict:
        raise Conflict(verdict.reason, loc=("body", "is_ended"), mend=verdict.mend)
    _check_last_administrator(session, account)
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
