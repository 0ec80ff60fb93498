"""The door: cookie, bearer token, tracking link or portal key becomes an ``Actor``."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from geo_api.accounts import queries
from geo_api.accounts.callers import (
    caller_network,
    is_listed_page,
    is_own_page,
    page_origin,
)
from geo_api.accounts.hooks import ScopeHooks
from geo_api.accounts.models import Account, Token
from geo_api.accounts.rules import Actor, CallerKind, DutyScope, Role, Verdict
from geo_api.accounts.server_keys import PREFIX, find_server_key, holder_of_key
from geo_api.accounts.tokens import hash_secret, holder_of, is_over, touch
from geo_api.errors import MustChangePassword, NotAllowed, NotSignedIn, Words
from geo_api.http.context import (
    Context,
    CurrentContext,
    CurrentSession,
    Now,
    get_context,
)
from geo_api.http.credentials import CurrentShown, Shown, shown_by

# What an account may still do before it has replaced its first password.
_BEFORE_CHANGE = {"/api/password", "/api/me", "/api/logout"}
_SAFE = {"GET", "HEAD", "OPTIONS"}


def hooks_of(request: Request) -> ScopeHooks:
    """The application's hooks."""
    hooks: ScopeHooks = request.app.state.scope_hooks
    return hooks


def actor_of(
    request: Request,
    session: Session,
    account: Account,
    area_ids: frozenset[int],
    context: Context,
    now: datetime,
) -> Actor:
    """An account as a caller, with all that its areas and duties reach today."""
    role = Role(account.role)
    duties = DutyScope()
    if role not in (Role.ADMIN, Role.AUDITOR):
        day = now.astimezone(context.settings.place.tz).date()
        duties = hooks_of(request).duty_scope(session, account.id, day)
    return Actor(
        kind=CallerKind.ACCOUNT,
        role=role,
        account_id=account.id,
        account_public_id=account.public_id,
        username=account.username,
        must_change_password=account.must_change_password,
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
    shown: Shown,
    context: Context,
    now: datetime,
) -> Actor:
    is_page = shown.cookie is not None
    if shown.bearer is not None and shown.bearer.startswith(PREFIX):
        return _by_server_key(session, shown.bearer, now)
    found = queries.find_token(session, hash_secret(shown.cookie or shown.bearer or ""))
    if found is None:
        raise _invalid_token()
    token, account, area_ids = found
    # A cookie is not a bearer token: it would slip past the check of the page.
    is_fit = (token.kind == "session") is is_page
    if not is_fit or is_over(token, now=now, settings=context.settings.sign_in):
        raise _invalid_token()
    if token.kind == "tracking":
        return holder_of(token)
    if account is None or account.ended_at is not None:
        raise _invalid_token()
    if is_page and request.method not in _SAFE:
        check_own_page(request, context)
        check_csrf(request, token)
    if account.must_change_password and request.url.path not in _BEFORE_CHANGE:
        raise MustChangePassword(
            "Change the first password before anything else",
            mend="POST /api/password with old_password and new_password",
        )
    if shown.is_use:
        touch(session, token, now=now)
    return actor_of(request, session, account, area_ids, context, now)


def _by_server_key(session: Session, secret: str, now: datetime) -> Actor:
    key = find_server_key(session, secret)
    if key is None:
        raise NotSignedIn(
            "The server key is unknown or revoked",
            mend="Ask the county's administrator for a key",
        )
    touch(session, key, now=now)
    return holder_of_key(session, key)


def _by_portal_key(request: Request, session: Session, secret: str) -> Actor:
    found = queries.find_portal_key(session, hash_secret(secret))
    if found is None:
        raise NotSignedIn(
            "The portal key is unknown or revoked",
            mend="Ask the county's administrator for a key",
        )
    key, area_ids = found
    page = page_origin(request.headers.get("origin"), request.headers.get("referer"))
    if not is_listed_page(page, request.headers.get("host", ""), key.origins):
        raise NotAllowed(
            "This portal key may not be used from %(origin)s",
            mend="Ask the county's administrator to list this origin",
            origin=page,
        )
    return Actor(
        kind=CallerKind.PORTAL,
        portal_key_id=key.id,
        name=key.name,
        area_ids=area_ids,
        layers=frozenset(key.layers),
    )


