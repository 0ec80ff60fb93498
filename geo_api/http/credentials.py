"""What a caller shows at the door, not yet believed: secrets, cookies, its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, OAuth2PasswordBearer

SESSION_COOKIE = "minqing_session"

CSRF_COOKIE = "minqing_csrf"

PORTAL_HEADER = "X-Portal-Key"

# Sent by our pages with whatever no hand has caused.
BACKGROUND_HEADER = "X-Background"

# These describe the ways in for the OpenAPI document; `shown_by` reads them itself.
_BEARER = OAuth2PasswordBearer(
    "/api/token",
    scheme_name="bearer",
    description="Of an account, or the secret of a resident's tracking link.",
    auto_error=False,
)

_COOKIE = APIKeyCookie(
    name=SESSION_COOKIE,
    scheme_name="session",
    description="Set by POST /api/session; unsafe methods also need the cookie "
    "minqing_csrf as header X-CSRF-Token. It ends when it was not used for a while; "
    "what is sent with the header X-Background does not count as use.",
    auto_error=False,
)

_PORTAL_KEY = APIKeyHeader(
    name=PORTAL_HEADER,
    scheme_name="portal_key",
    description="Of another portal; ?portal_key= where a header cannot be set.",
    auto_error=False,
)


@dataclass(frozen=True)
class Shown:
    """The secret that a caller shows; what it names beats what a browser adds."""

    bearer: str | None = None
    portal_key: str | None = None
    cookie: str | None = None
    # Whether it was shown by somebody at work, who is not idle then.
    is_use: bool = True


def shown_by(request: Request) -> Shown:
    """What the caller shows, not yet believed."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Shown(bearer=credentials.strip())
    portal_key = request.headers.get(PORTAL_HEADER) or request.query_params.get(
        "portal_key"
    )
    if portal_key:
        return Shown(portal_key=portal_key)
    return Shown(
        cookie=request.cookies.get(SESSION_COOKIE) or None,
        is_use=BACKGROUND_HEADER not in request.headers,
    )


async def _shown(
    request: Request,
    _bearer: Annotated[str | None, Security(_BEARER)],
    _cookie: Annotated[str | None, Security(_COOKIE)],
    _portal_key: Annotated[str | None, Security(_PORTAL_KEY)],
) -> Shown:
    return shown_by(request)


CurrentShown = Annotated[Shown, Depends(_shown)]
