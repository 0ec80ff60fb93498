"""Who could be asked at some places, and what these are called: read once for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from geo_api.areas.in_force import EditionView
from geo_api.areas.index import find_area_index
from geo_api.areas.queries import AreaView, areas_by_id
from geo_api.areas.service import edition_by_id
from geo_api.catalogue.rules import Rule
from geo_api.dispatch.choice import CHOOSER
from geo_api.dispatch.inputs import (
    Candidate,
    EditionRef,
    Inputs,
    Leave,
    Part,
    Question,
    Where,
)
from geo_api.dispatch.rules import ResolvedPlace
from geo_api.duties.queries import read_duties
from geo_api.duties.rules import Answerer, AnswerPlace, DutyBook, PlaceKind
from geo_api.zones.queries import zones_by_id


class Surroundings:
    """Duties, leaves and names around some places, read once for all of them."""

    def __init__(
        self,
        session: Session,
        places: Sequence[ResolvedPlace],
        moments: Sequence[datetime],
        tz: ZoneInfo,
    ) -> None:
        self._tz = tz
        self._books: dict[int, DutyBook] = {}
        self._areas: dict[int, dict[int, AreaView]] = {}
        self._editions: dict[int, EditionRef] = {}
        for edition_id in sorted({place.edition_id for place in places}):
            here = [p for p in places if p.edition_id == edition_id]
            self._books[edition_id] = read_duties(
                session,
                [p.answer_place for p in here],
                edition_id=edition_id,
                since=min(moments).astimezone(tz).date(),
                until=max(moments).astimezone(tz).date(),
            )
            ids = {id_ for p in here for id_ in p.place.ids}
            index = find_area_index(session, edition_id, decides=False, builds=False)
            if index is None:
                areas = areas_by_id(session, ids, edition_id=edition_id)
                edition = EditionView.of(edition_by_id(session, edition_id))
            else:
                areas, edition = index.views(ids), index.edition
            self._areas[edition_id] = areas
            self._editions[edition_id] = EditionRef(
                edition.id, edition.public_id, edition.name
            )
        self._zones = {p.zone.id: p.zone for p in places if p.zone is not None}
        unknown = {p.zone_id for p in places if p.zone_id} - self._zones.keys()
        self._zones |= zones_by_id(session, unknown)
        self._known: dict[tuple[int, AnswerPlace, date], tuple[Candidate, ...]] = {}

    def inputs(
        self, place: ResolvedPlace, question: Question, rule: Rule, at: datetime
    ) -> Inputs:
        """What the decision about one question follows from.

        Who stands outside the service's chain is no candidate.
        """
        day = at.astimezone(self._tz).date()
        return Inputs(
            chooser=CHOOSER,
            at=at,
            day=day,
            where=self._where(place),
            question=question,
            candidates=tuple(
                candidate
                for candidate in self._candidates(place, day)
                if candidate.kind in rule.terms.chain
            ),
            terms=rule.terms,
            catalogue_version=rule.version,
        )

    def _where(self, place: ResolvedPlace) -> Where:
        areas = self._areas[place.edition_id]
        zone = self._zones.get(place.zone_id or 0)
        return Where(
            basis=place.basis,
            edition=self._editions[place.edition_id],
            areas=tuple(
                Part(PlaceKind(area.type.value), area.id, area.code, area.name)
                for id_ in place.place.ids
                if (area := areas.get(id_)) is not None
            ),
            zone=Part(PlaceKind.ZONE, zone.id, zone.code, zone.name) if zone else None,
            household_id=place.household_id,
            other_side=place.other_side,
            geography_version=place.geography_version,
        )

    def _candidates(self, place: ResolvedPlace, day: date) -> tuple[Candidate, ...]:
        """Who answers for a place on a day; looked up once, however often asked."""
        key = (place.edition_id, place.answer_place, day)
        known = self._known.get(key)
        if known is None:
            book = self._books[place.edition_id]
            known = self._known[key] = tuple(
                _candidate(book, answerer, day)
                for answerer in book.answerers(place.answer_place, day)
            )
        return known


def _candidate(book: DutyBook, answerer: Answerer, day: date) -> Candidate:
    away = book.find_away(answerer.person_id, answerer.kind, day)
    return Candidate(
        person_id=answerer.person_id,
        person_public_id=answerer.person_public_id,
        person_code=answerer.person_code,
        duty_id=answerer.duty_id,
        duty_public_id=answerer.duty_public_id,
        kind=answerer.kind,
        place_kind=answerer.place_kind,
        place_code=answerer.place_code,
        valid_from=answerer.valid_from,
        valid_to=answerer.valid_to,
        leave=Leave(
            first_day=away.leave.first_day,
            last_day=away.leave.last_day,
            substitute_id=away.leave.substitute_id,
            hindrance=away.hindrance,
        )
        if away
        else None,
    )
