"""Sign-in and sign-out, one's own password, who am I."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from geo_api.accounts import (
    administration_routes,
    audit,
    audit_routes,
    passwords,
    portal_key_routes,
    server_key_routes,
    service,
    session_routes,
    tokens,
)
from geo_api.accounts.dependencies import (
    CurrentActor,
    LeavingActor,
    StaffActor,
    actor_of,
    check_own_page,
    hooks_of,
    origin_of,
)
from geo_api.accounts.models import Account
from geo_api.accounts.queries import area_ids_of_account
from geo_api.accounts.rules import Actor, CallerKind
from geo_api.accounts.schemas import Me, PasswordChange, SignIn, TokenForm, TokenReply
from geo_api.errors import NotSignedIn
from geo_api.http.budgets import Budget, within
from geo_api.http.context import Context, CurrentContext, CurrentSession, Now
from geo_api.http.credentials import CSRF_COOKIE, SESSION_COOKIE, CurrentShown
from geo_api.http.problems import problem_responses


async def _never_kept(response: Response) -> None:
    """Secrets and names of this room stay out of every cache."""
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(prefix="/api", dependencies=[Depends(_never_kept)])
own = APIRouter(tags=["accounts"])


@own.post(
    "/token",
    dependencies=[within(Budget.PASSWORD)],
    summary="A bearer token for a program (OAuth2 password form)",
    responses=problem_responses(401, 403, 422, 429),
)
def post_token(
    form: Annotated[TokenForm, Form()],
    request: Request,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> TokenReply:
    """The token is opaque, expires, and can be revoked by `POST /api/logout`."""
    account = _sign_in(form.username, form.password, request, session, context, now)
    hours = context.settings.sign_in.token_hours
    secret, token = tokens.issue_account_token(
        session, account, kind="bearer", now=now, hours=hours
    )
    return TokenReply(access_token=secret, expires_at=token.expires_at)


@own.post(
    "/session",
    dependencies=[within(Budget.PASSWORD)],
    summary="Sign a page in by cookie",
    responses=problem_responses(401, 403, 422, 429),
)
def post_session(
    body: SignIn,
    request: Request,
    response: Response,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> Me:
    """Sets `minqing_session` (HttpOnly) and `minqing_csrf` (send it back as header)."""
    # Nobody is to be signed in, unawares, as somebody else.
    check_own_page(request, context)
    account = _sign_in(body.username, body.password, request, session, context, now)
    _start_session(request, response, session, account, context, now)
    area_ids = area_ids_of_account(session, account.id)
    actor = actor_of(request, session, account, area_ids, context, now)
    return _describe(request, session, actor, context, now)


def _sign_in(
    username: str,
    password: str,
    request: Request,
    session: CurrentSession,
    context: Context,
    now: Now,
) -> Account:
    return passwords.sign_in(
        session,
        username,
        password,
        origin=origin_of(request, context),
        now=now,
        settings=context.settings.sign_in,
        cipher=context.cipher,
    )


def _start_session(
    request: Request,
    response: Response,
    session: CurrentSession,
    account: Account,
    context: Context,
    now: Now,
) -> None:
    secret, token = tokens.issue_account_token(
        session,
        account,
        kind="session",
        now=now,
        hours=context.settings.sign_in.session_hours,
    )
    is_tls = (
        request.url.scheme == "https"
        or context.settings.server.base_url.startswith("https:")
    )
    for name, value, is_hidden in (
        (SESSION_COOKIE, secret, True),
        (CSRF_COOKIE, token.csrf or "", False),
    ):
        response.set_cookie(
            name, value, httponly=is_hidden, samesite="lax", secure=is_tls, path="/"
        )


@own.post(
    "/logout",
    summary="End this session or token",
    status_code=204,
    responses=problem_responses(401, 403),
)
def post_logout(
    actor: LeavingActor,
    shown: CurrentShown,
    response: Response,
    session: CurrentSession,
    now: Now,
) -> None:
    """The cookie or bearer token stops working at once; a dead cookie is taken back."""
    response.delete_cookie(SESSION_COOKIE, path="/")
    response.delete_cookie(CSRF_COOKIE, path="/")
    if actor is None:
        return
    tokens.revoke_token(session, shown.cookie or shown.bearer or "", now=now)
    audit.record_audit(
        session,
        actor,
        action="sign_out",
        subject_kind="account",
        subject_id=actor.account_public_id,
        now=now,
    )


@own.post(
    "/password",
    dependencies=[within(Budget.PASSWORD)],
    summary="Change one's own password; all sessions and tokens end",
    status_code=204,
    responses=problem_responses(401, 403, 422, 429),
)
def post_password(
    body: PasswordChange,
    actor: StaffActor,
    shown: CurrentShown,
    request: Request,
    response: Response,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> None:
    """A page gets a new session with the reply; a program asks for a new token."""
    account = _own_account(session, actor)
    passwords.change_password(
        session,
        account,
        old=body.old_password,
        new=body.new_password,
        now=now,
        settings=context.settings.sign_in,
        cipher=context.cipher,
    )
    if shown.cookie is not None:
        _start_session(request, response, session, account, context, now)


def _own_account(session: CurrentSession, actor: Actor) -> Account:
    assert actor.account_public_id is not None  # noqa: S101  staff have one
    return service.get_account(session, actor.account_public_id)


@own.get(
    "/me",
    summary="Who am I, where and for what",
    responses=problem_responses(401, 403),
)
def get_me(
    actor: CurrentActor,
    request: Request,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> Me:
    """Role, areas and duties of the caller; 401 for an unknown one."""
    if actor.kind is CallerKind.ANONYMOUS:
        raise NotSignedIn("Please sign in", mend="POST /api/token or /api/session")
    return _describe(request, session, actor, context, now)


def _describe(
    request: Request,
    session: CurrentSession,
    actor: Actor,
    context: Context,
    now: Now,
) -> Me:
    scope = {}
    # Before the first boundaries there is an administrator, but no place.
    if actor.area_ids or actor.person_id is not None:
        day = now.astimezone(context.settings.place.tz).date()
        scope = hooks_of(request).describe_scope(session, actor, day)
    return Me(
        kind=actor.kind,
        role=actor.role,
        username=actor.username,
        name=actor.name,
        must_change_password=actor.must_change_password,
        areas=scope.get("areas", []),
        duties=scope.get("duties", []),
        person_id=scope.get("person_id"),
        request_id=actor.request_public_id,
    )


router.include_router(own)
router.include_router(session_routes.router)
router.include_router(administration_routes.router)
router.include_router(portal_key_routes.router)
router.include_router(server_key_routes.router)
router.include_router(audit_routes.router)
