"""The ledger of households; where each lies is derived, what is private is apart."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, Role
from geo_api.errors import NotFound
from geo_api.households.contacts import (
    contact_row,
    contact_state,
    erase_contacts,
    read_contact,
    store_contact,
    store_contacts,
)
from geo_api.households.keeping import (
    add_household,
    add_many,
    change_household,
    end_household,
)
from geo_api.households.models import Household
from geo_api.households.placing import move_household, place_households
from geo_api.households.queries import contacts_by_id, places_of, visible_to

__all__ = [
    "add_household",
    "add_many",
    "change_household",
    "contact_row",
    "contact_state",
    "contacts_by_id",
    "end_household",
    "erase_contacts",
    "get_household",
    "ids_in_own_areas",
    "lies_in_own_areas",
    "move_household",
    "place_households",
    "places_of",
    "read_contact",
    "state_of",
    "store_contact",
    "store_contacts",
    "visible_to",
]


def get_household(
    session: Session, actor: Actor, public_id: UUID, *, edition_id: int
) -> Household:
    """A household in the caller's scope; NotFound for every other."""
    household = session.scalar(
        visible_to(actor, edition_id=edition_id).where(Household.public_id == public_id)
    )
    if household is None:
        raise NotFound("There is no such household", loc=("path", "id"))
    return household


def state_of(session: Session, household: Household) -> tuple[object, ...]:
    """All that a change of the household may change."""
    return (
        household.address,
        household.member_count,
        household.lon_claimed,
        household.lat_claimed,
        household.crs_claimed,
        household.ended_at,
        contact_state(session, household.contact_id),
    )


def lies_in_own_areas(
    session: Session, actor: Actor, household: Household, *, edition_id: int
) -> bool:
    """Whether a household lies in the caller's areas; in all of an administrator's."""
    mine = ids_in_own_areas(session, actor, [household.id], edition_id=edition_id)
    return household.id in mine


def ids_in_own_areas(
    session: Session, actor: Actor, ids: Collection[int], *, edition_id: int
) -> set[int]:
    """Which households, ended ones included, lie in the caller's areas."""
    if actor.role is Role.ADMIN:
        return set(ids)
    places = places_of(session, list(ids), edition_id=edition_id)
    return {
        id_
        for id_, place in places.items()
        if actor.area_ids
        & {place.county_id, place.town_id, place.village_id, place.group_id}
    }
