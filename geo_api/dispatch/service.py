"""The decision, for one order or ten thousand: where, what is asked, who could, who.

This is the one place where these four are put together. Ordering, simulating, acting
again and batches all ask here; what follows from inputs alone is in ``choice``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from geo_api.catalogue.rules import Rule
from geo_api.dispatch.choice import Outcome, choose, question_of
from geo_api.dispatch.inputs import Candidate, Inputs
from geo_api.dispatch.placement import resolve_many
from geo_api.dispatch.rules import Location, ResolvedPlace
from geo_api.dispatch.surroundings import Surroundings
from geo_api.duties.rules import DutyKind
from geo_api.errors import DomainError, Unavailable
from geo_api.settings import PlaceSettings


@dataclass(frozen=True)
class Ask:
    """One decision to be made: where, for which service, what else bears on it."""

    # As it was claimed; or as it was found before, where it is decided again.
    where: Location | ResolvedPlace
    # What holds for the service; or why there is none, which is said after what is
    # wrong with the place.
    rule: Rule | DomainError
    is_confidential: bool = False
    about_person_id: int | None = None
    declined: frozenset[int] = frozenset()
    town_decides: bool = False
    # Another moment than that of all.
    at: datetime | None = None


@dataclass(frozen=True)
class Matter:
    """What is known before anybody is chosen."""

    place: ResolvedPlace
    inputs: Inputs


@dataclass(frozen=True)
class Decision:
    """Who handles a request and what that follows from, ready to be stored."""

    place: ResolvedPlace
    inputs: Inputs
    outcome: Outcome

    @property
    def handler_id(self) -> int:
        """Who leads."""
        return self.outcome.person_id

    @property
    def duty_id(self) -> int:
        """The duty that makes them the one."""
        return self.outcome.duty_id

    @property
    def chosen(self) -> Candidate:
        """The candidate whose duty it is, whoever stands in for them."""
        duty_id = self.outcome.duty_id
        return next(c for c in self.inputs.ranked if c.duty_id == duty_id)

    @property
    def step(self) -> DutyKind:
        """How far up the chain it went."""
        return self.chosen.kind


def decide_many(
    session: Session,
    asks: Sequence[Ask],
    at: datetime,
    *,
    settings: PlaceSettings,
    look_across: bool = True,
) -> list[Decision | DomainError]:
    """The decision about each, or what an order would be refused for.

    A chain without any desk is Unavailable: then the installation is not finished, and
    an order must not be taken.
    """
    gathered = gather_many(
        session, asks, at, settings=settings, look_across=look_across
    )
    return [m if isinstance(m, DomainError) else decide(m) for m in gathered]


def decide(matter: Matter) -> Decision | DomainError:
    """The decision that follows from what was gathered."""
    outcome = choose(matter.inputs)
    if outcome is None:
        return Unavailable(
            "There is no desk for this place",
            mend="Give the county a person with the duty county_desk",
        )
    return Decision(matter.place, matter.inputs, outcome)


def gather_many(
    session: Session,
    asks: Sequence[Ask],
    at: datetime,
    *,
    settings: PlaceSettings,
    look_across: bool = True,
) -> list[Matter | DomainError]:
    """What each decision follows from, or why its place is none.

    Places are those of ``at``'s day, and who answers there is asked for each moment;
    the statements are as many for one as for thousands.
    """
    found = _places(session, asks, at, settings=settings, look_across=look_across)
    places = [place for place in found if isinstance(place, ResolvedPlace)]
    if not places:
        return [place for place in found if isinstance(place, DomainError)]
    moments = [ask.at or at for ask in asks]
    around = Surroundings(session, places, moments, settings.tz)
    return [
        _matter(around, ask, place, moment)
        for ask, place, moment in zip(asks, found, moments, strict=True)
    ]


def _matter(
    around: Surroundings, ask: Ask, place: ResolvedPlace | DomainError, at: datetime
) -> Matter | DomainError:
    if isinstance(place, DomainError):
        return place
    if isinstance(ask.rule, DomainError):
        return ask.rule
    question = question_of(
        ask.rule.terms.first,
        is_confidential=ask.is_confidential,
        about_person_id=ask.about_person_id,
        declined=ask.declined,
        town_decides=ask.town_decides,
    )
    return Matter(place, around.inputs(place, question, ask.rule, at))


def _places(
    session: Session,
    asks: Sequence[Ask],
    at: datetime,
    *,
    settings: PlaceSettings,
    look_across: bool,
) -> list[ResolvedPlace | DomainError]:
    claimed = [ask.where for ask in asks if isinstance(ask.where, Location)]
    resolved = iter(
        resolve_many(
            session,
            claimed,
            day=at.astimezone(settings.tz).date(),
            settings=settings,
            look_across=look_across,
        )
        if claimed
        else ()
    )
    return [
        next(resolved) if isinstance(ask.where, Location) else ask.where for ask in asks
    ]
