"""The decision, for one order or ten thousand: ask the chain of the place, explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from geo_api.areas.queries import areas_by_id
from geo_api.areas.rules import AreaType
from geo_api.areas.service import edition_by_id
from geo_api.catalogue.models import Service
from geo_api.dispatch.choice import Candidate, Choice, Question, choose, may_answer
from geo_api.dispatch.rules import (
    EXPLANATION_VERSION,
    Decision,
    ResolvedPlace,
)
from geo_api.duties.queries import read_duties
from geo_api.duties.rules import Answerer, AnswerPlace, DutyBook, DutyKind
from geo_api.errors import Unavailable
from geo_api.zones.queries import zones_by_id


@dataclass(frozen=True)
class Ask:
    """One decision to be made: the place, the question, the moment."""

    place: ResolvedPlace
    question: Question
    at: datetime


@dataclass(frozen=True)
class _Here:
    """Who answers for one place on one day."""

    # By rank, and by duty.
    candidates: tuple[Candidate, ...]
    answerers: Mapping[int, Answerer]

    @classmethod
    def on(cls, book: DutyBook, place: AnswerPlace, day: date) -> _Here:
        answerers = {a.duty_id: a for a in book.answerers(place, day)}
        candidates = []
        for answerer in answerers.values():
            is_away = book.is_away(answerer.person_id, day)
            stand_in = book.stand_in(answerer.person_id, answerer.kind, day)
            candidates.append(
                Candidate(
                    person_id=answerer.person_id,
                    person_code=answerer.person_code,
                    duty_id=answerer.duty_id,
                    kind=answerer.kind,
                    place_kind=answerer.place_kind,
                    place_code=answerer.place_code,
                    place_name=answerer.place_name,
                    valid_from=answerer.valid_from,
                    is_on_leave=is_away,
                    substitute_id=stand_in.person_id,
                    hindrance=stand_in.hindrance,
                )
            )
        return cls(tuple(sorted(candidates, key=lambda c: c.rank)), answerers)


def question_of(
    service: Service,
    *,
    is_confidential: bool,
    about_person_id: int | None = None,
    declined: frozenset[int] = frozenset(),
    town_decides: bool = False,
) -> Question:
    """What must be decided about a request for ``service``."""
    duty = DutyKind.TOWN_DESK if is_confidential else DutyKind(service.duty_kind)
    return Question(
        service_duty=duty,
        is_confidential=is_confidential,
        about_person_id=about_person_id,
        declined_person_ids=declined,
        town_decides=town_decides,
    )


class Decider:
    """Makes decisions about a fixed set of places from what was read once."""

    def __init__(
        self,
        session: Session,
        places: Sequence[ResolvedPlace],
        *,
        since: datetime,
        until: datetime,
        tz: ZoneInfo,
    ) -> None:
        """Read duties, leaves and names for ``places`` from ``since`` to ``until``."""
        self._tz = tz
        edition_ids = {place.edition_id for place in places}
        self._books: dict[int, DutyBook] = {}
        self._areas: dict[int, dict[int, Any]] = {}
        self._editions: dict[int, dict[str, str]] = {}
        for edition_id in edition_ids:
            here = [p for p in places if p.edition_id == edition_id]
            self._books[edition_id] = read_duties(
                session,
                [p.answer_place for p in here],
                edition_id=edition_id,
                since=since.astimezone(tz).date(),
                until=until.astimezone(tz).date(),
            )
            ids = {
                id_
                for p in here
                for id_ in (
                    p.place.county_id,
                    p.place.town_id,
                    p.place.village_id,
                    p.place.group_id,
                )
                if id_ is not None
            }
            self._areas[edition_id] = areas_by_id(session, ids, edition_id=edition_id)
            edition = edition_by_id(session, edition_id)
            self._editions[edition_id] = {
                "id": str(edition.public_id),
                "name": edition.name,
            }
        self._zones = zones_by_id(session, {p.zone_id for p in places if p.zone_id})
        self._known: dict[tuple[int, AnswerPlace, date], _Here] = {}

    def candidates(self, place: ResolvedPlace, at: datetime) -> Sequence[Candidate]:
        """Everybody with a duty on a place at a moment, the first to be asked first."""
        return self._here(place, at).candidates

    def chain(self, ask: Ask) -> frozenset[int]:
        """People who may accept: the place's chain and the substitutes on it."""
        return frozenset(person for person, _ in self._may_accept(ask))

    def duty_of(self, ask: Ask, person_id: int) -> int | None:
        """The duty by which somebody is on the chain; their nearest one of several."""
        return next((d for p, d in self._may_accept(ask) if p == person_id), None)

    def _may_accept(self, ask: Ask) -> Iterator[tuple[int, int]]:
        for candidate in self.candidates(ask.place, ask.at):
            if not may_answer(ask.question, candidate):
                continue
            yield candidate.person_id, candidate.duty_id
            substitute = candidate.substitute_id
            if substitute is not None and substitute != ask.question.about_person_id:
                yield substitute, candidate.duty_id

    def _here(self, place: ResolvedPlace, at: datetime) -> _Here:
        """Who answers for a place on a day; looked up once, however often asked."""
        day = at.astimezone(self._tz).date()
        key = (place.edition_id, place.answer_place, day)
        known = self._known.get(key)
        if known is None:
            book = self._books[place.edition_id]
            known = self._known[key] = _Here.on(book, place.answer_place, day)
        return known

    def decide(self, ask: Ask) -> Decision:
        """The handler and the explanation.

        Raises Unavailable where the chain has no desk at all: then the installation is
        not finished, and an order must not be taken.
        """
        choice = choose(ask.question, self.candidates(ask.place, ask.at))
        if choice is None:
            raise Unavailable(
                "There is no desk for this place",
                mend="Give the county a person with the duty county_desk",
            )
        return Decision(
            handler_id=choice.person_id,
            duty_id=choice.duty_id,
            edition_id=ask.place.edition_id,
            step=choice.step.value,
            explanation=self._explain(ask, choice),
            chain=self.chain(ask),
        )

    def _explain(self, ask: Ask, choice: Choice) -> dict[str, Any]:
        place = ask.place
        people = self._here(place, ask.at).answerers
        areas = self._areas[place.edition_id]
        zone = self._zones.get(place.zone_id or 0)
        return {
            "schema": EXPLANATION_VERSION,
            "edition": self._editions[place.edition_id],
            "basis": place.basis.value,
            "place": [
                {"type": kind.value, "code": areas[id_].code, "name": areas[id_].name}
                for kind, id_ in (
                    (AreaType.COUNTY, place.place.county_id),
                    (AreaType.TOWN, place.place.town_id),
                    (AreaType.VILLAGE, place.place.village_id),
                    (AreaType.GROUP, place.place.group_id),
                )
                if id_ is not None and id_ in areas
            ],
            "zone": {"code": zone.code, "name": zone.name} if zone else None,
            "service_duty": ask.question.service_duty.value,
            "is_ambiguous": place.is_ambiguous,
            "other_side": list(place.other_side),
            "step": choice.step.value,
            "candidates": [
                {
                    "person_id": str(people[v.candidate.duty_id].person_public_id),
                    "duty_id": str(people[v.candidate.duty_id].duty_public_id),
                    "duty": v.candidate.kind.value,
                    "place_kind": v.candidate.place_kind.value,
                    "place_code": v.candidate.place_code,
                    "place_name": v.candidate.place_name,
                    "verdict": "chosen"
                    if v.reason.value.startswith("chosen")
                    else "passed",
                    "reason": v.reason.value,
                    **({"params": v.params} if v.params else {}),
                }
                for v in choice.verdicts
            ],
        }
