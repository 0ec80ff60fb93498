"""What an edition would change, told before it does."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from geo_api.accounts.dependencies import StaffActor, require
from geo_api.accounts.rules import Action, can_administer
from geo_api.changes.activation import foresee_effect, get_edition
from geo_api.changes.schemas import EffectOut
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.problems import problem_responses

router = APIRouter(prefix="/api", tags=["areas"])


@router.get(
    "/editions/{id}/effect",
    summary="What would change if an edition took effect today (admin)",
    responses=problem_responses(401, 403, 404, 409, 422),
)
def get_effect(
    id: UUID,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> EffectOut:
    """The act itself is done and undone: what is told is what would happen."""
    require(can_administer(actor, Action.CHANGE_BOUNDARIES))
    edition = get_edition(session, id)
    effect = foresee_effect(session, edition, now=now, settings=context.settings)
    return EffectOut.model_validate(effect)
