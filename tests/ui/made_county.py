"""A county to look at: wiggly borders, people for every place, a year of requests.

The year ends now, because the pages ask for the days that the browser calls today.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import make_coverage
import shapely
from shapely import Point, Polygon
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor, Role
from geo_api.accounts.service import create_account
from geo_api.areas.drafts import AreaDraft
from geo_api.areas.rules import AreaType
from geo_api.areas.service import area_ids_of
from geo_api.catalogue.seed import SERVICES
from geo_api.catalogue.service import load_calendar
from geo_api.catalogue.versions import seed_services
from geo_api.db.cipher import Cipher
from geo_api.dispatch.rules import Location
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.rules import DutyKind
from geo_api.heat.publication import publish_ended
from geo_api.households.ledger import add_many
from geo_api.households.rules import HouseholdDraft
from geo_api.people.drafts import PersonDraft
from geo_api.people.ledger import add_people_many
from geo_api.requests.handle.bulk import By, Plan, PlannedAct, carry_many
from geo_api.requests.order.drafts import OrderDraft
from geo_api.requests.rules import Rating, Verb
from geo_api.settings import PrivacySettings, Settings

PASSWORD = "minqing-demo"
COUNTY = "620171"
TOWN = "620171101"
USERS = {"county_leader": "county", "town_leader": "town"}

_START = date(2025, 1, 1)
_TOWNS = {"620171101": "东坪镇", "620171102": "西岭镇"}
_VILLAGES = ["上河村", "柳沟村", "石门村", "槐树社区", "新井村", "南滩村", "高崖村"]
_DESKS = {
    AreaType.COUNTY: DutyKind.COUNTY_DESK,
    AreaType.TOWN: DutyKind.TOWN_DESK,
    AreaType.VILLAGE: DutyKind.VILLAGE_DESK,
    AreaType.GROUP: DutyKind.GRID,
}
# Some services stay without a request, so that a page must cope with them.
_NEVER_ASKED_FOR = {"JB-JUBAO", "MD-JIATING", "XQ-DIBAO"}
_ASKED_FOR = [s.code for s in SERVICES if s.code not in _NEVER_ASKED_FOR]


def settle_county(
    session: Session, cipher: Cipher, settings: Settings, *, now: datetime
) -> None:
    """Areas, accounts, people, households and a year of requests that ends ``now``."""
    draw = random.Random(620171)
    drafts = list(_named(make_coverage.wiggly(columns=8, rows=6).drafts))
    edition = make_coverage.store(session, drafts, day=_START)
    seed_services(session, now=now)
    load_calendar(session)
    codes = [draft.code for draft in drafts]
    ids = dict(zip(codes, area_ids_of(session, codes, now.date()), strict=True))
    _add_accounts(session, ids, now)
    people = add_people_many(
        session,
        [PersonDraft(f"P-{draft.code}", "钱干事") for draft in drafts],
        now=now,
    )
    add_duties_many(
        session,
        [
            DutyDraft(
                people[f"P-{draft.code}"],
                _DESKS[draft.type],
                _START,
                area_id=ids[draft.code],
            )
            for draft in drafts
        ],
    )
    groups = [draft for draft in drafts if draft.type is AreaType.GROUP]
    add_many(
        session,
        cipher,
        list(_households(groups)),
        edition_id=edition.id,
        now=now,
    )
    carry_many(
        session,
        list(_year(draw, groups, now)),
        cipher=cipher,
        settings=settings,
    )
    # Low floors, so that a small county has something to show.
    floors = PrivacySettings(public_min_households=1, public_min_requests=2)
    publish_ended(session, Settings(state=settings.state, privacy=floors), now=now)


def _named(drafts: list[AreaDraft]) -> Iterator[AreaDraft]:
    villages = iter(_VILLAGES + [f"新安{n}村" for n in "一二三四五"])
    for draft in drafts:
        if draft.type is AreaType.TOWN:
            yield replace(draft, name=_TOWNS[draft.code])
        elif draft.type is AreaType.VILLAGE:
            yield replace(draft, name=next(villages))
        else:
            yield draft


def _add_accounts(session: Session, ids: dict[str, int], now: datetime) -> None:
    for role, code in ((Role.COUNTY_LEADER, COUNTY), (Role.TOWN_LEADER, TOWN)):
        create_account(
            session,
            username=USERS[role.value],
            password=PASSWORD,
            name="赵书记",
            role=role,
            area_ids=[ids[code]],
            must_change_password=False,
            now=now,
        )


def _households(groups: list[AreaDraft]) -> Iterator[HouseholdDraft]:
    for group in groups:
        middle = group.shape.representative_point()
        yield HouseholdDraft(
            code=f"{group.code}-0001",
            address=f"{group.name}1号",
            head_name="孙户主",
            lon=middle.x,
            lat=middle.y,
            crs="wgs84",
            phone="10012345678",
            member_count=3,
        )


def _year(
    draw: random.Random, groups: list[AreaDraft], now: datetime
) -> Iterator[Plan]:
    """Every day has its requests and the last hour, too; some places have more."""
    ages = [timedelta(minutes=20), timedelta(minutes=50)]
    ages += [timedelta(days=draw.uniform(0, 30)) for _ in range(150)]
    ages += [timedelta(days=draw.uniform(30, 364)) for _ in range(450)]
    busy = groups[::7]
    for age in sorted(ages, reverse=True):
        group = draw.choice(busy if draw.random() < 0.5 else groups)
        at = now - age
        point = _point_in(draw, group.shape)
        order = OrderDraft(
            Actor(),
            draw.choice(_ASKED_FOR),
            "请来看一看",
            Location(lon=point.x, lat=point.y, crs="wgs84"),
            at,
        )
        yield Plan(order, list(_acts(draw, at, now)))


def _point_in(draw: random.Random, shape: Polygon) -> Point:
    west, south, east, north = shape.bounds
    while True:
        point = Point(
            draw.triangular(west, east),
            draw.triangular(south, north),
        )
        if shapely.covers(shape, point):
            return point


def _acts(draw: random.Random, at: datetime, now: datetime) -> Iterator[PlannedAct]:
    """What has happened so far to a request of ``at``; one in twelve is left lying."""
    steps = [
        PlannedAct(Verb.ACCEPT, at + timedelta(hours=draw.uniform(0.5, 30))),
        PlannedAct(Verb.COMPLETE, at + timedelta(days=draw.uniform(1.5, 9))),
        PlannedAct(
            Verb.RATE,
            at + timedelta(days=draw.uniform(9.5, 14)),
            By.RESIDENT,
            score=draw.choices(list(Rating), weights=(7, 3, 1))[0],
        ),
    ]
    if draw.random() < 1 / 20:
        yield PlannedAct(Verb.WITHDRAW, min(at + timedelta(hours=1), now), By.RESIDENT)
        return
    last = draw.choices((0, 1, 2, 3), weights=(3, 3, 30, 64))[0]
    for step in steps[:last]:
        if step.at > now:
            return
        yield step
