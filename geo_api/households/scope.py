"""The caller's reach over the ledger today, and the audit of what is done with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.dependencies import require_role
from geo_api.accounts.rules import Actor, Role
from geo_api.areas.service import current_edition
from geo_api.households.models import Household
from geo_api.http.context import Context

_READERS = (
    Role.ADMIN,
    Role.COUNTY_LEADER,
    Role.TOWN_LEADER,
    Role.VILLAGE_CADRE,
    Role.HANDLER,
)


def require_reader(actor: Actor) -> None:
    """Raise NotAllowed for who reads no households at all."""
    require_role(actor, *_READERS)


def edition_of_today(session: Session, context: Context, now: datetime) -> int:
    """The internal id of the edition in force."""
    day = now.astimezone(context.settings.place.tz).date()
    return current_edition(session, day=day).id


def audit(
    session: Session,
    actor: Actor,
    household: Household,
    action: str,
    fields: Sequence[str],
    now: datetime,
) -> None:
    """One row of the audit about a household."""
    record_audit(
        session,
        actor,
        action=action,
        subject_kind="household",
        subject_id=household.public_id,
        fields=fields,
        now=now,
    )
