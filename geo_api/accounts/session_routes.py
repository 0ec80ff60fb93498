"""Where else one is signed in, and how to end it there."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from geo_api.accounts import tokens as accounts_tokens
from geo_api.accounts.dependencies import StaffActor
from geo_api.accounts.schemas import OpenSession, OpenSessions
from geo_api.accounts.tokens import hash_secret, public_id_of
from geo_api.errors import NotFound
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.credentials import CurrentShown, Shown
from geo_api.http.problems import problem_responses

router = APIRouter(tags=["accounts"], responses=problem_responses(401, 403))


def _hash_of(shown: Shown) -> bytes:
    return hash_secret(shown.cookie or shown.bearer or "")


@router.get("/sessions", summary="Where one's own account is signed in")
def get_sessions(
    actor: StaffActor,
    shown: CurrentShown,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> OpenSessions:
    """Pages and programs, the last used one first; from where is not kept."""
    own = _hash_of(shown)
    tokens = accounts_tokens.open_tokens(
        session, actor, now=now, settings=context.settings.sign_in
    )
    return OpenSessions(
        items=[
            OpenSession(
                id=public_id_of(token),
                kind=token.kind,
                created_at=token.created_at,
                last_used_at=token.last_used_at,
                is_current=token.token_hash == own,
            )
            for token in tokens
        ]
    )


@router.delete("/sessions", summary="Sign out everywhere else", status_code=204)
def delete_sessions(
    actor: StaffActor,
    shown: CurrentShown,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> None:
    """All but the one that asks; its programs' tokens end, too."""
    accounts_tokens.end_tokens(
        session,
        actor,
        lambda token: token.token_hash != _hash_of(shown),
        now=now,
        settings=context.settings.sign_in,
    )


@router.delete(
    "/sessions/{session_id}",
    summary="Sign out in one place",
    status_code=204,
    responses=problem_responses(404, 422),
)
def delete_session(
    session_id: UUID,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> None:
    """404 for one that is over, or another's."""
    if not accounts_tokens.end_tokens(
        session,
        actor,
        lambda token: public_id_of(token) == session_id,
        now=now,
        settings=context.settings.sign_in,
    ):
        raise NotFound("There is no such session", loc=("path", "session_id"))
