"""Keeping the ledger of households: add, change, move, end."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from geo_api.accounts.dependencies import StaffActor
from geo_api.accounts.rules import Actor
from geo_api.db.locks import lock_again
from geo_api.errors import InvalidInput, NotAllowed
from geo_api.households import ledger, placement, queries
from geo_api.households.models import Household
from geo_api.households.replies import show_households
from geo_api.households.rules import ContactDraft, HouseholdDraft, can_keep_ledger
from geo_api.households.schemas import HouseholdChange, HouseholdIn, HouseholdOut
from geo_api.households.scope import audit, edition_of_today, require_reader
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.problems import problem_responses
from geo_api.http.versions import ReadVersion

router = APIRouter()


def _check_keeper(actor: Actor) -> None:
    if not can_keep_ledger(actor):
        raise NotAllowed("Only the village, the town or the administrator keep ledgers")


def _keepers_household(
    session: Session, actor: Actor, household_id: UUID, edition_id: int
) -> Household:
    """A household whose ledger is the caller's: to care for it is not to keep it."""
    require_reader(actor)
    household = queries.get_household(
        session, actor, household_id, edition_id=edition_id
    )
    _check_keeper(actor)
    if not queries.lies_in_own_areas(session, actor, household, edition_id=edition_id):
        raise NotAllowed("This household is in the ledger of another village")
    return household


def _check_in_areas(
    session: Session, actor: Actor, household: Household, edition_id: int
) -> None:
    """A household may not be added to, or moved into, somebody else's area."""
    if not queries.lies_in_own_areas(session, actor, household, edition_id=edition_id):
        raise InvalidInput(
            "The point lies outside your areas",
            loc=("body", "location"),
            mend="Check the coordinates and the coordinate system they are given in",
        )


@router.post(
    "/households",
    summary="Add a household",
    status_code=201,
    responses=problem_responses(404, 409, 422),
)
def post_household(
    body: HouseholdIn,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
) -> HouseholdOut:
    """Tied to its areas by its point, which must lie in the caller's own."""
    _check_keeper(actor)
    edition_id = edition_of_today(session, context, now)
    draft = HouseholdDraft(
        code=body.code,
        address=body.address,
        head_name=body.head_name,
        lon=body.location.lon,
        lat=body.location.lat,
        crs=body.location.crs.value,
        phone=body.phone,
        id_number=body.id_number,
        member_count=body.member_count,
    )
    household = ledger.add_household(
        session, cipher, draft, edition_id=edition_id, now=now
    )
    _check_in_areas(session, actor, household, edition_id)
    audit(session, actor, household, "household.create", (), now)
    return show_households(session, cipher, [household], edition_id=edition_id)[0]


@router.patch(
    "/households/{household_id}",
    summary="Change a household",
    responses=problem_responses(404, 412, 422),
)
def patch_household(
    household_id: UUID,
    body: HouseholdChange,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
    version: ReadVersion,
) -> HouseholdOut:
    """Absent fields stay. Another point ties it to the areas there."""
    edition_id = edition_of_today(session, context, now)
    household = _keepers_household(session, actor, household_id, edition_id)
    lock_again(session, household)
    version.check(ledger.state_of(session, household))
    ledger.change_household(
        session,
        cipher,
        household,
        contact=ContactDraft(body.head_name, body.phone, body.id_number),
        address=body.address,
        member_count=body.member_count,
        now=now,
    )
    if body.location is not None:
        placement.move_household(
            session,
            household,
            lon=body.location.lon,
            lat=body.location.lat,
            crs=body.location.crs.value,
            edition_id=edition_id,
            now=now,
        )
        _check_in_areas(session, actor, household, edition_id)
    changed = sorted(body.model_dump(exclude_unset=True))
    audit(session, actor, household, "household.change", changed, now)
    session.flush()  # the reply is read from the rows as they will be
    version.show(ledger.state_of(session, household))
    return show_households(session, cipher, [household], edition_id=edition_id)[0]


@router.delete(
    "/households/{household_id}",
    summary="The household has moved away or is no more",
    status_code=204,
    responses=problem_responses(404, 409),
)
def delete_household(
    household_id: UUID,
    actor: StaffActor,
    session: CurrentSession,
    context: CurrentContext,
    now: Now,
) -> Response:
    """It ends; what was ordered there keeps naming it."""
    edition_id = edition_of_today(session, context, now)
    household = _keepers_household(session, actor, household_id, edition_id)
    ledger.end_household(session, household, now=now)
    audit(session, actor, household, "household.end", (), now)
    return Response(status_code=204)
