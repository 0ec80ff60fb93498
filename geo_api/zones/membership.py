"""Which households stand in which zone's list: one list at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.db.arrays import among
from geo_api.db.validity import holds
from geo_api.errors import InvalidInput
from geo_api.households.models import Household
from geo_api.households.queries import places_of
from geo_api.zones.models import ResponsibilityZone, ZoneHousehold


def set_zone_households(
    session: Session, members: Collection[tuple[int, int]], *, day: date
) -> None:
    """Put households (zone id, household id) into zones from ``day`` on.

    A household leaves the zone it was in: it stands in one list at a time.
    """
    if not members:
        return
    wanted = {household_id: zone_id for zone_id, household_id in members}
    # Locked, so that two lists that claim a household at once come one after the other.
    session.execute(
        select(Household.id)
        .where(among(Household.id, wanted))
        .order_by(Household.id)
        .with_for_update(key_share=True)
    )
    present = {
        household_id: (zone_id, valid_from)
        for zone_id, household_id, valid_from in session.execute(
            select(
                ZoneHousehold.zone_id,
                ZoneHousehold.household_id,
                ZoneHousehold.valid_from,
            ).where(
                among(ZoneHousehold.household_id, wanted), holds(ZoneHousehold, day)
            )
        )
    }
    moving = [h for h, (zone_id, _) in present.items() if zone_id != wanted[h]]
    end_memberships(session, moving, day=day)
    fresh = [
        {"zone_id": zone_id, "household_id": household_id, "valid_from": day}
        for household_id, zone_id in wanted.items()
        if present.get(household_id, (None,))[0] != zone_id
    ]
    if fresh:
        statement = upsert(ZoneHousehold)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["zone_id", "household_id", "valid_from"],
                set_={"valid_to": None},
            ),
            fresh,
        )


def end_memberships(
    session: Session, household_ids: Collection[int], *, day: date
) -> None:
    """Take households out of their zones from ``day`` on."""
    if not household_ids:
        return
    member = ZoneHousehold
    here = among(member.household_id, household_ids) & holds(member, day)
    # One that began today was in force on no day: it is no history, and could not end.
    session.execute(delete(member).where(here, member.valid_from == day))
    session.execute(update(member).where(here).values(valid_to=day))


def add_members(
    session: Session,
    zone: ResponsibilityZone,
    household_ids: Sequence[int],
    *,
    edition_id: int,
    day: date,
) -> None:
    """Put households into the zone's list; all must lie in its area."""
    _refuse_strangers(session, zone, household_ids, edition_id=edition_id)
    set_zone_households(session, [(zone.id, id_) for id_ in household_ids], day=day)


def replace_members(
    session: Session,
    zone: ResponsibilityZone,
    household_ids: Sequence[int],
    *,
    edition_id: int,
    day: date,
) -> None:
    """Make the given households the zone's list; all must lie in its area."""
    add_members(session, zone, household_ids, edition_id=edition_id, day=day)
    present = session.scalars(
        select(ZoneHousehold.household_id).where(
            ZoneHousehold.zone_id == zone.id, holds(ZoneHousehold, day)
        )
    ).all()
    end_memberships(session, sorted(set(present) - set(household_ids)), day=day)


def _refuse_strangers(
    session: Session,
    zone: ResponsibilityZone,
    household_ids: Sequence[int],
    *,
    edition_id: int,
) -> None:
    places = places_of(session, household_ids, edition_id=edition_id)
    strangers = [
        id_
        for id_ in household_ids
        if (place := places.get(id_)) is None
        or zone.area_id not in (place.group_id, place.village_id, place.town_id)
    ]
    if strangers:
        raise InvalidInput(
            "%(count)s of the households lie outside the zone's area",
            loc=("body", "household_ids"),
            mend="A zone never crosses the line of its area",
            count=len(strangers),
        )
