"""What an account's own duties reach, and how ``/api/me`` tells it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, DutyScope
from geo_api.areas.service import current_edition
from geo_api.duties import queries


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
    told = queries.described_scope(
        session, actor.area_ids, person_id=actor.person_id, day=day
    )
    if not told["edition"]:
        current_edition(session, day=day)  # says what is missing
    return {
        "areas": [
            {"code": area.code, "name": area.name, "type": area.kind}
            for area in sorted(told["area"], key=lambda area: area.code)
        ],
        "duties": [
            {
                "kind": duty.kind,
                "place": {"code": duty.code, "name": duty.name} if duty.code else None,
            }
            for duty in sorted(told["duty"], key=lambda duty: (duty.kind, duty.id))
        ],
        "person_id": next((row.public_id for row in told["person"]), None),
    }
