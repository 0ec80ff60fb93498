"""What a decision is made of, as values that are stored and read again exactly. Pure.

Ids, codes, duties and days; of people neither a name nor anything to reach them by.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from geo_api.catalogue.rules import Terms
from geo_api.dispatch.rules import Basis
from geo_api.duties.rules import DutyKind, Hindrance, PlaceKind


@dataclass(frozen=True)
class Leave:
    """Days on which a candidate is away, and who was named to stand in."""

    first_day: date
    last_day: date
    substitute_id: int | None = None
    # Why whoever was named cannot.
    hindrance: Hindrance | None = None


@dataclass(frozen=True)
class Candidate:
    """Somebody with a duty on the place or on what contains it."""

    person_id: int
    person_public_id: UUID
    person_code: str
    duty_id: int
    duty_public_id: UUID
    kind: DutyKind
    place_kind: PlaceKind
    place_code: str
    valid_from: date
    valid_to: date | None = None
    leave: Leave | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the duty is in force on a day; the last day is not included."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def leave_on(self, day: date) -> Leave | None:
        """The leave that a day belongs to."""
        leave = self.leave
        if leave is None or not leave.first_day <= day <= leave.last_day:
            return None
        return leave

    def stand_in(self, day: date) -> int | None:
        """Who answers in their place on a day of leave."""
        leave = self.leave_on(day)
        return None if leave is None or leave.hindrance else leave.substitute_id


@dataclass(frozen=True)
class Question:
    """What is to be decided, apart from the place."""

    service_duty: DutyKind
    is_confidential: bool = False
    about_person_id: int | None = None
    declined_person_ids: frozenset[int] = frozenset()
    # Too many declines, or too many orders from one caller: a desk looks at it.
    town_decides: bool = False


@dataclass(frozen=True)
class Part:
    """An area or zone that the place is part of, as it was called then."""

    kind: PlaceKind
    id: int
    code: str
    name: str


@dataclass(frozen=True)
class EditionRef:
    """The boundaries that were in force."""

    id: int
    public_id: UUID
    name: str


@dataclass(frozen=True)
class Where:
    """Where it lay, and what that was found by."""

    basis: Basis
    edition: EditionRef
    # The county first.
    areas: tuple[Part, ...]
    zone: Part | None = None
    household_id: int | None = None
    # Codes of areas and zones across a border that is nearer than the point is sure.
    other_side: tuple[str, ...] = ()
    # The number of the shapes that it was found by; None of what was found before
    # shapes had one.
    geography_version: int | None = None


@dataclass(frozen=True)
class Inputs:
    """All that a decision follows from, and nothing else."""

    # The version of the function that chose.
    chooser: int
    at: datetime
    # The day of that moment in the county.
    day: date
    where: Where
    question: Question
    candidates: tuple[Candidate, ...]
    terms: Terms
    # The version that the terms are of; None of what was decided by others, before
    # there were versions.
    catalogue_version: int | None = None

    @cached_property
    def ranked(self) -> tuple[Candidate, ...]:
        """Who holds a duty that day, in the order in which they are asked.

        By the chain, from narrow to wide, by codes and dates: never by a row's id.
        """
        kinds = tuple(PlaceKind)
        chain = self.terms.chain

        def rank(c: Candidate) -> tuple[int, int, str, date, str]:
            place = kinds.index(c.place_kind)
            code, since = c.place_code, c.valid_from
            return chain.index(c.kind), place, code, since, c.person_code

        return tuple(
            sorted((c for c in self.candidates if c.holds_on(self.day)), key=rank)
        )

    def find_candidate(self, duty_id: int) -> Candidate | None:
        """The candidate by a duty; None where nobody has it."""
        return next((c for c in self.candidates if c.duty_id == duty_id), None)

    def name_of(self, candidate: Candidate) -> str | None:
        """What a candidate's place was called; None of a household."""
        parts = (*self.where.areas, *([self.where.zone] if self.where.zone else ()))
        names = (p.name for p in parts if p.kind is candidate.place_kind)
        return next(names, None)

    def asked_again(self, declined: frozenset[int], town_decides: bool) -> Inputs:
        """The same, after some have declined it."""
        question = replace(
            self.question, declined_person_ids=declined, town_decides=town_decides
        )
        return replace(self, question=question)
