"""Keeps the ledger of households: every change ends rows, none deletes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.areas.claims import Bounds, find_point_problems
from geo_api.areas.service import bounds_when_asked
from geo_api.db.arrays import among
from geo_api.db.cipher import Cipher
from geo_api.db.locks import lock_again
from geo_api.db.model import new_public_id
from geo_api.errors import Conflict, InvalidInput, Problem
from geo_api.households.contacts import (
    contact_state,
    store_contacts,
)
from geo_api.households.models import Household
from geo_api.households.placement import (
    convert,
    find_places,
    tie,
    tie_in_planned,
)
from geo_api.households.queries import SQL
from geo_api.households.rules import (
    ContactDraft,
    HouseholdDraft,
    find_contact_problems,
    find_line_problems,
)


@dataclass(frozen=True)
class _Known:
    """A household that bears a ledger code already."""

    id: int
    contact_id: int


# Households that one statement writes, so that none runs into its time limit.
_BATCH = 10_000

# A draft, its point in WGS 84 and its contact.
_Line = tuple[HouseholdDraft, tuple[float, float], int]


def add_many(
    session: Session,
    cipher: Cipher,
    drafts: Sequence[HouseholdDraft],
    *,
    edition_id: int,
    now: datetime,
) -> list[int]:
    """Add households or, by their ledger code, change them; all of them or none.

    Points are converted from their claimed CRS and tied to their areas. Returns the
    internal ids in the order of the drafts. Raises InvalidInput with one problem for
    each wrong line.
    """
    if not drafts:
        return []
    known = _known(session, [draft.code for draft in drafts])
    return _store(session, cipher, drafts, known, edition_id=edition_id, now=now)


def add_household(
    session: Session,
    cipher: Cipher,
    draft: HouseholdDraft,
    *,
    edition_id: int,
    now: datetime,
) -> Household:
    """Add one household; Conflict where its ledger code is taken, by whomever."""
    taken = Conflict(
        "The ledger code %(code)s is taken",
        loc=("body", "code"),
        mend="Use another code, or change the household that has it",
        code=draft.code,
    )
    if _known(session, [draft.code]):
        raise taken
    try:
        ids = _store(session, cipher, [draft], {}, edition_id=edition_id, now=now)
    except Conflict as error:
        raise taken from error
    except InvalidInput as error:
        raise InvalidInput(problems=[_in_body(p) for p in error.problems]) from error
    return session.get_one(Household, ids[0])


def _in_body(problem: Problem) -> Problem:
    """A row's problem, where the body of a single household has that field."""
    name = problem.loc[2]
    field = ("location", *problem.loc[3:]) if name == "lon" else (name,)
    return replace(problem, loc=("body", *field))


def _known(session: Session, codes: Sequence[str]) -> dict[str, _Known]:
    rows = session.execute(
        select(Household.code, Household.id, Household.contact_id).where(
            among(Household.code, codes)
        )
    )
    return {code: _Known(id_, contact_id) for code, id_, contact_id in rows}


def _check(drafts: Sequence[HouseholdDraft], bounds: Bounds) -> None:
    problems: list[Problem] = []
    seen: set[str] = set()
    for i, draft in enumerate(drafts):
        loc = ("rows", i)
        problems += find_point_problems(
            draft.lon, draft.lat, draft.crs, (*loc, "lon"), bounds=bounds
        )
        problems += find_line_problems(draft, loc=loc)
        problems += find_contact_problems(
            phone=draft.phone or "", id_number=draft.id_number or "", loc=loc
        )
        if draft.code in seen:
            problems.append(
                Problem(
                    (*loc, "code"),
                    "This code stands twice",
                    "Give each household its own code",
                )
            )
        seen.add(draft.code)
    if problems:
        raise InvalidInput(problems=problems)


