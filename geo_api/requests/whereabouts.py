"""Where a request lies, for this caller: to the door, or to the group.

A household's door is for who handles the request and for the cadre who keeps the
ledger. Everybody else in scope is told the label of the narrowest area, and nothing
they ask may tell them more: lists, boxes, tiles and files all take the place from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import BigInteger, ColumnElement, and_, case, func, not_, or_
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.queries import label_points
from geo_api.dispatch.rules import ResolvedPlace
from geo_api.households.rules import can_know_door
from geo_api.ogc.rules import cell_of
from geo_api.requests.models import ServiceRequest

# First and last cell number, both included.
Ranges = Sequence[tuple[int, int]]


def can_be_told_door(actor: Actor, request: ServiceRequest, *, in_full: bool) -> bool:
    """Whether a reply may name the door; a household's only where that is audited."""
    if request.household_id is None:
        return True
    is_own = actor.person_id is not None and actor.person_id == request.handler_id
    return in_full and can_know_door(actor, is_own=is_own)


def point_told_to(
    actor: Actor, request: ServiceRequest, *, in_full: bool
) -> tuple[float, float] | None:
    """Lon and lat of a request, where its reply may name them."""
    if request.geom is None or not can_be_told_door(actor, request, in_full=in_full):
        return None
    lon, lat = shapely.get_coordinates(to_shape(request.geom))[0].tolist()
    return lon, lat


def is_in_box(bbox: tuple[float, float, float, float]) -> ColumnElement[bool]:
    """Whether a request lies in a box, as far as lists tell.

    No list names a door, so that boxes narrowed again and again find none either.
    """
    box = func.ST_MakeEnvelope(*bbox, 4326)
    found: ColumnElement[bool] = ServiceRequest.listed_point.op("&&")(box)
    return found


def is_in_cells(actor: Actor, ranges: Ranges) -> ColumnElement[bool]:
    """Whether the cell in which ``actor`` may place a request is in the ranges."""
    exact, listed = (
        or_(*(column.between(low, high) for low, high in ranges))
        for column in (ServiceRequest.cell, ServiceRequest.listed_cell)
    )
    if can_know_door(actor, is_own=False):
        return exact
    if actor.person_id is None:
        return listed
    # Two arms, each with its index; a CASE would have none.
    is_own = _is_own(actor)
    return or_(and_(is_own, exact), and_(not_(is_own), listed))


def cell_for(actor: Actor) -> ColumnElement[int | None]:
    """The cell in which ``actor`` may place a request; none without a point."""
    exact, listed = ServiceRequest.cell, ServiceRequest.listed_cell
    if can_know_door(actor, is_own=False):
        return exact.expression
    if actor.person_id is None:
        return listed.expression
    return case((_is_own(actor), exact), else_=listed).cast(BigInteger)


def _is_own(actor: Actor) -> ColumnElement[bool]:
    return ServiceRequest.handler_id == actor.person_id


def listed_points(
    session: Session, places: Sequence[ResolvedPlace]
) -> list[tuple[float, float] | None]:
    """Where lists put each place: the point, or of a household its area's label."""
    asked: dict[int, set[int]] = defaultdict(set)
    for place in places:
        if place.household_id is not None:
            asked[place.edition_id].add(place.place.narrowest)
    labels = {
        edition_id: label_points(session, ids, edition_id=edition_id)
        for edition_id, ids in asked.items()
    }
    return [
        (None if place.lon is None or place.lat is None else (place.lon, place.lat))
        if place.household_id is None
        else labels[place.edition_id][place.place.narrowest]
        for place in places
    ]


def position_columns(
    place: ResolvedPlace, listed: tuple[float, float] | None
) -> dict[str, object]:
    """The columns of a new request that say where it lies, exactly and in lists."""
    exact = None if place.lon is None or place.lat is None else (place.lon, place.lat)
    return {
        "geom": _ewkt(exact),
        "cell": cell_of(*exact) if exact else None,
        "listed_point": _ewkt(listed),
        "listed_cell": cell_of(*listed) if listed else None,
    }


def _ewkt(point: tuple[float, float] | None) -> str | None:
    return f"SRID=4326;POINT({point[0]!r} {point[1]!r})" if point else None
