"""Accounts and portal keys, kept by the administrator."""

from __future__ import annotations

import secrets
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from geo_api.accounts import service
from geo_api.accounts.access import StaffActor, hooks_of, require_role
from geo_api.accounts.models import Account, PortalKey
from geo_api.accounts.rules import Role
from geo_api.accounts.schemas import (
    AccountChange,
    AccountIn,
    AccountOut,
    PortalKeyIn,
    PortalKeyOut,
)
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses

router = APIRouter(tags=["administration"], responses=problem_responses(401, 403))


def _shown(account: Account, first_password: str | None = None) -> AccountOut:
    return AccountOut(
        id=account.public_id,
        username=account.username,
        name=account.name,
        role=Role(account.role),
        must_change_password=account.must_change_password,
        locked_until=account.locked_until,
        created_at=account.created_at,
        ended_at=account.ended_at,
        first_password=first_password,
    )


@router.get("/accounts", summary="Accounts by user name (admin)")
def list_accounts(
    actor: StaffActor,
    session: CurrentSession,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AccountOut]:
    """Ended accounts are listed, too: history names them."""
    require_role(actor, Role.ADMIN)
    position = read_cursor(cursor, {}, (str,))
    wanted = select(Account).order_by(Account.username).limit(limit + 1)
    if position:
        wanted = wanted.where(Account.username > position[0])
    rows = list(session.scalars(wanted))
    more = len(rows) > limit
    return Page(
        items=[_shown(account) for account in rows[:limit]],
        next=make_cursor([rows[limit - 1].username], {}) if more else None,
    )


@router.post(
    "/accounts",
    summary="Add an account (admin)",
    status_code=201,
    responses=problem_responses(404, 409, 422),
)
def post_account(
    body: AccountIn,
    actor: StaffActor,
    request: Request,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> AccountOut:
    """The first password is in the reply, once; it must be changed at sign-in."""
    require_role(actor, Role.ADMIN)
    day = now.astimezone(context.settings.place.tz).date()
    password = secrets.token_urlsafe(12)
    account = service.create_account(
        session,
        username=body.username,
        password=password,
        name=body.name,
        role=body.role,
        area_ids=hooks_of(request).area_ids_of(session, body.area_codes, day),
        must_change_password=True,
        now=now,
        actor=actor,
    )
    return _shown(account, password)


@router.get(
    "/accounts/{account_id}",
    summary="One account (admin)",
    responses=problem_responses(404),
)
def get_account(
    account_id: UUID, actor: StaffActor, session: CurrentSession
) -> AccountOut:
    """Never with a password."""
    require_role(actor, Role.ADMIN)
    return _shown(service.get_account(session, account_id))


@router.patch(
    "/accounts/{account_id}",
    summary="Change, end, unlock or reset an account (admin)",
    responses=problem_responses(404, 409, 422),
)
def patch_account(
    account_id: UUID,
    body: AccountChange,
    actor: StaffActor,
    request: Request,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> AccountOut:
    """Absent fields stay as they are."""
    require_role(actor, Role.ADMIN)
    account = service.get_account(session, account_id)
    if body.name is not None:
        account.name = body.name
    if body.role is not None:
        account.role = body.role.value
    if body.area_codes is not None:
        day = now.astimezone(context.settings.place.tz).date()
        ids = hooks_of(request).area_ids_of(session, body.area_codes, day)
        service.set_areas(session, account, ids)
    if body.is_locked is False:
        account.locked_until, account.failed_count = None, 0
    changed = sorted(body.model_dump(exclude_unset=True))
    service.record_audit(
        session,
        actor,
        action="account.change",
        subject_kind="account",
        subject_id=account.public_id,
        fields=changed,
        now=now,
    )
    password = None
    if body.reset_password:
        password = service.reset_password(session, account, now=now, actor=actor)
    if body.is_ended and account.ended_at is None:
        service.end_account(session, account, now=now, actor=actor)
    return _shown(account, password)


@router.get("/portal-keys", summary="Portal keys by name (admin)")
def list_portal_keys(actor: StaffActor, session: CurrentSession) -> Page[PortalKeyOut]:
    """Revoked keys are listed, too."""
    require_role(actor, Role.ADMIN)
    keys = session.scalars(select(PortalKey).order_by(PortalKey.name, PortalKey.id))
    return Page(items=[_shown_key(key) for key in keys])


def _shown_key(key: PortalKey, secret: str | None = None) -> PortalKeyOut:
    return PortalKeyOut(
        id=key.public_id,
        name=key.name,
        origins=key.origins,
        layers=key.layers,
        created_at=key.created_at,
        revoked_at=key.revoked_at,
        key=secret,
    )


@router.post(
    "/portal-keys",
    summary="Give another portal a key (admin)",
    status_code=201,
    responses=problem_responses(404, 422),
)
def post_portal_key(
    body: PortalKeyIn,
    actor: StaffActor,
    request: Request,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> PortalKeyOut:
    """The key is in the reply, once."""
    require_role(actor, Role.ADMIN)
    day = now.astimezone(context.settings.place.tz).date()
    key, secret = service.create_portal_key(
        session,
        name=body.name,
        origins=body.origins,
        layers=body.layers,
        area_ids=hooks_of(request).area_ids_of(session, body.area_codes, day),
        now=now,
        actor=actor,
    )
    return _shown_key(key, secret)


@router.delete(
    "/portal-keys/{key_id}",
    summary="Revoke a portal key (admin)",
    status_code=204,
    responses=problem_responses(404),
)
def delete_portal_key(
    key_id: UUID, actor: StaffActor, session: CurrentSession, now: Now
) -> Response:
    """It stops working at once; the row stays."""
    require_role(actor, Role.ADMIN)
    service.revoke_portal_key(session, key_id, now=now, actor=actor)
    return Response(status_code=204)
