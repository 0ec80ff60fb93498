"""Who the demo's people are to the service: accounts, persons, duties, leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Role
from geo_api.db.cipher import Cipher
from geo_api.demo.accounts import Seat
from geo_api.demo.holders import Holder
from geo_api.demo.population import Population
from geo_api.demo.year import DAYS
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.rules import DutyKind
from geo_api.households.contacts import contact_row
from geo_api.households.models import Contact
from geo_api.people.drafts import LeaveDraft, PersonDraft
from geo_api.people.leave import add_leaves_many
from geo_api.people.ledger import add_people_many

COUNTY, TOWN, VILLAGE = "620171", "620171103", "620171103202"
_LEAVES = 70


def seats(population: Population) -> list[Seat]:
    """The known accounts, and one clerk for each of the other towns."""
    handler = _handler(population)
    towns = {h.places[0] for h in population.holders if h.kind == "town_desk"}
    return [
        Seat("admin", Role.ADMIN, "系统管理员"),
        Seat("county", Role.COUNTY_LEADER, "新区值班领导", COUNTY),
        Seat("town", Role.TOWN_LEADER, "西岔镇值班领导", TOWN),
        Seat("village", Role.VILLAGE_CADRE, "岘子村文书", VILLAGE),
        Seat("handler", Role.HANDLER, handler.name),
        Seat("auditor", Role.AUDITOR, "审计员"),
        *(
            Seat(f"town-{code}", Role.TOWN_LEADER, "镇值班员", code)
            for code in sorted(towns - {TOWN})
        ),
    ]


def _handler(population: Population) -> Holder:
    """The party member of the village's first zone."""
    return next(
        holder
        for holder in population.holders
        if holder.kind == "household_care" and holder.places[0].startswith(VILLAGE)
    )


def tied(population: Population, accounts: Mapping[str, int]) -> dict[str, int]:
    """Account ids by the codes of the people who sign in with them."""
    tied = {_handler(population).code: accounts["handler"]}
    for username, kind, place in (
        ("county", "county_desk", COUNTY),
        ("town", "town_desk", TOWN),
        ("village", "village_desk", VILLAGE),
        *((f"town-{code}", "town_desk", code) for code in _clerk_towns(accounts)),
    ):
        holder = next(
            h for h in population.holders if h.kind == kind and h.places[0] == place
        )
        tied[holder.code] = accounts[username]
    return tied


def _clerk_towns(accounts: Mapping[str, int]) -> list[str]:
    return [name.removeprefix("town-") for name in accounts if name.startswith("town-")]


def add_holders(
    session: Session,
    cipher: Cipher,
    holders: Sequence[Holder],
    tied: Mapping[str, int],
    *,
    now: datetime,
) -> dict[str, int]:
    """People with their phones; internal ids by code."""
    contacts = session.scalars(
        insert(Contact).returning(Contact.id, sort_by_parameter_order=True),
        [contact_row(cipher, phone=holder.phone, now=now) for holder in holders],
    ).all()
    return add_people_many(
        session,
        [
            PersonDraft(
                holder.code,
                holder.name,
                holder.is_party_member,
                account_id=tied.get(holder.code),
                contact_id=contact_id,
            )
            for holder, contact_id in zip(holders, contacts, strict=True)
        ],
        now=now,
    )


def give_duties(
    session: Session,
    holders: Sequence[Holder],
    person_ids: Mapping[str, int],
    area_ids: Mapping[str, int],
    zone_ids: Mapping[str, int],
    since: date,
) -> None:
    """Each holder's duty for each of their places."""
    drafts = []
    for holder in holders:
        for code in holder.places:
            place: dict[str, Any] = (
                {"zone_id": zone_ids[code]}
                if code in zone_ids
                else {"area_id": area_ids[code]}
            )
            kind = DutyKind(holder.kind)
            drafts.append(DutyDraft(person_ids[holder.code], kind, since, **place))
    add_duties_many(session, drafts)


def send_on_leave(
    session: Session,
    population: Population,
    person_ids: Mapping[str, int],
    *,
    until: date,
    now: datetime,
) -> None:
    """Some party members are away for some days, most with somebody to stand in."""
    carers = [h for h in population.holders if h.kind == "household_care"]
    handler = _handler(population)
    step = len(carers) // _LEAVES
    drafts = []
    for i in range(_LEAVES):
        holder, neighbour = carers[i * step], carers[i * step + 1]
        if handler in (holder, neighbour):
            continue
        first = until - timedelta(days=i * DAYS // _LEAVES)
        drafts.append(
            LeaveDraft(
                person_ids[holder.code],
                first,
                first + timedelta(days=3 + i % 12),
                person_ids[neighbour.code] if i % 4 else None,
            )
        )
    add_leaves_many(session, drafts, now=now)