def current_actor(
    request: Request,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    shown: CurrentShown,
) -> Actor:
    """The caller. A wrong or expired secret is 401, never silently anonymous."""
    actor = Actor()
    if shown.bearer is not None or shown.cookie is not None:
        actor = _by_token(request, session, shown, context, now)
    elif shown.portal_key is not None:
        actor = _by_portal_key(request, session, shown.portal_key)
    if actor.has_identity:
        return actor
    return replace(actor, origin=origin_of(request, context))


def origin_of(request: Request, context: Context) -> bytes:
    """A keyed digest of the network that a request comes from."""
    # Behind a proxy that is believed, the server has put the caller's address here.
    address = request.client.host if request.client else ""
    return context.cipher.digest(f"origin:{caller_network(address)}")


CurrentActor = Annotated[Actor, Depends(current_actor, scope="function")]


def watching_actor(
    request: Request,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    shown: CurrentShown,
) -> Actor:
    """The caller of what a page fetches by itself: whoever only watches is idle."""
    shown = replace(shown, is_use=False)
    return current_actor(request, session, context, now, shown)


WatchingActor = Annotated[Actor, Depends(watching_actor, scope="function")]


def actor_at_door(request: Request, session: Session) -> Actor:
    """The caller as a door is told, before anything of the request is read."""
    context = get_context(request)
    shown = replace(shown_by(request), is_use=False)
    return current_actor(request, session, context, context.clock(), shown)


def leaving_actor(
    request: Request,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
    shown: CurrentShown,
) -> Actor | None:
    """Who signs out; None for a page whose session is over already."""
    try:
        actor = current_actor(request, session, context, now, shown)
    except NotSignedIn:
        if shown.cookie is None:
            raise
        return None
    return require_staff(actor)


LeavingActor = Annotated[Actor | None, Depends(leaving_actor, scope="function")]


def require_staff(actor: CurrentActor) -> Actor:
    """A signed-in account; 401 for nobody, 403 for other kinds of callers."""
    if actor.is_staff:
        return actor
    if actor.kind is CallerKind.ANONYMOUS:
        raise NotSignedIn("Please sign in", mend="POST /api/token or /api/session")
    raise NotAllowed("This is for signed-in staff only")


StaffActor = Annotated[Actor, Depends(require_staff, scope="function")]


def require(verdict: Verdict) -> None:
    """Raise NotAllowed with the reason of a verdict that is not a yes."""
    if not verdict:
        raise NotAllowed(verdict.reason, mend=verdict.mend)


def require_role(actor: Actor, *roles: Role) -> None:
    """Raise unless the caller has one of ``roles``."""
    require_staff(actor)
    if actor.role not in roles:
        raise NotAllowed(
            "This needs the role %(roles)s", roles=Words(*(r.word for r in roles))
        )


def check_own_page(request: Request, context: Context) -> None:
    """Raise NotAllowed if a page of another site is behind the request."""
    own_hosts = {
        request.headers.get("host", ""),
        urlsplit(context.settings.server.base_url).netloc,
    }
    origin = request.headers.get("origin")
    fetch_site = request.headers.get("sec-fetch-site")
    if not is_own_page(origin, fetch_site, own_hosts):
        raise NotAllowed(
            "This change was asked for by a page of another site",
            mend="Use this service's own pages, or a bearer token",
        )


def check_csrf(request: Request, token: Token) -> None:
    """Raise NotAllowed unless the page that holds the cookie has sent its word, too."""
    # As bytes: a header may hold what compare_digest refuses as text.
    sent = request.headers.get("x-csrf-token", "").encode()
    if not token.csrf or not secrets.compare_digest(sent, token.csrf.encode()):
        raise NotAllowed(
            "This change did not come from our own page",
            mend="Send the cookie minqing_csrf as the header X-CSRF-Token",
        )
