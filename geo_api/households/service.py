"""The ledger of households; where each lies is derived, what is private is apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas.claims import find_point_problems
from geo_api.areas.rules import Crs, to_wgs84
from geo_api.areas.service import locate_many
from geo_api.db.cipher import Cipher
from geo_api.db.model import new_public_id
from geo_api.errors import Conflict, InvalidInput, NotFound, Problem
from geo_api.households.models import Contact, Household, HouseholdPlace
from geo_api.households.queries import contacts_by_id, places_of, visible_to
from geo_api.households.rules import (
    ContactView,
    HouseholdDraft,
    find_contact_problems,
)

__all__ = [
    "add_many",
    "contact_row",
    "contacts_by_id",
    "end_household",
    "find_by_code",
    "get_household",
    "move_household",
    "place_households",
    "places_of",
    "read_contact",
    "store_contact",
    "visible_to",
]

_BATCH = 5_000


def contact_row(
    cipher: Cipher,
    *,
    name: str = "",
    phone: str = "",
    id_number: str = "",
    now: datetime,
) -> dict[str, object]:
    """A row of the contact table; what is empty stays NULL."""
    return {
        "public_id": new_public_id(),
        "name": cipher.encrypt(name) if name else None,
        "phone": cipher.encrypt(phone) if phone else None,
        "id_number": cipher.encrypt(id_number) if id_number else None,
        "created_at": now,
    }


def store_contact(
    session: Session,
    cipher: Cipher,
    *,
    name: str = "",
    phone: str = "",
    id_number: str = "",
    now: datetime,
) -> int:
    """Encrypt and store a contact; its internal id."""
    row = contact_row(cipher, name=name, phone=phone, id_number=id_number, now=now)
    return session.execute(
        insert(Contact).values(**row).returning(Contact.id)
    ).scalar_one()


def read_contact(cipher: Cipher, contact: Contact | None) -> ContactView:
    """A contact in clear. The caller has written the audit row."""
    if contact is None:
        return ContactView("", "", "")
    return ContactView(
        *(
            cipher.decrypt(blob) if blob else ""
            for blob in (contact.name, contact.phone, contact.id_number)
        )
    )


def get_household(
    session: Session, actor: Actor, public_id: UUID, *, edition_id: int
) -> Household:
    """A household in the caller's scope; NotFound for every other."""
    household = session.scalar(
        visible_to(actor, edition_id=edition_id).where(Household.public_id == public_id)
    )
    if household is None:
        raise NotFound("There is no such household", loc=("path", "id"))
    return household


def find_by_code(session: Session, code: str) -> Household | None:
    """A household by ledger code whoever's it is: codes are unique in the county."""
    return session.scalar(select(Household).where(Household.code == code))


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
    ids: list[int] = []
    for start in range(0, len(drafts), _BATCH):
        batch = drafts[start : start + _BATCH]
        ids += _add_batch(
            session, cipher, batch, start=start, edition_id=edition_id, now=now
        )
    return ids


def _add_batch(
    session: Session,
    cipher: Cipher,
    drafts: Sequence[HouseholdDraft],
    *,
    start: int,
    edition_id: int,
    now: datetime,
) -> list[int]:
    problems: list[Problem] = []
    points: list[tuple[float, float]] = []
    for i, draft in enumerate(drafts):
        loc = ("rows", start + i)
        found = find_point_problems(draft.lon, draft.lat, draft.crs, (*loc, "lon"))
        found += find_contact_problems(
            phone=draft.phone, id_number=draft.id_number, loc=loc
        )
        problems += found
        points.append(
            (0.0, 0.0) if found else to_wgs84(draft.lon, draft.lat, Crs(draft.crs))
        )
    if problems:
        raise InvalidInput(problems=problems)
    known = _known_codes(session, [draft.code for draft in drafts])
    contact_ids = _store_contacts(session, cipher, drafts, known, now=now)
    rows = [
        {
            "public_id": new_public_id(),
            "code": draft.code,
            "contact_id": contact_id,
            "address": draft.address,
            "member_count": draft.member_count,
            "geom": f"SRID=4326;POINT({lon!r} {lat!r})",
            "lon_claimed": draft.lon,
            "lat_claimed": draft.lat,
            "crs_claimed": draft.crs,
            "created_at": now,
            "updated_at": now,
        }
        for draft, contact_id, (lon, lat) in zip(
            drafts, contact_ids, points, strict=True
        )
    ]
    statement = upsert(Household)
    statement = statement.on_conflict_do_update(
        index_elements=[Household.code],
        set_={
            name: statement.excluded[name]
            for name in (
                "contact_id", "address", "member_count", "geom", "lon_claimed",
                "lat_claimed", "crs_claimed", "updated_at",
            )
        }
        | {"ended_at": None},
    )  # fmt: skip
    session.execute(statement, rows)
    by_code = _known_codes(session, [draft.code for draft in drafts])
    ids = [by_code[draft.code][0] for draft in drafts]
    _place(session, ids, points, edition_id=edition_id, start=start)
    return ids


