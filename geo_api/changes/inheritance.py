"""Duties and zones on areas that go: they pass to the areas that take over.

A duty passes to a new area of the same kind in which the old one wholly lies, so that
two villages that become one have a desk from the first day; otherwise it ends, and is
given again where the area comes back with the next boundaries. A zone goes with the
households in its list and keeps its code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from geoalchemy2.shape import to_shape
from sqlalchemy.orm import Session

from geo_api.areas.locate import locate_many
from geo_api.areas.rules import Place
from geo_api.changes import queries
from geo_api.changes.effect import (
    AreaName,
    DutyEffect,
    ReturningDuty,
    ZoneEffect,
)
from geo_api.changes.queries import SQL
from geo_api.changes.rules import common_area
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.rules import DutyKind
from geo_api.zones.ledger import move_zones
from geo_api.zones.models import ResponsibilityZone
from geo_api.zones.queries import shapes_of


@dataclass
class PassedDuties:
    """By which duty each goes on; those that end, the passed ones among them."""

    effects: list[DutyEffect] = field(default_factory=list)
    passed: dict[int, int] = field(default_factory=dict)
    ending: list[int] = field(default_factory=list)


def pass_duties(
    session: Session,
    gone: Mapping[int, int | None],
    *,
    before: Mapping[int, AreaName],
    after: Mapping[int, AreaName],
    day: date,
) -> PassedDuties:
    """Give duties of areas that go to those that take over; the old ones go on yet.

    ``before`` and ``after`` name the areas. Whoever decides holds duties as they are:
    the old ones are ended in the last statements.
    """
    found = PassedDuties()
    drafts: dict[tuple[int, str, int], DutyDraft] = {}
    heirs: dict[int, tuple[int, str, int]] = {}
    for duty, person in queries.duties_on(session, gone, day=day):
        to_id = gone[duty.area_id]
        found.ending.append(duty.id)
        found.effects.append(
            DutyEffect(
                duty.public_id,
                duty.kind,
                person.code,
                before[duty.area_id],
                None if to_id is None else after[to_id],
            )
        )
        if to_id is None or person.ended_at is not None:
            continue
        # Two of one person that come together are one.
        heirs[duty.id] = key = (person.id, duty.kind, to_id)
        drafts.setdefault(
            key,
            DutyDraft(
                person_id=person.id,
                kind=DutyKind(duty.kind),
                valid_from=max(day, duty.valid_from),
                valid_to=duty.valid_to,
                area_id=to_id,
            ),
        )
    ids = dict(zip(drafts, add_duties_many(session, [*drafts.values()]), strict=True))
    found.passed = {duty_id: ids[key] for duty_id, key in heirs.items()}
    return found


def bring_duties_back(
    session: Session, *, old_id: int, new_id: int, gone_on: date, day: date
) -> tuple[ReturningDuty, ...]:
    """Give duties anew on areas that come back, to who held them until they went.

    ``gone_on`` is the day on which the boundaries took effect that left them out.
    """
    added = queries.returning_areas(session, old_id, new_id)
    rows = queries.duties_gone_with(session, added, day=gone_on)
    names = queries.names_in(
        session, {duty.area_id for duty, _ in rows}, edition_id=new_id
    )
    add_duties_many(
        session,
        [
            DutyDraft(
                person_id=person.id,
                kind=DutyKind(duty.kind),
                valid_from=day,
                area_id=duty.area_id,
            )
            for duty, person in rows
        ],
    )
    return tuple(
        ReturningDuty(duty.kind, person.code, names[duty.area_id])
        for duty, person in rows
    )


def pass_zones(
    session: Session,
    gone: Mapping[int, int | None],
    *,
    old_id: int,
    new_id: int,
    before: Mapping[int, AreaName],
    day: date,
) -> list[ZoneEffect]:
    """Have zones of areas that go belong to where their households lie."""
    zones = queries.zones_of(session, gone, day=day)
    places = _places(session, zones, old_id=old_id, new_id=new_id, day=day)
    heirs: dict[int, int] = {}
    for zone in zones:
        if (to_id := common_area(places[zone.id])) is not None:
            heirs[zone.id] = to_id
    names = queries.names_in(session, heirs.values(), edition_id=new_id)
    effects = [
        ZoneEffect(
            zone.public_id,
            zone.code,
            zone.name,
            before[zone.area_id],
            names[heirs[zone.id]] if zone.id in heirs else None,
        )
        for zone in zones
    ]
    move_zones(session, heirs)
    return effects


def _places(
    session: Session,
    zones: Sequence[ResponsibilityZone],
    *,
    old_id: int,
    new_id: int,
    day: date,
) -> dict[int, list[Place]]:
    """Where the households of zones lie, and a point of each polygon."""
    found: dict[int, list[Place]] = defaultdict(list)
    ids = [zone.id for zone in zones]
    asked = {"old_id": old_id, "new_id": new_id, "day": day, "zone_ids": ids}
    for zone_id, *areas in session.execute(SQL["zones_places"], asked):
        found[zone_id].append(Place(*areas))
    points: dict[int, tuple[float, float]] = {}
    for zone_id, drawn in shapes_of(session, zones, day).items():
        inside = to_shape(drawn.geom).representative_point()
        points[zone_id] = inside.x, inside.y
    spots = locate_many(session, [*points.values()], edition_id=new_id, decides=False)
    for zone_id, spot in zip(points, spots, strict=True):
        if spot.place is not None:
            found[zone_id].append(spot.place)
    return found
