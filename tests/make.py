"""Builders: a test spells out what it cares about, the rest is made up here.

The county is a square of 0.4° with towns, villages and groups as smaller squares:

    towns     T1 (west)  T2 (east)
    villages  two to a town, south and north
    groups    two to a village, west and east
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from geoalchemy2.shape import from_shape
from shapely import MultiPolygon, Polygon, box
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account
from geo_api.accounts.passwords import hash_password
from geo_api.accounts.rules import Role
from geo_api.accounts.service import set_areas
from geo_api.accounts.tokens import issue_account_token
from geo_api.areas.models import (
    Area,
    AreaCode,
    AreaName,
    BoundarySource,
    Edition,
    EditionArea,
    Shape,
    ShapePiece,
)
from geo_api.catalogue.service import load_calendar
from geo_api.catalogue.versions import seed_services
from geo_api.db.cipher import Cipher
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.rules import DutyKind
from geo_api.households.ledger import add_many
from geo_api.households.rules import HouseholdDraft
from geo_api.people.drafts import PersonDraft
from geo_api.people.ledger import add_people_many
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.ledger import add_zones_many
from geo_api.zones.membership import set_zone_households
from geo_api.zones.rules import ZoneKind

WEST, SOUTH = 103.4, 36.4
START = date(2020, 1, 1)


@dataclass
class County:
    """Ids of a small county's areas by code."""

    edition_id: int
    ids: dict[str, int] = field(default_factory=dict)
    shapes: dict[str, Polygon | MultiPolygon] = field(default_factory=dict)

    def center(self, code: str) -> tuple[float, float]:
        """A lon, lat well inside an area."""
        point = self.shapes[code].representative_point()
        return point.x, point.y


def county_tree() -> list[tuple[str, str, str, str | None, Polygon]]:
    """(code, name, type, parent code, shape) of the small county, wide to narrow."""
    rows: list[tuple[str, str, str, str | None, Polygon]] = [
        ("620171", "演示县", "county", None, box(WEST, SOUTH, WEST + 0.4, SOUTH + 0.4))
    ]
    for t in (1, 2):
        town = f"62017110{t}"
        west = WEST + 0.2 * (t - 1)
        rows.append(
            (
                town,
                f"{'东西'[t % 2]}镇",
                "town",
                "620171",
                box(west, SOUTH, west + 0.2, SOUTH + 0.4),
            )
        )
        for v in (1, 2):
            village = f"{town}20{v}"
            south = SOUTH + 0.2 * (v - 1)
            rows.append(
                (
                    village,
                    f"{'东西'[t % 2]}{'北南'[v % 2]}村",
                    "village",
                    town,
                    box(west, south, west + 0.2, south + 0.2),
                )
            )
            for g in (1, 2):
                left = west + 0.1 * (g - 1)
                rows.append(
                    (
                        f"{village}00{g}",
                        f"{'一二'[g - 1]}社",
                        "group",
                        village,
                        box(left, south, left + 0.1, south + 0.2),
                    )
                )
    return rows


def a_county(session: Session, *, active_from: date = START) -> County:
    """One county, two towns, four villages and eight groups in an active edition."""
    created = datetime.fromisoformat("2020-01-01T00:00:00+08:00")
    source = BoundarySource(
        name="squares",
        licence="CC0-1.0",
        url="",
        is_invented=True,
        crs="wgs84",
        file_name="squares.geojson",
        file_sha256=b"",
        imported_at=created,
    )
    session.add(source)
    session.flush()
    edition = Edition(
        name="squares",
        reason="initial",
        source_id=source.id,
        created_at=created,
        active_from=active_from,
        activated_at=created,
    )
    session.add(edition)
    session.flush()
    county = County(edition.id)
    tree = list(county_tree())
    areas = {code: Area(created_at=created) for code, *_ in tree}
    shapes = {}
    for code, *_, polygon in tree:
        county.shapes[code] = polygon
        geometry = MultiPolygon([polygon])
        shapes[code] = Shape(
            hash=hashlib.sha256(geometry.wkb).digest(),
            geom=from_shape(geometry, srid=4326),
            label_point=from_shape(polygon.representative_point(), srid=4326),
            area_m2=polygon.area * 9.9e9,
        )
    session.add_all([*areas.values(), *shapes.values()])
    session.flush()
    county.ids.update((code, area.id) for code, area in areas.items())
    for code, name, kind, parent, polygon in tree:
        area_id, shape_id = county.ids[code], shapes[code].id
        session.add_all(
            [
                ShapePiece(shape_id=shape_id, geom=from_shape(polygon, srid=4326)),
                AreaCode(
                    area_id=area_id,
                    system="statistics",
                    code=code,
                    valid_from=active_from,
                    is_primary=True,
                ),
                AreaName(
                    area_id=area_id, name=name, kind="official", valid_from=active_from
                ),
                EditionArea(
                    edition_id=edition.id,
                    area_id=area_id,
                    parent_id=county.ids.get(parent or ""),
                    type=kind,
                    code=code,
                    name=name,
                    shape_id=shape_id,
                ),
            ]
        )
    session.flush()
    return county


TODAY = date(2026, 3, 2)
VILLAGE = "620171101201"
GROUP = "620171101201001"
ZONE = "620171101201001001"
OTHER_VILLAGE = "620171102202"
PASSWORD = "a long enough password"


