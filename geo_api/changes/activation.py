"""Taking effect: an act in one transaction, foreseen by the same code undone.

Everything that takes long is done while orders go on in the edition before. Then the
geography's number is raised, which waits for whoever is deciding, and the few who came
late are moved, too: until the commit nobody else decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.rules import Actor
from geo_api.areas.editions import activate, copy_of
from geo_api.areas.geography import raise_number, undone
from geo_api.areas.models import Edition
from geo_api.areas.plans import planned_editions
from geo_api.areas.queries import find_edition_at
from geo_api.changes import queries
from geo_api.changes.effect import Desk, Effect, ReturningDuty
from geo_api.changes.inheritance import (
    PassedDuties,
    bring_duties_back,
    pass_duties,
    pass_zones,
)
from geo_api.changes.relocation import find_new_places
from geo_api.duties.ledger import end_duties_of_gone_areas
from geo_api.duties.rules import DutyKind
from geo_api.errors import Conflict, NotFound
from geo_api.households.placement import place_latecomers
from geo_api.requests.handle.relocation import (
    Relocated,
    lock_left_behind,
    relocate,
)
from geo_api.settings import Settings

_COUNTY_DESK = DutyKind.COUNTY_DESK.value


@dataclass(frozen=True)
class _Change:
    """An edition that takes effect, and by whom and when."""

    session: Session
    edition: Edition
    actor: Actor
    now: datetime
    settings: Settings

    @property
    def today(self) -> date:
        return self.now.astimezone(self.settings.place.tz).date()


@dataclass(frozen=True)
class _Prepared:
    """What is done already, and what the last statements need to know of it."""

    effect: Effect
    heirs: Mapping[int, int]
    duties: PassedDuties


def take_effect(
    session: Session,
    edition: Edition,
    *,
    actor: Actor,
    now: datetime,
    settings: Settings,
    day: date | None = None,
) -> Effect:
    """Put an edition in force from ``day``, today or before, and move what must move.

    By default from the day it was planned for. Conflict where it is in force already,
    where another is planned before it, or where nobody would hold the county's desk.
    """
    _refuse_out_of_turn(session, edition)
    change = _Change(session, edition, actor, now, settings)
    prepared = _prepare(change, day)
    _refuse_without_desk(prepared.effect)
    # From here on nobody else decides: only a few statements, however much has moved.
    raise_number(session)
    return _finish(change, prepared)


def record_effect(
    session: Session, actor: Actor, edition: Edition, effect: Effect, *, now: datetime
) -> None:
    """Audit an act of somebody's own; what an import puts in force is told there."""
    record_audit(
        session,
        actor,
        action="edition.take_effect",
        subject_kind="edition",
        subject_id=edition.public_id,
        detail={**({} if actor.is_staff else {"by": "server"}), **effect.counts()},
        now=now,
    )


def foresee_effect(
    session: Session, edition: Edition, *, now: datetime, settings: Settings
) -> Effect:
    """What would change if an edition took effect now: the act itself, undone."""
    change = _Change(session, edition, Actor(), now, settings)
    with undone(session):
        return _finish(change, _prepare(change, change.today))


def roll_back(
    session: Session,
    old: Edition,
    *,
    actor: Actor,
    now: datetime,
    settings: Settings,
) -> tuple[Edition, Effect]:
    """Put a new edition equal to an old one in force, from today on."""
    if old.activated_at is None:
        raise Conflict("This edition has never been in force")
    edition = copy_of(session, old, name=old.name, now=now)
    day = now.astimezone(settings.place.tz).date()
    effect = take_effect(
        session, edition, actor=actor, now=now, settings=settings, day=day
    )
    return edition, effect


def get_edition(session: Session, public_id: UUID) -> Edition:
    """An edition by the id that is shown."""
    found = session.scalar(select(Edition).where(Edition.public_id == public_id))
    if found is None:
        raise NotFound(
            "There is no such edition",
            loc=("path", "id"),
            mend="Take an id from GET /api/editions",
        )
    return found


def _day_of(change: _Change, day: date | None) -> date:
    """A plan that is performed late holds from its day, one by hand from today."""
    planned = change.edition.active_from
    if day is None and planned is not None:
        day = planned
    return min(day or change.today, change.today)