def _store(
    session: Session,
    cipher: Cipher,
    drafts: Sequence[HouseholdDraft],
    known: Mapping[str, _Known],
    *,
    edition_id: int,
    now: datetime,
) -> list[int]:
    """Everything is checked and located before the first row is written."""
    _check(drafts, bounds_when_asked(session, edition_id))
    points = convert(drafts)
    places = find_places(session, points, edition_id=edition_id)
    ids: list[int] = []
    for start in range(0, len(drafts), _BATCH):
        batch = slice(start, start + _BATCH)
        ids += _write(session, cipher, drafts[batch], points[batch], known, now=now)
    tie(session, ids, places, edition_id=edition_id)
    tie_in_planned(session, ids, points)
    return ids


def _write(
    session: Session,
    cipher: Cipher,
    drafts: Sequence[HouseholdDraft],
    points: Sequence[tuple[float, float]],
    known: Mapping[str, _Known],
    *,
    now: datetime,
) -> list[int]:
    contact_ids = store_contacts(
        session,
        cipher,
        [
            ContactDraft(
                name=draft.head_name,
                phone=draft.phone,
                id_number=draft.id_number,
                id=known[draft.code].contact_id if draft.code in known else None,
            )
            for draft in drafts
        ],
        now=now,
    )
    lines = list(zip(drafts, points, contact_ids, strict=True))
    renewed = [line for line in lines if line[0].code in known]
    added = [line for line in lines if line[0].code not in known]
    ids = {draft.code: known[draft.code].id for draft, _, _ in renewed}
    if renewed:
        session.execute(
            SQL["renew_households"],
            {"ids": list(ids.values()), "now": now, **_columns(renewed)},
        )
    if added:
        ids |= _insert(session, added, now=now)
    return [ids[draft.code] for draft in drafts]


def _columns(lines: Sequence[_Line]) -> dict[str, Any]:
    return {
        "addresses": [draft.address for draft, _, _ in lines],
        "member_counts": [draft.member_count for draft, _, _ in lines],
        "lons": [point[0] for _, point, _ in lines],
        "lats": [point[1] for _, point, _ in lines],
        "lons_claimed": [draft.lon for draft, _, _ in lines],
        "lats_claimed": [draft.lat for draft, _, _ in lines],
        "crs_claimed": [draft.crs for draft, _, _ in lines],
    }


def _insert(
    session: Session, lines: Sequence[_Line], *, now: datetime
) -> dict[str, int]:
    rows = session.execute(
        SQL["add_households"],
        {
            "public_ids": [new_public_id() for _ in lines],
            "codes": [draft.code for draft, _, _ in lines],
            "contact_ids": [contact_id for _, _, contact_id in lines],
            "now": now,
            **_columns(lines),
        },
    )
    ids = {row.code: row.id for row in rows}
    # Somebody else's household must not be changed for having come a moment earlier.
    if len(ids) < len(lines):
        raise Conflict(
            "Some of these codes were taken a moment ago",
            mend="Look at the ledger and try again",
        )
    return ids


def change_household(
    session: Session,
    cipher: Cipher,
    household: Household,
    *,
    contact: ContactDraft,
    address: str | None,
    member_count: int | None,
    now: datetime,
) -> None:
    """Change what is given; None leaves what is there."""
    problems = find_contact_problems(
        phone=contact.phone or "", id_number=contact.id_number or "", loc=("body",)
    )
    if problems:
        raise InvalidInput(problems=problems)
    renewed = replace(contact, id=household.contact_id)
    store_contacts(session, cipher, [renewed], now=now)
    if address is not None:
        household.address = address
    if member_count is not None:
        household.member_count = member_count
    household.updated_at = now


def end_household(session: Session, household: Household, *, now: datetime) -> None:
    """The household has moved away or is no more; its requests keep naming it."""
    lock_again(session, household)
    if household.ended_at is not None:
        raise Conflict("This household has ended already")
    household.ended_at = now
    household.updated_at = now


def state_of(session: Session, household: Household) -> tuple[object, ...]:
    """All that a change of the household may change."""
    return (
        household.address,
        household.member_count,
        household.lon_claimed,
        household.lat_claimed,
        household.crs_claimed,
        household.ended_at,
        contact_state(session, household.contact_id),
    )
