"""Finding a request again without its link."""

from __future__ import annotations

from fastapi import APIRouter

from geo_api.accounts.dependencies import CurrentActor
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.problems import problem_responses
from geo_api.requests.read import tracking
from geo_api.requests.read.schemas import TrackedOut, TrackIn

router = APIRouter(tags=["requests"])


@router.post(
    "/track",
    summary="A tracking link for who knows the number and the phone's last digits",
    responses=problem_responses(401, 403, 404, 422, 429),
)
def post_track(
    body: TrackIn,
    actor: CurrentActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
) -> TrackedOut:
    """Open to everybody; the same 404 whatever is wrong, and 429 after some tries."""
    secret = tracking.track(
        session,
        actor,
        number=body.number,
        phone_tail=body.phone_tail,
        cipher=cipher,
        settings=context.settings.sign_in,
        now=now,
    )
    return TrackedOut(tracking_url=f"{context.settings.server.base_url}/r/{secret}")
