"""What was said beside a place and says something else: noted, never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from geo_api.areas.queries import AreaView, find_by_codes
from geo_api.dispatch.rules import Basis, Location, PlaceNote, ResolvedPlace
from geo_api.errors import DomainError

Resolved = ResolvedPlace | DomainError

_OUTSIDE = {
    Basis.POINT: "The point lies outside %(area)s, which stands beside it; "
    "the point was taken",
    Basis.HOUSEHOLD: "The household lies outside %(area)s, which stands beside it; "
    "the household was taken",
}
_NO_AREA = "There is no area %(area)s, which stands beside the place; it was not needed"
_UNUSED_POINT = "A point stands beside the household; the household was taken"


def note_contradictions(
    session: Session,
    locations: Sequence[Location],
    found: Sequence[Resolved],
    *,
    edition_id: int,
    day: date,
) -> list[Resolved]:
    """Places with a note on what was not taken of each location."""
    codes = {
        location.area_code
        for location, resolved in zip(locations, found, strict=True)
        if location.area_code is not None and _is_beside(resolved)
    }
    areas = (
        find_by_codes(session, codes, edition_id=edition_id, day=day) if codes else {}
    )
    noted: list[Resolved] = []
    for location, resolved in zip(locations, found, strict=True):
        notes: list[PlaceNote] = []
        if isinstance(resolved, ResolvedPlace) and _is_beside(resolved):
            if resolved.basis is Basis.HOUSEHOLD and location.lon is not None:
                notes.append(PlaceNote(_UNUSED_POINT, {}))
            code = location.area_code
            if code is not None:
                notes += _find_outside(resolved, code, areas.get(code))
        if isinstance(resolved, ResolvedPlace) and notes:
            noted.append(replace(resolved, notes=tuple(notes)))
        else:
            noted.append(resolved)
    return noted


def _is_beside(resolved: Resolved) -> bool:
    """Whether an area code was not what the place was found by."""
    return isinstance(resolved, ResolvedPlace) and resolved.basis in _OUTSIDE


def _find_outside(
    resolved: ResolvedPlace, code: str, area: AreaView | None
) -> list[PlaceNote]:
    if area is None:
        return [PlaceNote(_NO_AREA, {"area": code[:40]})]
    place = resolved.place
    if area.id in (place.county_id, place.town_id, place.village_id, place.group_id):
        return []
    said = {"area": f"{area.name} ({area.code})"}
    return [PlaceNote(_OUTSIDE[resolved.basis], said)]
