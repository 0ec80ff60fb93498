"""Households in scope; set-based statements are in households.sql."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, false, or_, select, true
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.queries import in_areas
from geo_api.db.arrays import among
from geo_api.db.statements import read_statements
from geo_api.errors import NotFound
from geo_api.households.models import Contact, Household, HouseholdPlace

SQL = read_statements(__package__, "households.sql")


def visible_to(actor: Actor, *, edition_id: int) -> Select[Household]:
    """Households that the caller may see, joined with their place in an edition."""
    wanted = (
        select(Household)
        .join(
            HouseholdPlace,
            (HouseholdPlace.household_id == Household.id)
            & (HouseholdPlace.edition_id == edition_id),
        )
        .where(Household.ended_at.is_(None))
    )
    if not actor.is_staff or actor.role is Role.AUDITOR:
        return wanted.where(false())
    if actor.role is Role.ADMIN:
        return wanted.where(true())
    return wanted.where(
        or_(
            in_areas(
                actor.area_ids,
                county=HouseholdPlace.county_id,
                town=HouseholdPlace.town_id,
                village=HouseholdPlace.village_id,
                group=HouseholdPlace.group_id,
            ),
            Household.id.in_(actor.household_ids),
        )
    )


def places_of(
    session: Session, household_ids: Sequence[int], *, edition_id: int
) -> dict[int, HouseholdPlace]:
    """Places of households in an edition, by household."""
    rows = session.scalars(
        select(HouseholdPlace).where(
            HouseholdPlace.edition_id == edition_id,
            among(HouseholdPlace.household_id, household_ids),
        )
    )
    return {row.household_id: row for row in rows}


def contacts_by_id(session: Session, ids: Sequence[int]) -> dict[int, Contact]:
    """Contacts by internal id."""
    rows = session.scalars(select(Contact).where(among(Contact.id, ids)))
    return {row.id: row for row in rows}


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
