"""Acts on many requests at once: what they depend on is read, whom they ask is decided.

One request over HTTP is a batch of one; statements do not grow with the requests.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.catalogue.rules import Due
from geo_api.catalogue.service import Catalogue, read_catalogue
from geo_api.db.arrays import among
from geo_api.dispatch.rules import Decision
from geo_api.dispatch.service import Ask, Decider, question_of
from geo_api.duties.models import Duty
from geo_api.duties.rules import DESKS
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
        decider: Decider | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        """Who decided on these places before goes on; else what it takes is read."""
        self._session, self._turns, self._settings = session, turns, settings
        self._given = decider, catalogue

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
        return self._decider.decide(self._ask(turn, again))

    @cached_property
    def _decider(self) -> Decider:
        decider, _ = self._given
        if decider is not None:
            return decider
        moments = [act.at for _, act in self._turns]
        return Decider(
            self._session,
            [course.place for course, _ in self._turns if course.place is not None],
            since=min(moments),
            until=max(moments),
            tz=self._settings.place.tz,
        )

    @cached_property
    def _catalogue(self) -> Catalogue:
        _, catalogue = self._given
        if catalogue is not None:
            return catalogue
        tz = self._settings.place.tz
        days = [act.at.astimezone(tz).date() for _, act in self._turns]
        return read_catalogue(self._session, since=min(days), until=max(days))

    def _ask(self, turn: Turn, again: Again) -> Ask:
        course, act = turn
        if course.place is None:
            raise ValueError("The place of what is dispatched must have been read")
        question = question_of(
            course.service,
            is_confidential=course.is_confidential,
            about_person_id=course.about_person_id,
            declined=again.declined,
            town_decides=again.town_decides,
        )
        return Ask(course.place, question, act.at)

    def _chain(self, turn: Turn) -> dict[int, int]:
        """Who may accept, each by the nearest duty of theirs."""
        ask, decider = self._ask(turn, Again()), self._decider
        by_person = {p: decider.duty_of(ask, p) for p in decider.chain(ask)}
        return {p: duty_id for p, duty_id in by_person.items() if duty_id is not None}

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
        chains = {id(turn[0]): self._chain(turn) for turn in self._who_need(Need.CHAIN)}
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
        tz = self._settings.place.tz
        return self._catalogue.due_at(course.service, act.at, tz)


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
