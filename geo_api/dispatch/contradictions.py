"""What was said beside a place and says something else: noted, never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from geo_api.areas.queries import AreaView
from geo_api.areas.service import get_area
from geo_api.dispatch.rules import Basis, Location, PlaceNote, ResolvedPlace
from geo_api.errors import DomainError, NotFound

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
    day: date,
) -> list[Resolved]:
    """Places with a note on what was not taken of each location."""
    areas: dict[str, AreaView | None] = {}
    noted: list[Resolved] = []
    for location, resolved in zip(locations, found, strict=True):
        notes: list[PlaceNote] = []
        if isinstance(resolved, ResolvedPlace) and resolved.basis in _OUTSIDE:
            if resolved.basis is Basis.HOUSEHOLD and location.lon is not None:
                notes.append(PlaceNote(_UNUSED_POINT, {}))
            code = location.area_code
            if code is not None:
                if code not in areas:
                    areas[code] = _find_area(session, code, day=day)
                notes += _find_outside(resolved, code, areas[code])
        if isinstance(resolved, ResolvedPlace) and notes:
            noted.append(replace(resolved, notes=tuple(notes)))
        else:
            noted.append(resolved)
    return noted


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


def _find_area(session: Session, code: str, *, day: date) -> AreaView | None:
    try:
        return get_area(session, code, day=day)
    except NotFound:
        return None
