"""The decision, for one order or ten thousand: ask the chain of the place, explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from geo_api.areas.rules import AreaType
from geo_api.areas.service import areas_by_id, edition_by_id
from geo_api.dispatch.choosing import Candidate, Choice, Question, choose, may_answer
from geo_api.dispatch.resolving import resolve_many
from geo_api.dispatch.rules import (
    EXPLANATION_VERSION,
    Basis,
    Decision,
    Location,
    ResolvedPlace,
    render_verdict,
)
from geo_api.errors import Unavailable
from geo_api.zones.rules import Answerer, DutyBook
from geo_api.zones.service import read_duties, zones_by_id

__all__ = [
    "Ask",
    "Basis",
    "Decider",
    "Decision",
    "Location",
    "Question",
    "ResolvedPlace",
    "render_verdict",
    "resolve_many",
]


@dataclass(frozen=True)
class Ask:
    """One decision to be made: the place, the question, the moment."""

    place: ResolvedPlace
    question: Question
    at: datetime


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

    def candidates(self, place: ResolvedPlace, at: datetime) -> list[Candidate]:
        """Everybody with a duty on a place at a moment."""
        day = at.astimezone(self._tz).date()
        book = self._books[place.edition_id]
        found = []
        for answerer in book.answerers(place.answer_place, day):
            absence = book.absence(answerer.person_id, day)
            found.append(
                Candidate(
                    person_id=answerer.person_id,
                    person_code=answerer.person_code,
                    duty_id=answerer.duty_id,
                    kind=answerer.kind,
                    place_kind=answerer.place_kind,
                    place_code=answerer.place_code,
                    place_name=answerer.place_name,
                    valid_from=answerer.valid_from,
                    is_on_leave=absence is not None,
                    substitute_id=absence.substitute_id if absence else None,
                )
            )
        return found

    def chain(self, ask: Ask) -> frozenset[int]:
        """People who may accept: the place's chain and the substitutes on it."""
        people: set[int] = set()
        for candidate in self.candidates(ask.place, ask.at):
            if may_answer(ask.question, candidate):
                people.add(candidate.person_id)
                if candidate.is_on_leave and candidate.substitute_id is not None:
                    people.add(candidate.substitute_id)
        return frozenset(people - {ask.question.about_person_id or 0})

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
        day = ask.at.astimezone(self._tz).date()
        book = self._books[place.edition_id]
        people: dict[int, Answerer] = {
            answerer.duty_id: answerer
            for answerer in book.answerers(place.answer_place, day)
        }
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
