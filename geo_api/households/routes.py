"""The ledger of households; every list is masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from geoalchemy2.shape import to_shape
from sqlalchemy import or_
from sqlalchemy.orm import Session

from geo_api.accounts.access import StaffActor, require_role
from geo_api.accounts.rules import Actor, Role
from geo_api.accounts.service import record_audit
from geo_api.areas.service import (
    current_edition,
    get_area,
    in_areas,
)
from geo_api.errors import Conflict, InvalidInput, NotAllowed
from geo_api.households import service
from geo_api.households.models import Contact, Household, HouseholdPlace
from geo_api.households.rules import (
    HouseholdDraft,
    can_keep_ledger,
    can_reveal_household,
    find_contact_problems,
)
from geo_api.households.schemas import (
    HouseholdChange,
    HouseholdContact,
    HouseholdIn,
    HouseholdOut,
)
from geo_api.households.showing import show_households
from geo_api.http.context import (
    Context,
    CurrentCipher,
    CurrentContext,
    CurrentSession,
    Now,
)
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses

router = APIRouter(
    prefix="/api", tags=["households"], responses=problem_responses(401, 403)
)

_READERS = (
    Role.ADMIN,
    Role.COUNTY_LEADER,
    Role.TOWN_LEADER,
    Role.VILLAGE_CADRE,
    Role.HANDLER,
)


def _edition_id(session: Session, context: Context, now: Now) -> int:
    day = now.astimezone(context.settings.place.tz).date()
    return current_edition(session, day=day).id


@router.get(
    "/households",
    summary="Households in scope, by ledger code, masked",
    responses=problem_responses(400, 404),
)
def list_households(
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
    area: Annotated[str | None, Query(max_length=40, description="Area code.")] = None,
    q: Annotated[
        str | None, Query(max_length=60, description="Part of address or ledger code.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[HouseholdOut]:
    """Names cannot be searched: they are stored encrypted."""
    require_role(actor, *_READERS)
    edition_id = _edition_id(session, context, now)
    filters = {"area": area, "q": q}
    position = read_cursor(cursor, filters, (str,))
    wanted = service.visible_to(actor, edition_id=edition_id)
    if area is not None:
        day = now.astimezone(context.settings.place.tz).date()
        wanted = wanted.where(
            in_areas(
                [get_area(session, area, day=day).id],
                county=HouseholdPlace.county_id,
                town=HouseholdPlace.town_id,
                village=HouseholdPlace.village_id,
                group=HouseholdPlace.group_id,
            )
        )
    if q:
        wanted = wanted.where(
            or_(
                Household.address.icontains(q, autoescape=True),
                Household.code.startswith(q, autoescape=True),
            )
        )
    if position:
        wanted = wanted.where(Household.code > position[0])
    rows = list(session.scalars(wanted.order_by(Household.code).limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    return Page(
        items=show_households(session, cipher, rows, edition_id=edition_id),
        next=make_cursor([rows[-1].code], filters) if more else None,
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
    edition_id = _edition_id(session, context, now)
    if service.find_by_code(session, body.code) is not None:
        raise Conflict(
            "The ledger code %(code)s is taken",
            loc=("body", "code"),
            mend="Use another code, or change the household that has it",
            code=body.code,
        )
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
    ids = service.add_many(session, cipher, [draft], edition_id=edition_id, now=now)
    household = session.get_one(Household, ids[0])
    _check_in_scope(session, actor, household, edition_id)
    _audit(session, actor, household, "household.create", (), now)
    return show_households(session, cipher, [household], edition_id=edition_id)[0]


def _check_keeper(actor: Actor) -> None:
    if not can_keep_ledger(actor):
        raise NotAllowed("Only the village, the town or the administrator keep ledgers")


def _check_in_scope(
    session: Session, actor: Actor, household: Household, edition_id: int
) -> None:
    """A household may not be added to, or moved into, somebody else's area."""
    session.flush()
    mine = service.visible_to(actor, edition_id=edition_id)
    if session.scalar(mine.where(Household.id == household.id)) is None:
        raise InvalidInput(
            "The point lies outside your areas",
            loc=("body", "location"),
            mend="Check the coordinates and the coordinate system they are given in",
        )


