"""Where: editions in force, areas by code, and the areas of a point."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import cache

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas import queries
from geo_api.areas.claims import Bounds
from geo_api.areas.models import Edition
from geo_api.areas.queries import (
    AreaView,
    areas_below,
    areas_by_id,
)
from geo_api.areas.rules import AreaType, Place
from geo_api.errors import NotFound, Unavailable


def current_edition(session: Session, *, day: date) -> Edition:
    """The edition in force on a day; Unavailable before the first import."""
    edition = queries.find_edition_at(session, day)
    if edition is None:
        raise Unavailable(
            "No boundaries are in force on %(day)s",
            mend="Run `minqing import boundaries FILE --commit`",
            day=day.isoformat(),
        )
    return edition


def bounds_in_force(
    session: Session, *, day: date
) -> tuple[float, float, float, float]:
    """West, south, east, north of the edition in force; NotFound if it is empty."""
    found = queries.bounds_of(session, current_edition(session, day=day).id)
    if found is None:
        raise NotFound("The edition in force has no shapes")
    return found


def bounds_when_asked(session: Session, edition_id: int) -> Bounds:
    """An edition's bounds, looked up at most once, and only where they are needed."""
    return cache(lambda: queries.bounds_of(session, edition_id))


def edition_by_id(session: Session, edition_id: int) -> Edition:
    """An edition by internal id."""
    return session.get_one(Edition, edition_id)


def get_area(
    session: Session,
    code: str,
    *,
    day: date,
    system: str | None = None,
    loc: tuple[str, ...] = ("path", "code"),
) -> AreaView:
    """An area by any of its codes, old ones included, as of a day.

    Raises NotFound, which says that the code at ``loc`` is nobody's.
    """
    edition = current_edition(session, day=day)
    found = queries.find_by_codes(
        session, [code], edition_id=edition.id, day=day, system=system
    )
    if code not in found:
        raise no_such_area(code, loc)
    return found[code]


def no_such_area(code: str, loc: tuple[str, ...]) -> NotFound:
    """What is said of a code that is nobody's, or not the caller's to ask about."""
    return NotFound(
        "There is no area with the code %(code)s",
        loc=loc,
        mend="Take a code from GET /api/areas; old codes are found, too",
        code=code[:40],
    )


def get_county(session: Session, *, edition_id: int) -> AreaView:
    """The county itself; Unavailable where the boundaries have none."""
    found = queries.find_county(session, edition_id=edition_id)
    if found is None:
        raise Unavailable(
            "The boundaries in force have no county",
            mend="Import boundaries with a [county] in their declaration",
        )
    return found


def place_of(session: Session, area_id: int, *, edition_id: int) -> Place:
    """An area with its ancestors."""
    return places_of_areas(session, [area_id], edition_id=edition_id)[area_id]


def places_of_areas(
    session: Session, area_ids: Collection[int], *, edition_id: int
) -> dict[int, Place]:
    """Areas of an edition with their ancestors: a statement for each level."""
    views: dict[int, AreaView] = {}
    wanted = set(area_ids)
    while wanted:
        found = areas_by_id(session, wanted, edition_id=edition_id)
        views |= found
        wanted = {v.parent_id for v in found.values() if v.parent_id} - views.keys()
    places = {}
    for area_id in area_ids:
        ids: dict[AreaType, int] = {}
        view = views.get(area_id)
        while view is not None:
            ids[view.type] = view.id
            view = views.get(view.parent_id or 0)
        places[area_id] = Place.of(ids)
    return places


def area_ids_of(session: Session, codes: Sequence[str], day: date) -> list[int]:
    """Internal ids of area codes; NotFound for an unknown one."""
    loc = ("body", "area_codes")
    return [get_area(session, code, day=day, loc=loc).id for code in codes]


def scope_areas(session: Session, actor: Actor, *, edition_id: int) -> set[int]:
    """The caller's areas with everything that lies in them."""
    if not actor.area_ids:
        return set()
    return areas_below(session, actor.area_ids, edition_id=edition_id)


def areas_within(session: Session, code: str, day: date) -> set[int]:
    """An area with everything that lies in it; NotFound for an unknown code."""
    area = get_area(session, code, day=day, loc=("query", "area"))
    edition = current_edition(session, day=day)
    return areas_below(session, [area.id], edition_id=edition.id)


def reaches(session: Session, actor: Actor, code: str, day: date) -> bool:
    """Whether an area lies in the caller's; NotFound for an unknown code."""
    area = get_area(session, code, day=day, loc=("query", "area"))
    edition = current_edition(session, day=day)
    return area.id in scope_areas(session, actor, edition_id=edition.id)
