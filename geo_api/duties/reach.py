"""What an account's own duties reach, and how ``/api/me`` tells it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, DutyScope
from geo_api.areas.queries import areas_by_id
from geo_api.areas.service import current_edition
from geo_api.db.validity import holds
from geo_api.duties import queries
from geo_api.duties.models import Duty
from geo_api.people.models import Person
from geo_api.zones.models import ResponsibilityZone


def duty_scope(session: Session, account_id: int, day: date) -> DutyScope:
    """What an account's own duties reach on a day."""
    row = queries.duty_scope(session, account_id, day)
    return DutyScope(
        person_id=row.person_id,
        area_ids=frozenset(row.area_ids or ()),
        zone_ids=frozenset(row.zone_ids or ()),
        household_ids=frozenset(row.household_ids or ()),
    )


def describe_scope(session: Session, actor: Actor, day: date) -> dict[str, Any]:
    """Areas, person and own duties of a caller, for ``/api/me``."""
    edition = current_edition(session, day=day)
    areas = areas_by_id(session, actor.area_ids, edition_id=edition.id)
    duties: list[dict[str, Any]] = []
    person_id = None
    if actor.person_id is not None:
        person_id = session.get_one(Person, actor.person_id).public_id
        zone_names = select(
            ResponsibilityZone.id, ResponsibilityZone.code, ResponsibilityZone.name
        )
        zones = {
            row.id: row
            for row in session.execute(
                zone_names.where(ResponsibilityZone.id.in_(actor.zone_ids))
            )
        }
        own = session.scalars(
            select(Duty)
            .where(Duty.person_id == actor.person_id, holds(Duty, day))
            .order_by(Duty.kind, Duty.id)
        )
        for duty in own:
            place = zones.get(duty.zone_id or 0) or areas.get(duty.area_id or 0)
            duties.append(
                {
                    "kind": duty.kind,
                    "place": {"code": place.code, "name": place.name}
                    if place is not None
                    else None,
                }
            )
    return {
        "areas": [
            {"code": a.code, "name": a.name, "type": str(a.type)}
            for a in sorted(areas.values(), key=lambda a: a.code)
        ],
        "duties": duties,
        "person_id": person_id,
    }