def _known_codes(session: Session, codes: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Internal id and contact id of the households with these ledger codes."""
    rows = session.execute(
        select(Household.code, Household.id, Household.contact_id).where(
            Household.code.in_(codes)
        )
    )
    return {code: (id_, contact_id) for code, id_, contact_id in rows}


def _store_contacts(
    session: Session,
    cipher: Cipher,
    drafts: Sequence[HouseholdDraft],
    known: dict[str, tuple[int, int]],
    *,
    now: datetime,
) -> list[int]:
    """Contact ids of the drafts: a known household keeps its row, renewed."""
    rows = []
    for draft in drafts:
        row = contact_row(
            cipher,
            name=draft.head_name,
            phone=draft.phone,
            id_number=draft.id_number,
            now=now,
        )
        if draft.code in known:
            contact = session.get_one(Contact, known[draft.code][1])
            contact.name = row["name"]  # type: ignore[assignment]
            contact.phone = row["phone"]  # type: ignore[assignment]
            contact.id_number = row["id_number"]  # type: ignore[assignment]
        else:
            rows.append(row)
    fresh: Iterator[int] = iter(())
    if rows:
        fresh = iter(
            session.scalars(
                insert(Contact).returning(Contact.id, sort_by_parameter_order=True),
                rows,
            ).all()
        )
    return [
        known[draft.code][1] if draft.code in known else next(fresh) for draft in drafts
    ]


def _place(
    session: Session,
    household_ids: Sequence[int],
    points: Sequence[tuple[float, float]],
    *,
    edition_id: int,
    start: int = 0,
) -> None:
    located = locate_many(session, points, edition_id=edition_id)
    problems = [
        Problem(
            ("rows", start + i, "lon"),
            "The point lies outside the county",
            "Check the coordinates and the coordinate system they are given in",
        )
        for i, spot in enumerate(located)
        if spot.place is None
    ]
    if problems:
        raise InvalidInput(problems=problems)
    rows = [
        {
            "edition_id": edition_id,
            "household_id": household_id,
            "county_id": spot.place.county_id,
            "town_id": spot.place.town_id,
            "village_id": spot.place.village_id,
            "group_id": spot.place.group_id,
        }
        for household_id, spot in zip(household_ids, located, strict=True)
        if spot.place is not None
    ]
    if not rows:
        return
    statement = upsert(HouseholdPlace)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["edition_id", "household_id"],
            set_={
                name: statement.excluded[name]
                for name in ("county_id", "town_id", "village_id", "group_id")
            },
        ),
        rows,
    )


def place_households(session: Session, *, edition_id: int) -> int:
    """Tie every household to its areas in an edition; the number of households."""
    rows = session.execute(
        select(
            Household.id,
            func.ST_X(Household.geom).label("lon"),
            func.ST_Y(Household.geom).label("lat"),
        )
        .where(Household.ended_at.is_(None))
        .order_by(Household.id)
    ).all()
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        _place(
            session,
            [row.id for row in batch],
            [(row.lon, row.lat) for row in batch],
            edition_id=edition_id,
            start=start,
        )
    return len(rows)


def move_household(
    session: Session,
    household: Household,
    *,
    lon: float,
    lat: float,
    crs: str,
    edition_id: int,
    now: datetime,
) -> None:
    """Give a household another point and tie it to the areas there."""
    problems = find_point_problems(lon, lat, crs, ("body", "location"))
    if problems:
        raise InvalidInput(problems=problems)
    x, y = to_wgs84(lon, lat, Crs(crs))
    if locate_many(session, [(x, y)], edition_id=edition_id)[0].place is None:
        raise InvalidInput(
            "The point lies outside the county",
            loc=("body", "location"),
            mend="Check the coordinates and the coordinate system they are given in",
        )
    household.geom = f"SRID=4326;POINT({x!r} {y!r})"  # type: ignore[assignment]
    household.lon_claimed, household.lat_claimed = lon, lat
    household.crs_claimed, household.updated_at = crs, now
    session.flush()  # the point must be there before its place
    _place(session, [household.id], [(x, y)], edition_id=edition_id)


def end_household(household: Household, *, now: datetime) -> None:
    """The household has moved away or is no more; its requests keep naming it."""
    if household.ended_at is not None:
        raise Conflict("This household has ended already")
    household.ended_at = now
    household.updated_at = now
