"""The door: cookie, bearer token, tracking link or portal key becomes an ``Actor``."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from geo_api.accounts import queries
from geo_api.accounts.models import Account, Token
from geo_api.accounts.rules import Actor, CallerKind, DutyScope, Role
from geo_api.accounts.service import hash_secret
from geo_api.errors import MustChangePassword, NotAllowed, NotSignedIn
from geo_api.http.context import Context, CurrentContext, CurrentSession, Now

SESSION_COOKIE = "minqing_session"
CSRF_COOKIE = "minqing_csrf"

# What an account may still do before it has replaced its first password.
_BEFORE_CHANGE = {"/api/password", "/api/me", "/api/logout"}
_SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class ScopeHooks:
    """What accounts must ask of rooms that stand above it; filled by ``create_app``."""

    # What an account's own duties reach on a day.
    duty_scope: Callable[[Session, int, date], DutyScope]
    # Names of areas and duties for /api/me.
    describe_scope: Callable[[Session, Actor, date], dict[str, Any]]
    # Internal ids of area codes; NotFound for an unknown one.
    area_ids_of: Callable[[Session, Sequence[str], date], list[int]]


def hooks_of(request: Request) -> ScopeHooks:
    """The application's hooks."""
    hooks: ScopeHooks = request.app.state.scope_hooks
    return hooks


def client_address(request: Request, trusted: Sequence[str]) -> str:
    """The caller's address: the right-most one that is not a trusted proxy's."""
    peer = request.client.host if request.client else ""
    if peer not in trusted:
        return peer
    for hop in reversed(request.headers.get("x-forwarded-for", "").split(",")):
        if hop.strip() and hop.strip() not in trusted:
            return hop.strip()
    return peer


def _check_same_origin(request: Request, token: Token, context: Context) -> None:
    """A page of another site must not act with our cookie."""
    ours = {
        request.headers.get("host", ""),
        urlsplit(context.settings.server.base_url).netloc,
    }
    origin = request.headers.get("origin")
    if origin is not None:
        is_ours = urlsplit(origin).netloc in ours
    else:
        is_ours = request.headers.get("sec-fetch-site", "same-origin") in (
            "same-origin",
            "none",
        )
    sent = request.headers.get("x-csrf-token", "")
    if not is_ours or not secrets.compare_digest(sent, token.csrf or ""):
        raise NotAllowed(
            "This change did not come from our own page",
            mend="Send the cookie minqing_csrf as the header X-CSRF-Token",
        )


def _account_actor(
    request: Request,
    session: Session,
    token: Token,
    account: Account,
    context: Context,
    now: datetime,
) -> Actor:
    role = Role(account.role)
    if account.must_change_password and request.url.path not in _BEFORE_CHANGE:
        raise MustChangePassword(
            "Change the first password before anything else",
            mend="POST /api/password with old_password and new_password",
        )
    # Written at most once a minute: reading a page must not be a stream of updates.
    if now - token.last_used_at > timedelta(minutes=1):
        token.last_used_at = now
    area_ids = queries.area_ids_of_account(session, account.id)
    duties = DutyScope()
    if role not in (Role.ADMIN, Role.AUDITOR):
        day = now.astimezone(context.settings.place.tz).date()
        duties = hooks_of(request).duty_scope(session, account.id, day)
    return Actor(
        kind=CallerKind.ACCOUNT,
        role=role,
        account_id=account.id,
        account_public_id=account.public_id,
        name=account.name,
        area_ids=area_ids | duties.area_ids,
        zone_ids=duties.zone_ids,
        household_ids=duties.household_ids,
        person_id=duties.person_id,
    )


def _invalid_token() -> NotSignedIn:
    return NotSignedIn("The token is unknown, expired or revoked", mend="Sign in again")


def _by_token(
    request: Request,
    session: Session,
    secret: str,
    context: Context,
    now: datetime,
    *,
    from_cookie: bool,
) -> Actor:
    found = queries.find_token(session, hash_secret(secret))
    if found is None:
        raise _invalid_token()
    token, account = found
    if token.revoked_at is not None or token.expires_at <= now:
        raise _invalid_token()
    if (token.kind == "session") is not from_cookie:
        raise _invalid_token()
    if token.kind == "tracking":
        return Actor(kind=CallerKind.RESIDENT, request_public_id=token.subject_id)
    if account is None or account.ended_at is not None:
        raise _invalid_token()
    if from_cookie:
        idle = timedelta(minutes=context.settings.sign_in.idle_minutes)
        if now - token.last_used_at > idle:
            raise _invalid_token()
        if request.method not in _SAFE:
            _check_same_origin(request, token, context)
    return _account_actor(request, session, token, account, context, now)


def _by_portal_key(request: Request, session: Session, secret: str) -> Actor:
    found = queries.find_portal_key(session, hash_secret(secret))
    if found is None:
        raise NotSignedIn(
            "The portal key is unknown or revoked",
            mend="Ask the county's administrator for a key",
        )
    key, area_ids = found
    origin = request.headers.get("origin")
    if origin is None and (referer := request.headers.get("referer")):
        parts = urlsplit(referer)
        origin = f"{parts.scheme}://{parts.netloc}"
        # Our own embed page asks on behalf of the page around it.
        if parts.netloc == request.headers.get("host"):
            origin = None
    if origin is not None and key.origins and origin not in key.origins:
        raise NotAllowed(
            "This portal key may not be used from %(origin)s", origin=origin
        )
    return Actor(
        kind=CallerKind.PORTAL,
        portal_key_id=key.id,
        name=key.name,
        area_ids=area_ids,
        layers=frozenset(key.layers),
    )


def current_actor(
    request: Request, session: CurrentSession, context: CurrentContext, now: Now
) -> Actor:
    """The caller. A wrong or expired secret is 401, never silently anonymous."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials:
        return _by_token(
            request, session, credentials.strip(), context, now, from_cookie=False
        )
    if cookie := request.cookies.get(SESSION_COOKIE):
        return _by_token(request, session, cookie, context, now, from_cookie=True)
    portal_key = request.headers.get("x-portal-key") or request.query_params.get(
        "portal_key"
    )
    if portal_key:
        return _by_portal_key(request, session, portal_key)
    address = client_address(request, context.settings.server.trusted_proxies)
    return Actor(origin=context.cipher.digest(f"origin:{address}"))


CurrentActor = Annotated[Actor, Depends(current_actor, scope="function")]


def require_staff(actor: CurrentActor) -> Actor:
    """A signed-in account; 401 for nobody, 403 for other kinds of callers."""
    if actor.is_staff:
        return actor
    if actor.kind is CallerKind.ANONYMOUS:
        raise NotSignedIn("Please sign in", mend="POST /api/token or /api/session")
    raise NotAllowed("This is for signed-in staff only")


StaffActor = Annotated[Actor, Depends(require_staff, scope="function")]


def require_role(actor: Actor, *roles: Role) -> None:
    """Raise unless the caller has one of ``roles``."""
    if not actor.is_staff:
        require_staff(actor)
    if actor.role not in roles:
        raise NotAllowed(
            "This needs the role %(roles)s", roles=", ".join(r.value for r in roles)
        )
