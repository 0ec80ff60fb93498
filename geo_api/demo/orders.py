"""Carries the drawn year through the requests' own rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.areas.datums import Crs, from_wgs84
from geo_api.db.cipher import Cipher
from geo_api.demo.names import People
from geo_api.demo.year import Site, YearOrder
from geo_api.dispatch.rules import Location
from geo_api.requests.handle.bulk import By, Plan, PlannedAct, carry_many
from geo_api.requests.order.drafts import ContactDraft, OrderDraft
from geo_api.requests.rules import Channel, DeclineReason, Rating, Verb
from geo_api.settings import Settings

_PEOPLE_SEED = 10_000
# Every so many complaints one names whom it is about.
_NAMED_COMPLAINTS = 4


@dataclass(frozen=True)
class Ground:
    """What orders refer to, by the codes that the year knows."""

    sites: Sequence[Site]
    # By the site's index; empty where no households are known.
    household_ids: Sequence[int]
    # Account ids of the clerks who enter what comes by phone, by village.
    clerks: Mapping[str, int]
    # Person ids of those whom a complaint may be about, by village.
    desks: Mapping[str, int]


def carry_year(
    session: Session,
    orders: Sequence[YearOrder],
    ground: Ground,
    *,
    cipher: Cipher,
    settings: Settings,
) -> int:
    """Order, dispatch, accept … as planned; the number of requests."""
    people = People(_PEOPLE_SEED)
    plans = [
        Plan(_order(i, order, ground, people), _acts(order))
        for i, order in enumerate(orders)
    ]
    return len(carry_many(session, plans, cipher=cipher, settings=settings))


def _order(i: int, order: YearOrder, ground: Ground, people: People) -> OrderDraft:
    site = ground.sites[order.site]
    actor = Actor()
    if order.is_by_clerk:
        actor = Actor(
            kind=CallerKind.ACCOUNT,
            role=Role.TOWN_LEADER,
            account_id=ground.clerks[site.village],
        )
    contact = None
    if order.has_contact:
        contact = ContactDraft(people.name(), people.phone())
    about = None
    if order.service_code == "TS-TOUSU" and i % _NAMED_COMPLAINTS == 0:
        about = ground.desks.get(site.village)
    return OrderDraft(
        actor=actor,
        service_code=order.service_code,
        description=order.description,
        location=_location(order, site, ground),
        at=order.at,
        channel=Channel(order.channel),
        contact=contact,
        about_person_id=about,
    )


def _location(order: YearOrder, site: Site, ground: Ground) -> Location:
    if order.has_home and ground.household_ids:
        return Location(household_id=ground.household_ids[order.site])
    if not (order.has_point or order.has_home):
        return Location(area_code=site.village)
    lon, lat = from_wgs84(order.lon, order.lat, Crs(order.crs))
    return Location(lon=lon, lat=lat, crs=order.crs, accuracy_m=25.0)


def _acts(order: YearOrder) -> list[PlannedAct]:
    return [
        PlannedAct(
            Verb(step.verb),
            step.at,
            by=By(step.by),
            note=step.note,
            reason=DeclineReason(step.reason),
            score=Rating(step.score),
        )
        for step in order.steps
    ]
