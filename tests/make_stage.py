"""Two villages with everything in them, and every kind of caller.

Each request is made in a savepoint that is rolled back: what one caller changed is
undone before the next one asks, so that every caller meets the same county.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import make
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from make_pictures import a_photo_form
from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account, AuditEntry
from geo_api.accounts.portal_keys import create_portal_key
from geo_api.accounts.rules import Permission
from geo_api.accounts.server_keys import create_server_key
from geo_api.app import create_app
from geo_api.db.cipher import Cipher
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.models import Duty
from geo_api.duties.rules import DutyKind
from geo_api.households.contacts import store_contact
from geo_api.households.ledger import add_many
from geo_api.households.models import Household
from geo_api.households.rules import HouseholdDraft
from geo_api.http.context import Context
from geo_api.people.drafts import LeaveDraft, PersonDraft
from geo_api.people.leave import add_leaves_many
from geo_api.people.ledger import add_people_many
from geo_api.people.models import Leave, Person
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.ledger import add_zones_many
from geo_api.zones.membership import set_zone_households
from geo_api.zones.models import ResponsibilityZone
from geo_api.zones.rules import ZoneKind

# Every kind of caller; where the two villages lie to each is said by scope.txt.
CALLERS = (
    "anonymous",
    "portal",
    "server",
    "resident",
    "admin",
    "county",
    "town",
    "other_town",
    "village",
    "other_village",
    "handler",
    "stranger",
    "auditor",
)
# Accounts whose own persons carry the requests of each village.
_CARRIERS = {"home": "handler", "away": "stranger"}
_CODES = {"home": make.VILLAGE, "away": make.OTHER_VILLAGE}
_PHONES = {"home": "10055550001", "away": "10055550002"}
_ID_NUMBERS = {"home": "620171197001010015", "away": "620171196506150027"}
_HEADS = {"home": "欧阳守田", "away": "司马望山"}
_ORDERERS = {"home": ("端木问水", "10066660001"), "away": ("皇甫修路", "10066660002")}
_ACCOUNTS = {
    "admin": "慕容总管",
    "auditor": "上官查账",
    "county": "诸葛县务",
    "town": "东方镇务",
    "other_town": "西门镇务",
    "village": "南宫村务",
    "other_village": "北堂村务",
    "handler": "公孙联户",
    "grid": "夏侯网格",
    "town_desk": "尉迟值班",
    "stranger": "闻人外村",
}
_TELLERS = {"home": ("令狐知情", "10077770001"), "away": ("宇文见证", "10077770002")}


# What a village's thing is called until it is made.
_NOT_YET = UUID(int=0)


@dataclass(frozen=True)
class Ordered:
    """A request as its URL, its people and its resident's link name it."""

    id: UUID
    number: str
    link: str
    phone: str
    attachment: UUID = _NOT_YET


@dataclass
class Village:
    """What a URL or a body names of one of the two villages."""

    name: str
    code: str
    group: str
    lon: float
    lat: float
    zone_code: str = ""
    household_code: str = ""
    # Of a household that stands in no zone's list.
    unlisted_code: str = ""
    household_id: UUID = _NOT_YET
    household_point: tuple[float, float] = (0.0, 0.0)
    zone_id: UUID = _NOT_YET
    person_id: UUID = _NOT_YET
    person_code: str = ""
    duty_id: UUID = _NOT_YET
    leave_id: UUID = _NOT_YET
    # By situation: dispatched, accepted, completed, at_home, confidential.
    requests: dict[str, Ordered] = field(default_factory=dict)


@dataclass(frozen=True)
class Secret:
    """A value that must not leave unmasked without a row of the audit."""

    value: str
    # name, phone, id_number or point
    kind: str
    # Whose it is: the caller that may read its own, and what the audit calls it.
    owner: str
    subjects: frozenset[UUID]


@dataclass(frozen=True)
class Noted:
    """A row of the audit that a request caused."""

    account_id: int | None
    action: str
    subject_id: UUID | None
    fields: frozenset[str]


@dataclass(frozen=True)
class Reply:
    """What came back, and what the audit noted of it."""

    status: int
    content: bytes
    text: str
    headers: Mapping[str, str]
    audit: tuple[Noted, ...]


