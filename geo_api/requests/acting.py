"""One request, locked, with the facts that a verb depends on and its history.

Two at once are one after the other: the second finds another stage and gets Conflict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind
from geo_api.areas.rules import Place
from geo_api.catalogue.models import Service
from geo_api.dispatch.service import (
    Ask,
    Basis,
    Decider,
    Decision,
    Question,
    ResolvedPlace,
    question_of,
)
from geo_api.errors import DomainError, NotFound
from geo_api.requests import rules
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.requests.queries import visible_to
from geo_api.requests.rights import Facts
from geo_api.requests.rules import Act, KnownBy, RequestState, Stage, Verb
from geo_api.requests.storing import decision_row, event_row
from geo_api.settings import Settings
from geo_api.zones.models import Duty, Person
from geo_api.zones.rules import DESKS, DutyKind

Check = Callable[[Actor, Facts], DomainError | None]


@dataclass
class Acting:
    """One request, locked, with all that a verb needs to know."""

    session: Session
    actor: Actor
    request: ServiceRequest
    service: Service
    now: datetime
    settings: Settings

    @classmethod
    def on(
        cls,
        session: Session,
        actor: Actor,
        public_id: UUID,
        *,
        now: datetime,
        settings: Settings,
    ) -> Acting:
        """Lock a request in the caller's scope; NotFound for every other.

        Seen first and locked then: who was beaten to it saw it a moment ago and is told
        Conflict, even where another handler puts it out of their sight.
        """
        wanted = ServiceRequest.public_id == public_id
        seen = visible_to(actor).with_only_columns(ServiceRequest.id).where(wanted)
        request_id = session.scalar(seen)
        if request_id is None:
            raise NotFound("There is no such request", loc=("path", "id"))
        request = session.get_one(
            ServiceRequest, request_id, with_for_update=True, populate_existing=True
        )
        service = session.get_one(Service, request.service_id)
        return cls(session, actor, request, service, now, settings)

    @property
    def state(self) -> RequestState:
        """The changing half of the row."""
        values = {f.name: getattr(self.request, f.name) for f in fields(RequestState)}
        return RequestState(**{**values, "stage": Stage(self.request.stage)})

    @cached_property
    def place(self) -> ResolvedPlace:
        """Where it was ordered, as it was decided then: same basis, same edition."""
        row = self.request
        said = self.session.scalars(
            select(DispatchDecision.explanation)
            .where(DispatchDecision.request_id == row.id)
            .order_by(DispatchDecision.sequence)
            .limit(1)
        ).one()
        lon, lat = None, None
        if row.geom is not None:
            lon, lat = shapely.get_coordinates(to_shape(row.geom))[0].tolist()
        return ResolvedPlace(
            basis=Basis(said["basis"]),
            place=Place(row.county_id, row.town_id, row.village_id, row.group_id),
            edition_id=row.edition_id,
            zone_id=row.zone_id,
            household_id=row.household_id,
            lon=lon,
            lat=lat,
            lon_claimed=row.lon_claimed,
            lat_claimed=row.lat_claimed,
            crs_claimed=row.crs_claimed,
            accuracy_m=row.accuracy_m,
            address=row.address,
            other_side=tuple(said["other_side"]),
        )

    def question(self, *, declined: frozenset[int] = frozenset()) -> Question:
        """What dispatch is asked again; after too many returns the town decides."""
        return question_of(
            self.service,
            is_confidential=self.request.is_confidential,
            about_person_id=self.request.about_person_id,
            declined=declined,
            town_decides=bool(declined)
            and rules.does_town_decide(
                self.request.decline_count, self.settings.dispatch.max_declines
            ),
        )

    def ask(self, *, declined: frozenset[int] = frozenset()) -> Ask:
        """Who shall have it now?"""
        return Ask(self.place, self.question(declined=declined), self.now)

    @cached_property
    def decider(self) -> Decider:
        """Duties and leaves of the place, now."""
        return Decider(
            self.session,
            [self.place],
            since=self.now,
            until=self.now,
            tz=self.settings.place.tz,
        )

    def facts(self, *, with_chain: bool = False) -> Facts:
        """What the right to act depends on."""
        chain: frozenset[int] = frozenset()
        if with_chain:
            chain = self.decider.chain(self.ask())
        duty_id = self.request.handler_duty_id
        duty = self.session.get(Duty, duty_id) if duty_id is not None else None
        given_to = self.actor.link_given_to
        return Facts(
            handler_id=self.request.handler_id,
            about_person_id=self.request.about_person_id,
            entered_by=self.request.entered_by,
            chain=chain,
            handler_is_desk=duty is not None and DutyKind(duty.kind) in DESKS,
            is_handlers_link=given_to is not None
            and given_to == self._account_of_handler(),
        )

    def _account_of_handler(self) -> int | None:
        person_id = self.request.handler_id
        return self.session.scalar(
            select(Person.account_id).where(Person.id == person_id)
        )

    def check(self, verb: Verb, can: Check, *, with_chain: bool = False) -> None:
        """Raise unless the stage allows the verb and the caller may do it.

        The stage comes first: who was beaten to it learns that, and not that the
        request is somebody else's now.
        """
        rules.next_stage(Stage(self.request.stage), verb)
        refused = can(self.actor, self.facts(with_chain=with_chain))
        if refused is not None:
            raise refused

    def check_time(self) -> None:
        """Raise Gone when the days for rating and reopening are over."""
        rules.check_time(
            self.request.completed_at, self.now, self.settings.dispatch.rating_days
        )

    def write(
        self,
        act: Act,
        *,
        actor: Actor | None = None,
        decision: Decision | None = None,
    ) -> None:
        """Change the row by the rules and append to its history."""
        state = rules.apply(self.state, act)
        for name in (f.name for f in fields(RequestState)):
            value = getattr(state, name)
            setattr(self.request, name, value.value if name == "stage" else value)
        self.request.status = state.status.value
        self.log(act.verb, dict(act.payload), actor=actor, decision=decision)

    def log(
        self,
        verb: Verb,
        payload: dict[str, Any],
        *,
        actor: Actor | None = None,
        decision: Decision | None = None,
    ) -> None:
        """Append an event, and the decision that belongs to it.

        Of a resident it says how they showed that they are.
        """
        last = self.session.scalar(
            select(func.max(RequestEvent.sequence)).where(
                RequestEvent.request_id == self.request.id
            )
        )
        sequence = (last or 0) + 1
        actor = actor or self.actor
        if actor.kind is CallerKind.RESIDENT:
            known_by = KnownBy.FOUND if actor.is_link_found else KnownBy.LINK
            payload = {**payload, "by": known_by.value}
        row = event_row(sequence, verb, self.now, actor, payload)
        self.session.execute(
            insert(RequestEvent).values(**row, request_id=self.request.id)
        )
        if decision is not None:
            self.session.execute(
                insert(DispatchDecision).values(
                    **decision_row(sequence, self.now, decision),
                    request_id=self.request.id,
                )
            )

    def dispatch_again(self, *, declined: frozenset[int] = frozenset()) -> Decision:
        """The next handler, by the same decision as the first."""
        return self.decider.decide(self.ask(declined=declined))
