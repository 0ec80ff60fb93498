"""The ledger of households; every list is masked."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from geoalchemy2.shape import to_shape
from sqlalchemy import or_

from geo_api.accounts.dependencies import StaffActor
from geo_api.areas.queries import in_areas
from geo_api.areas.service import get_area
from geo_api.errors import NotAllowed
from geo_api.households import contacts, ledger, ledger_routes, queries
from geo_api.households.models import Contact, Household, HouseholdPlace
from geo_api.households.replies import show_households
from geo_api.households.rules import can_reveal_household
from geo_api.households.schemas import HouseholdContact, HouseholdOut
from geo_api.households.scope import audit, edition_of_today, require_reader
from geo_api.http.context import CurrentCipher, CurrentContext, CurrentSession, Now
from geo_api.http.paging import Cursor, Limit, Page, make_cursor, read_cursor
from geo_api.http.problems import problem_responses
from geo_api.http.versions import ShownVersion

router = APIRouter(
    prefix="/api", tags=["households"], responses=problem_responses(401, 403)
)
router.include_router(ledger_routes.router)


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
    require_reader(actor)
    edition_id = edition_of_today(session, context, now)
    filters = {"area": area, "q": q}
    position = read_cursor(cursor, filters, (str,))
    wanted = queries.visible_to(actor, edition_id=edition_id)
    if area is not None:
        day = now.astimezone(context.settings.place.tz).date()
        wanted = wanted.where(
            in_areas(
                [get_area(session, area, day=day, loc=("query", "area")).id],
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
    version: ShownVersion,
    reveal: Annotated[
        Literal["contact"] | None,
        Query(description="Name, phone, identity number and exact point."),
    ] = None,
) -> HouseholdOut:
    """For the village that keeps the ledger and for who cares for the household."""
    require_reader(actor)
    edition_id = edition_of_today(session, context, now)
    household = queries.get_household(
        session, actor, household_id, edition_id=edition_id
    )
    version.show(ledger.state_of(session, household))
    shown = show_households(session, cipher, [household], edition_id=edition_id)[0]
    if reveal == "contact":
        is_own = household.id in actor.household_ids
        if not can_reveal_household(actor, in_own_zone=is_own):
            raise NotAllowed("Only the village and who cares for it need this contact")
        contact = contacts.read_contact(
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
        audit(session, actor, household, "household.read", fields, now)
    return shown