@dataclass
class Stage:
    """The county, the application on it, and who may knock at its door."""

    session: Session
    app: FastAPI
    client: TestClient
    clock: Any
    world: make.World
    villages: dict[str, Village]
    headers: dict[str, dict[str, str]]
    secrets: list[Secret]
    accounts: dict[str, UUID]
    account_ids: dict[str, int]
    key_id: UUID
    server_key_id: UUID
    # Whom both villages may hand a request to.
    desk_id: UUID
    tables: TextClause | None = None
    # By row, caller and village: scope and privacy look at the same replies.
    replies: dict[tuple[str, str, str], Reply] = field(default_factory=dict)

    def headers_of(self, caller: str, ordered: Ordered | None = None) -> dict[str, str]:
        """What a caller shows; a resident shows the link of the very request."""
        if caller == "resident":
            link = (ordered or self.villages["home"].requests["dispatched"]).link
            return {"Authorization": f"Bearer {link}"}
        return self.headers[caller]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside is rolled back, the clock and the cookies too."""
        now = self.clock.now
        self.session.expunge_all()
        # Named and released by hand: SQLAlchemy leaves a savepoint standing after its
        # rollback, and thousands of them would lie inside each other.
        self.session.execute(text("SAVEPOINT undone"))
        try:
            yield
        finally:
            self.session.expunge_all()
            self.session.execute(text("ROLLBACK TO SAVEPOINT undone"))
            self.session.execute(text("RELEASE SAVEPOINT undone"))
            self.session.expunge_all()
            self.client.cookies.clear()
            self.clock.now = now

    def ask(self, method: str, url: str, **options: Any) -> Response:
        """One request, undone afterwards."""
        with self.undone():
            return self.client.request(method, url, **options)

    def everything(self) -> dict[str, tuple[int, int]]:
        """Number of rows and a sum over their contents, of every table."""
        if self.tables is None:
            names = self.session.scalars(
                text(
                    "SELECT c.relname FROM pg_class c"
                    " WHERE c.relnamespace = to_regnamespace(:schema)"
                    " AND c.relkind = 'r' ORDER BY 1"
                ),
                {"schema": "minqing"},
            )
            self.tables = text(
                " UNION ALL ".join(
                    f"SELECT '{name}', count(*),"
                    f" coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {name} t"
                    for name in names
                )
            )
        rows = self.session.execute(self.tables)
        return {name: (count, int(content)) for name, count, content in rows}

    def ask_noted(self, method: str, url: str, **options: Any) -> Reply:
        """One request, undone afterwards, with the rows of the audit it caused."""
        last = select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)
        with self.undone():
            before = self.session.scalar(last) or 0
            reply = self.client.request(method, url, **options)
            rows = self.session.scalars(
                select(AuditEntry).where(AuditEntry.id > before)
            )
            noted = tuple(
                Noted(row.account_id, row.action, row.subject_id, frozenset(row.fields))
                for row in rows
            )
            return Reply(
                reply.status_code, reply.content, text_of(reply), reply.headers, noted
            )


def text_of(reply: Response) -> str:
    """All that a person could read in a reply: a workbook is opened, headers count."""
    parts = [f"{name}: {value}" for name, value in reply.headers.items()]
    body = reply.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(name) for name in archive.namelist())
    # Latin-1 would tear Chinese names apart; a tile's strings are UTF-8, too.
    parts.append(body.decode("utf-8", errors="replace"))
    return "\n".join(parts)


def set_the_stage(session: Session, context: Context) -> Stage:
    """The small county of ``make``, furnished alike in two villages of two towns.

    ``context`` hands out ``session`` and a clock that stands still.
    """
    clock: Any = context.clock
    now, cipher = clock.now, context.cipher
    world = make.a_world(session, cipher, now)
    villages = {name: _village(world, name, code) for name, code in _CODES.items()}
    secrets: list[Secret] = []
    for village in villages.values():
        _furnish(session, cipher, world, village, secrets, now)
    headers: dict[str, dict[str, str]] = {"anonymous": {}}
    accounts: dict[str, UUID] = {}
    for name, account_id in world.accounts.items():
        account = session.get_one(Account, account_id)
        account.name = _ACCOUNTS[name]
        accounts[name] = account.public_id
        headers[name] = make.a_token(session, world, name, now)
        secrets.append(
            Secret(account.name, "name", name, frozenset({account.public_id}))
        )
    for person in session.scalars(select(Person)):
        owner = next(
            (n for n, i in world.accounts.items() if i == person.account_id), ""
        )
        secrets.append(
            Secret(person.name, "name", owner, frozenset({person.public_id}))
        )
    key, secret = create_portal_key(
        session,
        name="演示门户",
        origins=[],
        layers=["heat", "areas"],
        area_ids=[world.county.ids["620171101"]],
        now=now,
    )
    headers["portal"] = {"X-Portal-Key": secret}
    server_key, secret = create_server_key(
        session,
        name="演示热线",
        may=list(Permission),
        area_ids=[world.county.ids["620171101"]],
        now=now,
    )
    headers["server"] = {"Authorization": f"Bearer {secret}"}
    session.flush()
    app = create_app(context)
    client = TestClient(app, raise_server_exceptions=False)
    stage = Stage(
        session=session,
        app=app,
        client=client,
        clock=clock,
        world=world,
        villages=villages,
        headers=headers,
        secrets=secrets,
        accounts=accounts,
        account_ids=dict(world.accounts),
        key_id=key.public_id,
        server_key_id=server_key.public_id,
        desk_id=session.get_one(Person, world.people["county_desk"]).public_id,
    )
    for village in villages.values():
        _order_all(stage, village)
    return stage


def _village(world: make.World, name: str, code: str) -> Village:
    group = f"{code}001"
    west, south, *_ = world.county.shapes[group].bounds
    # Inside the zone that `_furnish` draws in the group's corner.
    return Village(name, code, group, west + 0.006, south + 0.003)


def _furnish(
    session: Session,
    cipher: Cipher,
    world: make.World,
    village: Village,
    secrets: list[Secret],
    now: datetime,
) -> None:
    """A zone with a household that somebody with an account cares for, and a leave."""
    group_id = world.county.ids[village.group]
    village.zone_code = f"{village.group}009"
    corner = world.county.shapes[village.group].bounds
    area = make.box(corner[0], corner[1], corner[0] + 0.01, corner[1] + 0.01)
    zone_id = add_zones_many(
        session,
        [
            ZoneDraft(
                village.zone_code,
                f"{village.name}联户",
                group_id,
                ZoneKind.HOUSEHOLDS,
                make.START,
                area,
            )
        ],
    )[village.zone_code]
    # Digits that occur nowhere else, so that a leaked point is found as text.
    lon, lat = corner[0] + 0.0051733, corner[1] + 0.0041977
    village.household_point = (round(lon, 7), round(lat, 7))
    village.household_code = f"{village.group}-0009"
    village.unlisted_code = f"{village.group}-0008"
    household_id = add_many(
        session,
        cipher,
        [
            HouseholdDraft(
                code=village.household_code,
                address=f"{village.name}门牌九号",
                head_name=_HEADS[village.name],
                lon=village.household_point[0],
                lat=village.household_point[1],
                crs="wgs84",
                phone=_PHONES[village.name],
                id_number=_ID_NUMBERS[village.name],
                member_count=4,
            ),
            HouseholdDraft(
                code=village.unlisted_code,
                address=f"{village.name}门牌八号",
                head_name="无片户",
                lon=village.lon,
                lat=village.lat,
                crs="wgs84",
            ),
        ],
        edition_id=world.county.edition_id,
        now=now,
    )[0]
    set_zone_households(session, [(zone_id, household_id)], day=make.START)
    carrier = _CARRIERS[village.name]
    person = session.scalars(
        select(Person).where(Person.account_id == world.accounts[carrier])
    ).one()
    phone = f"1008888000{person.id % 10}"
    person.contact_id = store_contact(session, cipher, phone=phone, now=now)
    substitute_id = add_people_many(
        session, [PersonDraft(f"S-{village.name}", f"替补{village.name}")], now=now
    )[f"S-{village.name}"]
    duty_id = add_duties_many(
        session,
        [
            DutyDraft(person.id, DutyKind.HOUSEHOLD_CARE, make.START, zone_id=zone_id),
            DutyDraft(substitute_id, DutyKind.GRID, make.START, area_id=group_id),
        ],
    )[0]
    away_from = make.TODAY + timedelta(days=60)
    leave_id = add_leaves_many(
        session,
        [LeaveDraft(person.id, away_from, away_from, substitute_id)],
        now=now,
    )[0]
    session.flush()
    household = session.get_one(Household, household_id)
    zone = session.get_one(ResponsibilityZone, zone_id)
    village.household_id, village.zone_id = household.public_id, zone.public_id
    village.person_id, village.person_code = person.public_id, person.code
    village.duty_id = session.get_one(Duty, duty_id).public_id
    village.leave_id = session.get_one(Leave, leave_id).public_id
    mine = frozenset({household.public_id})
    secrets += [
        Secret(_HEADS[village.name], "name", "", mine),
        Secret(_PHONES[village.name], "phone", "", mine),
        Secret(_ID_NUMBERS[village.name], "id_number", "", mine),
        *(Secret(f"{part}", "point", "", mine) for part in village.household_point),
        Secret(phone, "phone", carrier, frozenset({person.public_id})),
    ]


def _order_all(stage: Stage, village: Village) -> None:
    """One request for each situation, carried there by the verbs themselves."""
    carrier = stage.headers[_CARRIERS[village.name]]
    keeper = stage.headers["village" if village.name == "home" else "other_village"]
    for situation in ("dispatched", "accepted", "completed"):
        ordered = _order(stage, village, situation)
        path = f"/api/requests/{ordered.id}"
        if situation != "dispatched":
            _done(stage.client.post(f"{path}/accept", headers=carrier))
        if situation == "completed":
            note = {"note": "已修好"}
            _done(stage.client.post(f"{path}/complete", json=note, headers=carrier))
    where = {"household_id": str(village.household_id)}
    _order(stage, village, "at_home", location=where, headers=keeper)
    _order(stage, village, "confidential", service_code="JB-JUBAO")
    for situation in ("dispatched", "confidential"):
        ordered = village.requests[situation]
        photo = _done(
            stage.client.post(
                f"/api/requests/{ordered.id}/attachments",
                headers={"Authorization": f"Bearer {ordered.link}"},
                **a_photo_form(),
            )
        )
        village.requests[situation] = replace(ordered, attachment=UUID(photo["id"]))


def _order(
    stage: Stage,
    village: Village,
    situation: str,
    *,
    service_code: str = "XQ-SHUI",
    location: dict[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Ordered:
    tellers = _TELLERS if situation == "confidential" else _ORDERERS
    name, phone = tellers[village.name]
    body = order_body(village, service_code=service_code)
    body["contact"] = {"name": name, "phone": phone}
    body["location"] = location or body["location"]
    reply = _done(
        stage.client.post("/api/requests", json=body, headers=dict(headers or {}))
    )
    number = reply["number"]
    link = reply["tracking_url"].rsplit("/", 1)[1]
    shown = _done(
        stage.client.get("/api/me", headers={"Authorization": f"Bearer {link}"})
    )
    ordered = Ordered(UUID(shown["request_id"]), number, link, phone)
    village.requests[situation] = ordered
    found = {secret.value: secret for secret in stage.secrets}
    for value, kind in ((name, "name"), (phone, "phone")):
        known = found.get(value)
        subjects = (known.subjects if known else frozenset()) | {ordered.id}
        if known:
            stage.secrets.remove(known)
        stage.secrets.append(Secret(value, kind, "", subjects))
    return ordered


def order_body(village: Village, *, service_code: str = "XQ-SHUI") -> dict[str, Any]:
    """An order at a village's point."""
    return {
        "service_code": service_code,
        "description": f"{village.name}停水两天",
        "location": {"lon": village.lon, "lat": village.lat, "crs": "wgs84"},
    }


def _done(reply: Response) -> dict[str, Any]:
    assert reply.status_code in (200, 201), reply.text
    body: dict[str, Any] = reply.json()
    return body


def later(days: int) -> str:
    """A date as a body writes it."""
    day: date = make.TODAY + timedelta(days=days)
    return day.isoformat()
