"""Sign-in and sign-out, who am I, the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.security import OAuth2PasswordRequestForm

from geo_api.accounts import administration_routes, queries, service
from geo_api.accounts.access import (
    CSRF_COOKIE,
    SESSION_COOKIE,
    CurrentActor,
    StaffActor,
    hooks_of,
    require_role,
)
from geo_api.accounts.models import Account
from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.accounts.schemas import AuditOut, Me, PasswordChange, SignIn, TokenReply
from geo_api.errors import NotSignedIn
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses

router = APIRouter(prefix="/api", tags=["accounts"])
router.include_router(administration_routes.router)


@router.post(
    "/token",
    summary="A bearer token for a program (OAuth2 password form)",
    responses=problem_responses(401, 422, 429),
)
def post_token(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> TokenReply:
    """The token is opaque, expires, and can be revoked by `POST /api/logout`."""
    settings = context.settings.sign_in
    account = service.sign_in(
        session, form.username, form.password, now=now, settings=settings
    )
    secret, token = service.issue_account_token(
        session, account, kind="bearer", now=now, hours=settings.token_hours
    )
    return TokenReply(access_token=secret, expires_at=token.expires_at)


@router.post(
    "/session",
    summary="Sign a page in by cookie",
    responses=problem_responses(401, 422, 429),
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
    settings = context.settings.sign_in
    account = service.sign_in(
        session, body.username, body.password, now=now, settings=settings
    )
    secret, token = service.issue_account_token(
        session, account, kind="session", now=now, hours=settings.session_hours
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
    response.headers["Cache-Control"] = "no-store"
    return Me(
        kind=CallerKind.ACCOUNT,
        role=Role(account.role),
        username=account.username,
        name=account.name,
        must_change_password=account.must_change_password,
    )


@router.post(
    "/logout",
    summary="End this session or token",
    status_code=204,
    responses=problem_responses(401, 403),
)
def post_logout(
    actor: StaffActor, request: Request, session: CurrentSession, now: Now
) -> Response:
    """The cookie or bearer token stops working at once."""
    _, _, bearer = request.headers.get("authorization", "").partition(" ")
    secret = bearer.strip() or request.cookies.get(SESSION_COOKIE, "")
    found = queries.find_token(session, service.hash_secret(secret))
    if found is not None:
        found[0].revoked_at = now
    service.record_audit(
        session,
        actor,
        action="sign_out",
        subject_kind="account",
        subject_id=actor.account_public_id,
        now=now,
    )
    response = Response(status_code=204)
    response.delete_cookie(SESSION_COOKIE, path="/")
    response.delete_cookie(CSRF_COOKIE, path="/")
    return response


@router.post(
    "/password",
    summary="Change one's own password; all sessions end",
    status_code=204,
    responses=problem_responses(401, 403, 422),
)
def post_password(
    body: PasswordChange,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> Response:
    """Sign in again afterwards."""
    service.change_password(
        session,
        _own_account(session, actor),
        old=body.old_password,
        new=body.new_password,
        now=now,
        settings=context.settings.sign_in,
    )
    return Response(status_code=204)


def _own_account(session: CurrentSession, actor: Actor) -> Account:
    assert actor.account_public_id is not None  # noqa: S101  staff have one
    return service.get_account(session, actor.account_public_id)


@router.get(
    "/me", summary="Who am I, where and for what", responses=problem_responses(401)
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
    day = now.astimezone(context.settings.place.tz).date()
    me = Me(kind=actor.kind, role=actor.role, name=actor.name)
    if actor.kind is CallerKind.RESIDENT:
        me.request_id = actor.request_public_id
        return me
    if actor.is_staff:
        account = _own_account(session, actor)
        me.username = account.username
        me.must_change_password = account.must_change_password
    scope = hooks_of(request).describe_scope(session, actor, day)
    me.areas, me.duties = scope["areas"], scope["duties"]
    return me


@router.get(
    "/audit",
    summary="Who did or read what (auditor)",
    responses=problem_responses(400, 401, 403),
)
def get_audit(
    actor: StaffActor,
    session: CurrentSession,
    now: Now,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    until: Annotated[datetime | None, Query(alias="to")] = None,
    username: Annotated[str | None, Query(max_length=60)] = None,
    action: Annotated[str | None, Query(max_length=60)] = None,
    subject_kind: Annotated[str | None, Query(max_length=60)] = None,
    subject_id: UUID | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AuditOut]:
    """Newest first. Reading the audit is itself a row of it."""
    require_role(actor, Role.AUDITOR)
    filters = {
        "from": since,
        "to": until,
        "username": username,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
    }
    position = read_cursor(cursor, filters, (datetime, int))
    rows = queries.audit_page(
        session,
        since=since,
        until=until,
        username=username,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        before=(position[0], position[1]) if position else None,
        limit=limit + 1,
    )
    service.record_audit(
        session,
        actor,
        action="audit.read",
        subject_kind="audit",
        detail={"rows": min(len(rows), limit)},
        now=now,
    )
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(
        items=[
            AuditOut(
                at=entry.at,
                caller_kind=entry.caller_kind,
                username=name,
                action=entry.action,
                subject_kind=entry.subject_kind,
                subject_id=entry.subject_id,
                fields=entry.fields,
                detail=entry.detail,
            )
            for entry, name in rows
        ],
        next=make_cursor([rows[-1][0].at, rows[-1][0].id], filters) if more else None,
    )
