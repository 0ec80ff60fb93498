"""Gives people their duties, and ends people: only what the caller may give or end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from geo_api.duties import ledger
from geo_api.duties.authority import require_may_end
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.models import Duty
from geo_api.duties.rules import PLACES_OF_DUTY, PlaceKind, can_give_duty
from geo_api.duties.schemas import DutyTerms
from geo_api.errors import InvalidInput, NotAllowed, NotFound, Words
from geo_api.households.queries import get_household
from geo_api.people.models import Person
from geo_api.zones.scope import Scope, audit, get_area_in_scope, get_zone_in_scope

Loc = tuple[str, ...]


def give_duty(
    session: Session,
    scope: Scope,
    person: Person,
    terms: DutyTerms,
    *,
    now: datetime,
    loc: Loc = ("body",),
) -> Duty:
    """A duty for one area, zone or household in the caller's areas; audited.

    ``loc`` is where the terms stand in what was sent.
    """
    if not can_give_duty(scope.actor.role, terms.kind):
        raise NotAllowed("This role may not give this duty", loc=(*loc, "kind"))
    place = _place_of(session, scope, terms, loc)
    if place.kind not in PLACES_OF_DUTY[terms.kind]:
        raise InvalidInput(
            "This duty is not held for a %(kind)s",
            loc=(*loc, "kind"),
            mend="Choose a place of another kind",
            kind=Words(place.kind.value),
        )
    draft = DutyDraft(
        person.id, terms.kind, terms.valid_from, terms.valid_to, **place.ids
    )
    duty = ledger.add_duty(session, draft)
    audit(session, scope.actor, "duty.create", "duty", duty.public_id, (), now)
    return duty


@dataclass(frozen=True)
class _Place:
    """What a duty is for, and its internal id by column."""

    kind: PlaceKind
    ids: dict[str, int]


def _place_of(session: Session, scope: Scope, terms: DutyTerms, loc: Loc) -> _Place:
    if terms.area_code is not None:
        area = get_area_in_scope(
            session, scope, terms.area_code, loc=(*loc, "area_code")
        )
        return _Place(PlaceKind(area.type.value), {"area_id": area.id})
    if terms.zone_id is not None:
        zone = get_zone_in_scope(session, scope, terms.zone_id, loc=(*loc, "zone_id"))
        if not scope.covers(zone.area_id):
            raise NotFound("There is no such zone", loc=(*loc, "zone_id"))
        return _Place(PlaceKind.ZONE, {"zone_id": zone.id})
    assert terms.household_id is not None  # noqa: S101  the schema says exactly one
    # Whoever cares for a household elsewhere sees it; to give it away is not theirs.
    by_areas = replace(scope.actor, zone_ids=frozenset(), household_ids=frozenset())
    household = get_household(
        session, by_areas, terms.household_id, edition_id=scope.edition_id
    )
    return _Place(PlaceKind.HOUSEHOLD, {"household_id": household.id})


def end_person(
    session: Session, scope: Scope, person: Person, *, now: datetime
) -> None:
    """End a person with all duties, which must all be the caller's to end."""
    require_may_end(session, scope, person)
    ledger.end_person(session, person, day=scope.day, now=now)
