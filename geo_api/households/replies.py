"""From rows of the ledger to what a caller may see."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from geo_api.accounts.rules import mask_name
from geo_api.areas.queries import areas_by_id, label_points
from geo_api.areas.schemas import AreaRef
from geo_api.db.cipher import Cipher
from geo_api.households import contacts as households_contacts
from geo_api.households import queries
from geo_api.households.models import Household
from geo_api.households.schemas import HouseholdOut


def show_households(
    session: Session,
    cipher: Cipher,
    rows: Sequence[Household],
    *,
    edition_id: int,
) -> list[HouseholdOut]:
    """Masked: surname and star, and the label point of the narrowest area."""
    places = queries.places_of(session, [h.id for h in rows], edition_id=edition_id)
    ids = {
        id_
        for p in places.values()
        for id_ in (p.county_id, p.town_id, p.village_id, p.group_id)
        if id_ is not None
    }
    areas = areas_by_id(session, ids, edition_id=edition_id)
    labels = label_points(session, ids, edition_id=edition_id)
    contacts = queries.contacts_by_id(session, [h.contact_id for h in rows])
    shown = []
    for household in rows:
        place = places.get(household.id)
        chain = (
            (place.county_id, place.town_id, place.village_id, place.group_id)
            if place
            else ()
        )
        known = [areas[id_] for id_ in chain if id_ is not None and id_ in areas]
        name = households_contacts.read_contact(
            cipher, contacts.get(household.contact_id)
        ).name
        shown.append(
            HouseholdOut(
                id=household.public_id,
                code=household.code,
                head_name=mask_name(name),
                address=household.address,
                member_count=household.member_count,
                areas=[
                    AreaRef(code=a.code, name=a.name, type=a.type.value) for a in known
                ],
                location=labels.get(known[-1].id) if known else None,
            )
        )
    return shown