def _prepare(change: _Change, day: date | None) -> _Prepared:
    session, edition, today = change.session, change.edition, change.today
    before = find_edition_at(session, today)
    vacant = (
        queries.vacant_desks(session, edition_id=before.id, day=today)
        if before is not None
        else {}
    )
    activate(session, edition, day=_day_of(change, day), now=change.now)
    outside = place_latecomers(session, edition_id=edition.id, since=edition.created_at)
    effect = Effect(today, households_outside=outside)
    if before is None:
        return _Prepared(effect, {}, PassedDuties())
    gone = queries.gone_areas(session, before.id, edition.id)
    heirs = {area_id: to_id for area_id, to_id in gone.items() if to_id is not None}
    names = queries.names_in(session, gone, edition_id=before.id)
    zones = pass_zones(
        session, gone, old_id=before.id, new_id=edition.id, before=names, day=today
    )
    duties = pass_duties(
        session,
        gone,
        before=names,
        after=queries.names_in(session, heirs.values(), edition_id=edition.id),
        day=today,
    )
    returning: tuple[ReturningDuty, ...] = ()
    if before.activated_at is not None:
        returning = bring_duties_back(
            session,
            old_id=before.id,
            new_id=edition.id,
            gone_on=before.activated_at.astimezone(change.settings.place.tz).date(),
            day=today,
        )
    prepared = _Prepared(
        replace(
            effect,
            duties_returning=returning,
            areas=tuple(queries.changed_areas(session, before.id, edition.id)),
            duties=tuple(duties.effects),
            zones=tuple(zones),
            accounts=queries.holders_of(session, "accounts", names),
            portal_keys=queries.holders_of(session, "portal_keys", names),
            server_keys=queries.holders_of(session, "server_keys", names),
            desks=_lost_desks(change, vacant),
            households_moved=queries.count_households_moved(
                session, before.id, edition.id
            ),
        ),
        heirs,
        duties,
    )
    relocated = _relocate(change, prepared)
    return replace(prepared, effect=_with(prepared.effect, relocated))


def _finish(change: _Change, prepared: _Prepared) -> Effect:
    """What nobody else may decide meanwhile; of requests only those that came late."""
    session, edition = change.session, change.edition
    place_latecomers(session, edition_id=edition.id, since=change.now)
    ending = prepared.duties.ending
    if ending:
        end_duties_of_gone_areas(session, ending, day=change.today)
    return _with(prepared.effect, _relocate(change, prepared))


def _lost_desks(
    change: _Change, before: Mapping[tuple[str, int], Desk]
) -> tuple[Desk, ...]:
    """Desks that nobody holds, of areas where somebody held it or that are new."""
    now = queries.vacant_desks(
        change.session, edition_id=change.edition.id, day=change.today
    )
    # There is one county: whether it is another does not matter.
    had_county = all(kind != _COUNTY_DESK for kind, _ in before)
    return tuple(
        desk
        for key, desk in now.items()
        if key not in before and (had_county or desk.kind != _COUNTY_DESK)
    )


def _relocate(change: _Change, prepared: _Prepared) -> Relocated:
    """Move the open requests that lie in another edition still."""
    session, edition = change.session, change.edition
    requests = lock_left_behind(session, edition_id=edition.id)
    if not requests:
        return Relocated()
    places = find_new_places(
        session,
        requests,
        edition_id=edition.id,
        heirs=prepared.heirs,
        day=change.today,
    )
    return relocate(
        session,
        requests,
        places,
        edition_id=edition.id,
        passed=prepared.duties.passed,
        ending=set(prepared.duties.ending),
        actor=change.actor,
        now=change.now,
        settings=change.settings,
    )


def _with(effect: Effect, relocated: Relocated) -> Effect:
    return replace(
        effect,
        requests_moved=effect.requests_moved + relocated.moved,
        requests_handed_on=effect.requests_handed_on + relocated.handed_on,
    )


def _refuse_out_of_turn(session: Session, edition: Edition) -> None:
    planned = edition.active_from
    for other in planned_editions(session):
        if planned and other.active_from and other.active_from < planned:
            raise Conflict(
                "Other boundaries are planned for %(day)s, before these",
                mend="Put those in force first",
                day=other.active_from.isoformat(),
            )


def _refuse_without_desk(effect: Effect) -> None:
    """An order that finds no desk at all is refused: none may come to that."""
    lost = [desk.area.name for desk in effect.desks if desk.kind == _COUNTY_DESK]
    if lost:
        raise Conflict(
            "Nobody would hold the desk of %(name)s any more",
            mend="If it is the same county by another code, import it with reason = "
            '"recode"',
            name=lost[0],
        )