def _audit(
    session: Session,
    actor: Actor,
    household: Household,
    action: str,
    fields: Sequence[str],
    now: Now,
) -> None:
    record_audit(
        session,
        actor,
        action=action,
        subject_kind="household",
        subject_id=household.public_id,
        fields=fields,
        now=now,
    )


@router.get(
    "/households/{household_id}",
    summary="One household; `reveal=contact` is audited",
    responses=problem_responses(404),
)
def get_household(
    household_id: UUID,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
    reveal: Annotated[
        Literal["contact"] | None,
        Query(description="Name, phone, identity number and exact point."),
    ] = None,
) -> HouseholdOut:
    """For the village that keeps the ledger and for who cares for the household."""
    require_role(actor, *_READERS)
    edition_id = _edition_id(session, context, now)
    household = service.get_household(
        session, actor, household_id, edition_id=edition_id
    )
    shown = show_households(session, cipher, [household], edition_id=edition_id)[0]
    if reveal == "contact":
        is_own = household.id in actor.household_ids
        if not can_reveal_household(actor, in_own_zone=is_own):
            raise NotAllowed("Only the village and who cares for it need this contact")
        contact = service.read_contact(
            cipher, session.get(Contact, household.contact_id)
        )
        point = to_shape(household.geom)
        lon, lat = point.coords[0][:2]
        shown.contact = HouseholdContact(
            head_name=contact.name,
            phone=contact.phone,
            id_number=contact.id_number,
            lon=lon,
            lat=lat,
            lon_claimed=household.lon_claimed,
            lat_claimed=household.lat_claimed,
            crs_claimed=household.crs_claimed,
        )
        fields = ("head_name", "phone", "id_number", "point")
        _audit(session, actor, household, "household.read", fields, now)
    return shown


@router.patch(
    "/households/{household_id}",
    summary="Change a household",
    responses=problem_responses(404, 422),
)
def patch_household(
    household_id: UUID,
    body: HouseholdChange,
    actor: StaffActor,
    session: CurrentSession,
    cipher: CurrentCipher,
    context: CurrentContext,
    now: Now,
) -> HouseholdOut:
    """Absent fields stay. Another point ties it to the areas there."""
    require_role(actor, *_READERS)
    edition_id = _edition_id(session, context, now)
    household = service.get_household(
        session, actor, household_id, edition_id=edition_id
    )
    _check_keeper(actor)
    problems = find_contact_problems(
        phone=body.phone or "", id_number=body.id_number or "", loc=("body",)
    )
    if problems:
        raise InvalidInput(problems=problems)
    contact = session.get_one(Contact, household.contact_id)
    if body.head_name is not None:
        contact.name = cipher.encrypt(body.head_name)
    if body.phone is not None:
        contact.phone = cipher.encrypt(body.phone) if body.phone else None
    if body.id_number is not None:
        contact.id_number = cipher.encrypt(body.id_number) if body.id_number else None
    if body.address is not None:
        household.address = body.address
    if body.member_count is not None:
        household.member_count = body.member_count
    household.updated_at = now
    if body.location is not None:
        service.move_household(
            session,
            household,
            lon=body.location.lon,
            lat=body.location.lat,
            crs=body.location.crs.value,
            edition_id=edition_id,
            now=now,
        )
        _check_in_scope(session, actor, household, edition_id)
    changed = sorted(body.model_dump(exclude_unset=True))
    _audit(session, actor, household, "household.change", changed, now)
    session.flush()  # the reply is read from the rows as they will be
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
    require_role(actor, *_READERS)
    edition_id = _edition_id(session, context, now)
    household = service.get_household(
        session, actor, household_id, edition_id=edition_id
    )
    _check_keeper(actor)
    service.end_household(household, now=now)
    _audit(session, actor, household, "household.end", (), now)
    return Response(status_code=204)
