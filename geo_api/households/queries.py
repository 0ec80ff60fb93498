"""Households in scope; set-based statements are in households.sql."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, false, or_, select, true
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, Role
from geo_api.areas.service import in_areas
from geo_api.db.arrays import among
from geo_api.db.statements import read_statements
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
