"""What would stand on no area of an edition: households, duties, zones, access.

An area that an edition leaves out takes with it whoever answers for it and whoever may
see it; nobody is told on the day. So it is counted before, and again by the doctor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from geo_api.accounts.models import (
    Account,
    AccountArea,
    PortalKey,
    PortalKeyArea,
    ServerKey,
    ServerKeyArea,
)
from geo_api.areas.models import EditionArea
from geo_api.duties.models import Duty
from geo_api.households.models import Household, HouseholdPlace
from geo_api.zones.models import ResponsibilityZone

_NAMES = 5


@dataclass(frozen=True)
class LooseEnd:
    """So many things of a kind that stand on nothing, and how to mend it."""

    msg: str
    mend: str
    # How many, from which day, and some of the areas that they stood on.
    params: Mapping[str, Any]


_HOUSEHOLDS = (
    "Households without a place in the boundaries of %(day)s: %(count)s",
    "Import the same file for the same day once more: that places every household",
)
_ON_AREAS = {
    "duties": (
        "Duties on areas that the boundaries of %(day)s no longer have: "
        "%(count)s (%(names)s)",
        "`minqing editions effect` tells which pass to the areas that take over; "
        "give the others anew",
    ),
    "zones": (
        "Zones in areas that the boundaries of %(day)s no longer have: "
        "%(count)s (%(names)s)",
        "`minqing editions effect` tells which go with their households; "
        "draw the others anew",
    ),
    "accounts": (
        "Accounts for areas that the boundaries of %(day)s no longer have: "
        "%(count)s (%(names)s)",
        "Give them the areas that take over",
    ),
    "keys": (
        "Keys for areas that the boundaries of %(day)s no longer have: "
        "%(count)s (%(names)s)",
        "Give the portals new keys for the areas that take over",
    ),
    "server keys": (
        "Server keys for areas that the boundaries of %(day)s no longer have: "
        "%(count)s (%(names)s)",
        "Give the other systems new keys for the areas that take over",
    ),
}


def find_loose_ends(
    session: Session, *, edition_id: int, day: date
) -> Iterator[LooseEnd]:
    """What stands on no area of an edition that is in force on ``day`` or from then."""
    placed = select(HouseholdPlace.household_id).where(
        HouseholdPlace.edition_id == edition_id,
        HouseholdPlace.household_id == Household.id,
    )
    untied = session.scalar(
        select(func.count()).where(Household.ended_at.is_(None), ~placed.exists())
    )
    if untied:
        yield LooseEnd(*_HOUSEHOLDS, {"count": untied, "day": day.isoformat()})
    for kind, (owners, area_id) in _owners(day).items():
        gone = owners.where(_is_gone(area_id, edition_id)).subquery()
        count = session.scalar(select(func.count(gone.c.id.distinct())))
        if count:
            names = session.scalars(
                select(func.max(EditionArea.name))
                .where(EditionArea.area_id.in_(select(gone.c.area_id)))
                .group_by(EditionArea.area_id)
                .order_by(EditionArea.area_id)
                .limit(_NAMES)
            )
            shown = {"count": count, "day": day.isoformat(), "names": "、".join(names)}
            yield LooseEnd(*_ON_AREAS[kind], shown)


def _owners(
    day: date,
) -> dict[str, tuple[Select[Any, Any], InstrumentedAttribute[Any]]]:
    """By kind: what is still open on a day, with the area it stands on."""
    duty, zone = Duty, ResponsibilityZone
    return {
        "duties": (
            select(duty.id, duty.area_id).where(_is_open(duty.valid_to, day)),
            duty.area_id,
        ),
        "zones": (
            select(zone.id, zone.area_id).where(_is_open(zone.valid_to, day)),
            zone.area_id,
        ),
        "accounts": (
            select(Account.id, AccountArea.area_id)
            .join(AccountArea, AccountArea.account_id == Account.id)
            .where(Account.ended_at.is_(None)),
            AccountArea.area_id,
        ),
        "keys": (
            select(PortalKey.id, PortalKeyArea.area_id)
            .join(PortalKeyArea, PortalKeyArea.portal_key_id == PortalKey.id)
            .where(PortalKey.revoked_at.is_(None)),
            PortalKeyArea.area_id,
        ),
        "server keys": (
            select(ServerKey.id, ServerKeyArea.area_id)
            .join(ServerKeyArea, ServerKeyArea.server_key_id == ServerKey.id)
            .where(ServerKey.revoked_at.is_(None)),
            ServerKeyArea.area_id,
        ),
    }


def _is_open(
    valid_to: InstrumentedAttribute[date | None], day: date
) -> ColumnElement[bool]:
    return or_(valid_to.is_(None), valid_to > day)


def _is_gone(
    area_id: InstrumentedAttribute[Any], edition_id: int
) -> ColumnElement[bool]:
    kept = select(EditionArea.area_id).where(
        EditionArea.edition_id == edition_id, EditionArea.area_id == area_id
    )
    return area_id.is_not(None) & ~kept.exists()
