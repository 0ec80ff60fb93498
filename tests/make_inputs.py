"""Inputs of decisions, without any database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from geo_api.catalogue.rules import Terms
from geo_api.catalogue.seed import CHAIN
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
from geo_api.dispatch.rules import Basis
from geo_api.duties.rules import DutyKind, Hindrance, PlaceKind

AT = datetime(2026, 1, 15, 1, tzinfo=UTC)
DAY = date(2026, 1, 15)
TERMS = Terms("XQ-SHUI", CHAIN, DutyKind.HOUSEHOLD_CARE, False, 24, None)
WHERE = Where(
    Basis.POINT,
    EditionRef(1, UUID(int=1), "2026"),
    (
        Part(PlaceKind.COUNTY, 1, "620171", "演示县"),
        Part(PlaceKind.GROUP, 4, "620171103202001", "一社"),
    ),
)

_PLACE_OF = {
    DutyKind.HOUSEHOLD_CARE: PlaceKind.ZONE,
    DutyKind.GRID: PlaceKind.GROUP,
    DutyKind.VILLAGE_DESK: PlaceKind.VILLAGE,
    DutyKind.STATIONED: PlaceKind.VILLAGE,
    DutyKind.VILLAGE_LEAD: PlaceKind.VILLAGE,
    DutyKind.TOWN_DESK: PlaceKind.TOWN,
    DutyKind.COUNTY_DESK: PlaceKind.COUNTY,
}


def candidate(person: int, kind: DutyKind, **changes: Any) -> Candidate:
    """Somebody with a duty that holds on ``DAY``."""
    fields: dict[str, Any] = {
        "person_id": person,
        "person_public_id": UUID(int=person),
        "person_code": f"P{person:04}",
        "duty_id": 1000 + person,
        "duty_public_id": UUID(int=1000 + person),
        "kind": kind,
        "place_kind": _PLACE_OF[kind],
        "place_code": "620171103202001",
        "valid_from": date(2024, 1, 1),
    }
    return Candidate(**{**fields, **changes})


def leave(substitute: int | None = None, hindrance: Hindrance | None = None) -> Leave:
    """A leave of which ``DAY`` is the last day."""
    return Leave(date(2026, 1, 10), DAY, substitute, hindrance)


def inputs(
    question: Question, candidates: Sequence[Candidate], **changes: Any
) -> Inputs:
    """What a decision on ``DAY`` follows from."""
    fields: dict[str, Any] = {
        "chooser": CHOOSER, "at": AT, "day": DAY, "where": WHERE, "terms": TERMS,
    }  # fmt: skip
    return Inputs(
        question=question, candidates=tuple(candidates), **{**fields, **changes}
    )


FULL_CHAIN = [candidate(i, kind) for i, kind in enumerate(DutyKind, start=1)]
CARE = Question(DutyKind.HOUSEHOLD_CARE)

_days = st.dates(date(2026, 1, 13), date(2026, 1, 17))
leaves = st.builds(
    Leave,
    _days,
    _days,
    substitute_id=st.none() | st.integers(1, 12),
    hindrance=st.none() | st.sampled_from(list(Hindrance)),
)
candidates = st.lists(
    st.builds(
        candidate,
        st.integers(1, 12),
        st.sampled_from(list(DutyKind)),
        duty_id=st.integers(1, 10_000),
        place_code=st.sampled_from(["a", "b", "c"]),
        valid_from=st.dates(date(2020, 1, 1), date(2020, 1, 4)),
        valid_to=st.none() | _days,
        leave=st.none() | leaves,
    ),
    max_size=12,
    unique_by=(
        lambda c: c.duty_id,
        lambda c: (c.person_id, c.kind, c.place_code, c.valid_from),
    ),
)
questions = st.builds(
    Question,
    st.sampled_from(list(DutyKind)),
    is_confidential=st.booleans(),
    about_person_id=st.none() | st.integers(1, 12),
    declined_person_ids=st.frozensets(st.integers(1, 12), max_size=4),
    town_decides=st.booleans(),
)
_text = st.text(max_size=8)
_parts = st.builds(
    Part, st.sampled_from(list(PlaceKind)), st.integers(1, 9), _text, _text
)
everything = st.builds(
    inputs,
    questions,
    candidates,
    at=st.datetimes(
        datetime(2000, 1, 1),  # noqa: DTZ001  a zone is drawn for it
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    day=_days,
    where=st.builds(
        Where,
        st.sampled_from(list(Basis)),
        st.builds(EditionRef, st.integers(1, 9), st.uuids(), _text),
        st.lists(_parts, max_size=4).map(tuple),
        zone=st.none() | _parts,
        household_id=st.none() | st.integers(1, 9),
        other_side=st.lists(_text, max_size=2).map(tuple),
        geography_version=st.none() | st.integers(1, 9),
    ),
    catalogue_version=st.none() | st.integers(1, 9),
)
