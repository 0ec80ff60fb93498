"""Acts on many requests at once: what they depend on is read, whom they ask is decided.

One request over HTTP is a batch of one; statements do not grow with the requests.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.catalogue.queries import read_versions
from geo_api.catalogue.rules import Calendar, Due
from geo_api.catalogue.service import Catalogue, read_catalogue
from geo_api.db.arrays import among
from geo_api.dispatch.choice import chain_of
from geo_api.dispatch.service import Ask, Decision, Matter, decide, gather_many
from geo_api.duties.models import Duty
from geo_api.duties.rules import DESKS
from geo_api.errors import or_raise
from geo_api.people.models import Person
from geo_api.people.queries import people_by_id
from geo_api.requests.course import Course
from geo_api.requests.outcomes import Act, Again, Need, Outcome
from geo_api.requests.rules import Case, decliners
from geo_api.requests.verbs import RULES, outcome_of
from geo_api.settings import Settings

Turn = tuple[Course, Act]


class Acts:
    """One act each on some requests: read together, decided together."""

    def __init__(
        self,
        session: Session,
        turns: Sequence[Turn],
        *,
        settings: Settings,
        matters: Sequence[Matter] | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        """Who could be asked about each is read where it is not known yet."""
        self._session, self._turns, self._settings = session, turns, settings
        self._given = matters, catalogue

    def carry_out(self) -> list[Outcome]:
        """Each course goes on by its outcome; raises the first error of the rules."""
        outcomes = [
            outcome_of(case, act)
            for case, (_, act) in zip(self._cases(), self._turns, strict=True)
        ]
        stored = []
        for turn, outcome in zip(self._turns, outcomes, strict=True):
            decision = self._decide(turn, outcome.again)
            if decision is not None:
                outcome = outcome.decided(decision.handler_id, decision.duty_id)
            turn[0].take(outcome, decision)
            stored.append(outcome)
        return stored

    def _decide(self, turn: Turn, again: Again | None) -> Decision | None:
        """Who is named by the same decision as the first, where somebody is asked."""
        if again is None:
            return None
        matter = self._matters[id(turn[0])]
        inputs = matter.inputs.asked_again(again.declined, again.town_decides)
        return or_raise(decide(Matter(matter.place, inputs)))

    @cached_property
    def _matters(self) -> dict[int, Matter]:
        """Who could be asked, by the course, of those whose place was read."""
        matters, _ = self._given
        turns = [turn for turn in self._turns if turn[0].place is not None]
        if matters is None:
            courses = [(course, act.at) for course, act in turns]
            matters = gather(
                self._session,
                courses,
                catalogue=self._catalogue,
                settings=self._settings,
            )
        return {id(c): m for (c, _), m in zip(turns, matters, strict=True)}

    @cached_property
    def _catalogue(self) -> Catalogue:
        _, catalogue = self._given
        if catalogue is not None:
            return catalogue
        moments = [act.at for _, act in self._turns]
        if not self._who_need(Need.DUE):
            versions = read_versions(self._session, min(moments))
            return Catalogue(versions, Calendar({}))
        return read_catalogue(
            self._session,
            since=min(moments),
            until=max(moments),
            tz=self._settings.place.tz,
        )

    def _who_need(self, need: Need) -> list[Turn]:
        return [turn for turn in self._turns if need in RULES[turn[1].verb].needs]

    def _cases(self) -> list[Case]:
        desks = _desks(
            self._session,
            {c.state.handler_duty_id for c, _ in self._who_need(Need.DESK)},
        )
        links = _accounts(
            self._session,
            {
                course.state.handler_id
                for course, act in self._who_need(Need.LINK)
                if act.actor.link_given_to is not None
            },
        )
        chains = {
            id(course): chain_of(self._matters[id(course)].inputs)
            for course, _ in self._who_need(Need.CHAIN)
        }
        named = [chains[id(course)] for course, _ in self._who_need(Need.PEOPLE)]
        people = _people(self._session, {id_ for chain in named for id_ in chain})
        limits = self._settings.dispatch
        cases = []
        for course, act in self._turns:
            needs, state = RULES[act.verb].needs, course.state
            chain = chains.get(id(course), {})
            given_to = act.actor.link_given_to
            cases.append(
                Case(
                    state=state,
                    about_person_id=course.about_person_id,
                    entered_by=course.entered_by,
                    max_declines=limits.max_declines,
                    rating_days=limits.rating_days,
                    declined=decliners(course.deeds),
                    handler_is_desk=state.handler_duty_id in desks,
                    is_handlers_link=given_to is not None
                    and given_to == links.get(state.handler_id),
                    chain=chain,
                    people={people[id_]: id_ for id_ in chain}
                    if Need.PEOPLE in needs
                    else {},
                    due=self._due(course, act) if Need.DUE in needs else None,
                    photos=course.photos,
                )
            )
        return cases

    def _due(self, course: Course, act: Act) -> Due:
        rule = self._catalogue.rule(course.service_id, act.at)
        return self._catalogue.due_at(rule.terms, act.at, self._settings.place.tz)


def gather(
    session: Session,
    courses: Sequence[tuple[Course, datetime]],
    *,
    catalogue: Catalogue,
    settings: Settings,
) -> list[Matter]:
    """Who could be asked about each course at its moment, by the rules of then."""
    asks = [
        Ask(
            course.place,
            catalogue.rule(course.service_id, at),
            course.is_confidential,
            about_person_id=course.about_person_id,
            at=at,
        )
        for course, at in courses
        if course.place is not None
    ]
    last = max((at for _, at in courses), default=None)
    if last is None:
        return []
    matters = gather_many(session, asks, last, settings=settings.place)
    return [or_raise(matter) for matter in matters]


def _desks(session: Session, duty_ids: Collection[int | None]) -> frozenset[int]:
    """Which of these duties are desks."""
    wanted = {id_ for id_ in duty_ids if id_ is not None}
    if not wanted:
        return frozenset()
    kinds = [kind.value for kind in DESKS]
    found = select(Duty.id).where(among(Duty.id, wanted), Duty.kind.in_(kinds))
    return frozenset(session.scalars(found))


def _accounts(session: Session, person_ids: Collection[int]) -> dict[int, int | None]:
    """By which account each of these people signs in."""
    if not person_ids:
        return {}
    wanted = select(Person.id, Person.account_id).where(among(Person.id, person_ids))
    return dict(session.execute(wanted).all())


def _people(session: Session, ids: Collection[int]) -> dict[int, UUID]:
    """What these people are called outside."""
    found = people_by_id(session, ids) if ids else {}
    return {id_: person.public_id for id_, person in found.items()}
