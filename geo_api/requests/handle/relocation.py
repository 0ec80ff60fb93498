"""Where open requests lie once other boundaries are in force, and who holds them then.

Who still answers where a request lies keeps it; the others' goes on to whom dispatch
names there. The decisions before keep saying where it lay.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from geo_api.accounts.rules import Actor
from geo_api.areas.rules import Place
from geo_api.db.arrays import among
from geo_api.dispatch.rules import Basis, ResolvedPlace
from geo_api.duties.models import Duty
from geo_api.people.models import Person
from geo_api.requests.handle.succession import act_and_record
from geo_api.requests.models import ServiceRequest
from geo_api.requests.outcomes import Act, Said
from geo_api.requests.rules import HandOnReason, Status, Verb
from geo_api.requests.whereabouts import listed_points, position_columns
from geo_api.settings import Settings

# Requests that are handed on by the same statements.
_AT_ONCE = 200


@dataclass(frozen=True)
class NewPlace:
    """Where a request lies in the edition that takes effect."""

    place: Place
    zone_id: int | None


@dataclass(frozen=True)
class Relocated:
    """How many lie elsewhere now, and how many somebody else holds."""

    moved: int = 0
    handed_on: int = 0

    def __add__(self, other: Relocated) -> Relocated:
        return Relocated(self.moved + other.moved, self.handed_on + other.handed_on)


def lock_left_behind(session: Session, *, edition_id: int) -> Sequence[ServiceRequest]:
    """Lock the open requests that lie in another edition than this one."""
    return session.scalars(
        select(ServiceRequest)
        .where(
            ServiceRequest.status == Status.OPEN.value,
            ServiceRequest.edition_id != edition_id,
        )
        # In one order by all: two of them wait for each other, and none for ever.
        .order_by(ServiceRequest.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def relocate(
    session: Session,
    requests: Sequence[ServiceRequest],
    places: Mapping[int, NewPlace],
    *,
    edition_id: int,
    passed: Mapping[int, int],
    ending: Collection[int],
    actor: Actor,
    now: datetime,
    settings: Settings,
) -> Relocated:
    """Give locked requests their new places, and hand on whose holder is no answer.

    ``passed`` are duties that another takes the place of, ``ending`` those that end.
    """
    moved = {r.id for r in requests if _has_moved(r, places[r.id])}
    _write(session, requests, places, moved, edition_id=edition_id, now=now)
    _hold_by(session, requests, passed)
    duties = _duties_of(session, requests)
    stranded = [
        request
        for request in requests
        if (duty := duties.get(request.handler_duty_id or 0)) is not None
        and (duty.id in ending or (request.id in moved and not _covers(duty, request)))
    ]
    for start in range(0, len(stranded), _AT_ONCE):
        batch = stranded[start : start + _AT_ONCE]
        _hand_on(session, batch, actor=actor, now=now, settings=settings)
    return Relocated(len(moved), len(stranded))


def _has_moved(request: ServiceRequest, new: NewPlace) -> bool:
    return (request.place, request.zone_id) != (new.place, new.zone_id)


def _write(
    session: Session,
    requests: Sequence[ServiceRequest],
    places: Mapping[int, NewPlace],
    moved: Collection[int],
    *,
    edition_id: int,
    now: datetime,
) -> None:
    staying = [r.id for r in requests if r.id not in moved]
    session.execute(
        update(ServiceRequest)
        .where(among(ServiceRequest.id, staying))
        .values(edition_id=edition_id),
        execution_options={"synchronize_session": False},
    )
    rows = [
        {
            "id": request.id,
            "edition_id": edition_id,
            "county_id": new.place.county_id,
            "town_id": new.place.town_id,
            "village_id": new.place.village_id,
            "group_id": new.place.group_id,
            "zone_id": new.zone_id,
            "updated_at": now,
        }
        for request in requests
        if request.id in moved
        for new in (places[request.id],)
    ]
    if rows:
        session.execute(update(ServiceRequest), rows)
    for request in requests:
        set_committed_value(request, "edition_id", edition_id)
    by_id = {row["id"]: row for row in rows}
    for request in requests:
        for name, value in by_id.get(request.id, {}).items():
            set_committed_value(request, name, value)
    # Lists tell of a household the label of its area, which has moved or another shape.
    at_home = [r for r in requests if r.household_id is not None and r.geom is not None]
    listed = listed_points(session, [_listed(request) for request in at_home])
    columns = [
        {
            "id": request.id,
            "listed_point": where["listed_point"],
            "listed_cell": where["listed_cell"],
        }
        for request, point in zip(at_home, listed, strict=True)
        for where in (position_columns(_listed(request), point),)
    ]
    if columns:
        session.execute(update(ServiceRequest), columns)


def _listed(request: ServiceRequest) -> ResolvedPlace:
    return ResolvedPlace(
        Basis.HOUSEHOLD,
        request.place,
        request.edition_id,
        household_id=request.household_id,
    )


def _hold_by(
    session: Session, requests: Sequence[ServiceRequest], passed: Mapping[int, int]
) -> None:
    """Whose duty has passed to another area holds by it there."""
    rows = [
        {"id": request.id, "handler_duty_id": duty_id}
        for request in requests
        if (duty_id := passed.get(request.handler_duty_id or 0)) is not None
    ]
    if rows:
        session.execute(update(ServiceRequest), rows)
    by_id = {row["id"]: row["handler_duty_id"] for row in rows}
    for request in requests:
        if request.id in by_id:
            set_committed_value(request, "handler_duty_id", by_id[request.id])


def _duties_of(session: Session, requests: Sequence[ServiceRequest]) -> dict[int, Duty]:
    ids = {r.handler_duty_id for r in requests if r.handler_duty_id is not None}
    return {d.id: d for d in session.scalars(select(Duty).where(among(Duty.id, ids)))}


def _covers(duty: Duty, request: ServiceRequest) -> bool:
    """Whether who holds a duty answers where the request lies."""
    if duty.area_id is not None:
        return duty.area_id in request.place.ids
    if duty.zone_id is not None:
        return duty.zone_id == request.zone_id
    return duty.household_id == request.household_id


def _hand_on(
    session: Session,
    requests: Sequence[ServiceRequest],
    *,
    actor: Actor,
    now: datetime,
    settings: Settings,
) -> None:
    wanted = {request.handler_id for request in requests}
    holders = {
        row.id: row.public_id
        for row in session.execute(
            select(Person.id, Person.public_id).where(among(Person.id, wanted))
        )
    }
    reason = HandOnReason.BOUNDARIES_CHANGED.value
    acts = [
        (
            request,
            Act(
                Verb.HAND_ON,
                actor,
                now,
                Said(reason=reason, person_id=holders[request.handler_id]),
            ),
        )
        for request in requests
    ]
    act_and_record(session, actor, acts, now=now, settings=settings)