@dataclass
class World:
    """A small county with people, duties, zones, households and accounts.

    Each person is named after the duty: 联户甲 cares for the two households of the
    zone, and so on up to 县值班甲.
    """

    county: County
    people: dict[str, int] = field(default_factory=dict)
    duties: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    zones: dict[str, int] = field(default_factory=dict)
    households: list[int] = field(default_factory=list)

    def point(self, code: str = GROUP) -> tuple[float, float]:
        """A lon, lat well inside an area."""
        return self.county.center(code)


@cache
def _password_hash() -> str:
    """Hashing is slow on purpose; once is enough for a run."""
    return hash_password(PASSWORD)


def a_world(session: Session, cipher: Cipher, now: datetime) -> World:
    """The small county with somebody for every step of one village's chain."""
    county = a_county(session)
    world = World(county)
    seed_services(session, now=now)
    load_calendar(session)
    for role, name, code in (
        (Role.ADMIN, "admin", None),
        (Role.AUDITOR, "auditor", None),
        (Role.COUNTY_LEADER, "county", "620171"),
        (Role.TOWN_LEADER, "town", "620171101"),
        (Role.TOWN_LEADER, "other_town", "620171102"),
        (Role.VILLAGE_CADRE, "village", VILLAGE),
        (Role.VILLAGE_CADRE, "other_village", OTHER_VILLAGE),
        (Role.HANDLER, "handler", None),
        (Role.HANDLER, "grid", None),
        (Role.HANDLER, "town_desk", None),
        (Role.HANDLER, "stranger", None),
    ):
        account = Account(
            username=name,
            password_hash=_password_hash(),
            name=f"账号{name}",
            role=role.value,
            must_change_password=False,
            created_at=now,
        )
        session.add(account)
        session.flush()
        set_areas(session, account, [county.ids[code]] if code else [])
        world.accounts[name] = account.id
    west = county.shapes[GROUP]
    zones = add_zones_many(
        session,
        [
            ZoneDraft(
                f"{GROUP}00{i}",
                f"一社第{i}联户",
                county.ids[GROUP],
                ZoneKind.HOUSEHOLDS,
                START,
                part,
            )
            for i, part in enumerate(_halves(west), start=1)
        ],
    )
    world.zones = zones
    x, y = _halves(west)[0].representative_point().coords[0]
    world.households = add_many(
        session,
        cipher,
        [
            HouseholdDraft(
                code=f"{GROUP}-000{i}",
                address=f"东镇东南村一社{i}号",
                head_name=f"赵户主{i}",
                lon=x + i * 0.001,
                lat=y,
                crs="wgs84",
                phone=f"1001234567{i}",
                id_number="620171197001010015",
                member_count=3,
            )
            for i in (1, 2)
        ],
        edition_id=county.edition_id,
        now=now,
    )
    set_zone_households(
        session, [(zones[ZONE], h) for h in world.households], day=START
    )
    _give_duties(session, world, now)
    return world


def _halves(square: Polygon) -> tuple[Polygon, Polygon]:
    west, south, east, north = square.bounds
    middle = (south + north) / 2
    return box(west, south, east, middle), box(west, middle, east, north)


def _give_duties(session: Session, world: World, now: datetime) -> None:
    ids, accounts = world.county.ids, world.accounts
    wanted = (
        ("care", "钱联户", DutyKind.HOUSEHOLD_CARE, "zone", ZONE, "handler"),
        ("grid", "孙网格", DutyKind.GRID, "area", GROUP, "grid"),
        ("village_desk", "李村务", DutyKind.VILLAGE_DESK, "area", VILLAGE, "village"),
        ("stationed", "周驻村", DutyKind.STATIONED, "area", VILLAGE, None),
        ("village_lead", "吴包村", DutyKind.VILLAGE_LEAD, "area", VILLAGE, None),
        ("town_desk", "郑镇值", DutyKind.TOWN_DESK, "area", "620171101", "town_desk"),
        ("other_desk", "王镇值", DutyKind.TOWN_DESK, "area", "620171102", None),
        ("county_desk", "冯县值", DutyKind.COUNTY_DESK, "area", "620171", None),
        (
            "stranger",
            "陈外村",
            DutyKind.VILLAGE_DESK,
            "area",
            OTHER_VILLAGE,
            "stranger",
        ),
    )
    people = add_people_many(
        session,
        [
            PersonDraft(f"P-{key}", name, account_id=accounts[user] if user else None)
            for key, name, _, _, _, user in wanted
        ],
        now=now,
    )
    duties = add_duties_many(
        session,
        [
            DutyDraft(
                people[f"P-{key}"],
                kind,
                START,
                zone_id=world.zones[code] if place == "zone" else None,
                area_id=ids[code] if place == "area" else None,
            )
            for key, _, kind, place, code, _ in wanted
        ],
    )
    for (key, *_), duty_id in zip(wanted, duties, strict=True):
        world.people[key] = people[f"P-{key}"]
        world.duties[key] = duty_id


def a_token(session: Session, world: World, name: str, now: datetime) -> dict[str, str]:
    """Headers that sign a request in as one of the world's accounts."""
    account = session.get_one(Account, world.accounts[name])
    secret, _ = issue_account_token(session, account, kind="bearer", now=now, hours=12)
    session.flush()
    return {"Authorization": f"Bearer {secret}"}
