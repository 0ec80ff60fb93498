"""A county in which every text that anybody can write is written to do harm.

Everything comes in by the doors that people use, the boundary import and the HTTP API;
what has no door (the catalogue) is written to the tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import make_coverage
from fastapi.testclient import TestClient
from make_pictures import a_photo_form
from shapely import Polygon
from shapely.geometry import mapping
from sqlalchemy import Column, String, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from geo_api.accounts.rules import Role
from geo_api.accounts.service import create_account
from geo_api.app import create_app
from geo_api.areas.models import AreaName, EditionArea
from geo_api.areas.rules import AreaType
from geo_api.catalogue.models import CalendarDay, Service
from geo_api.catalogue.service import load_calendar
from geo_api.catalogue.versions import seed_services
from geo_api.db.cipher import Cipher
from geo_api.db.model import Model
from geo_api.db.session import SessionFactory
from geo_api.http.context import Context
from geo_api.ingest.boundaries import import_boundaries
from geo_api.ingest.declaration import CountyDeclaration, Declaration, FieldNames
from geo_api.settings import Settings, StateSettings
from geo_api.signs import normalise

PASSWORD = "minqing-demo"
COUNTY = "620171"
SERVICE = "XQ-SHUI"
# What stands in every text, however short: the code of templates and of HTML, an end
# mark that nothing began, a turn to the left.
MARK = "${hurt()}`<img src=x onerror=hurt()>\u2069\u202e"
# Where there is room: quotes, scripts, other templates, signs without a width.
_MORE = (
    "\"'</script><script>hurt()</script><svg onload=hurt()>{{7*7}}%(name)s"
    "\u2066\u2067\u200f\u2069\u2069\u2069\u200b\ufeff\u202e反\n=1+1\r\n: data\n\n"
)
# A cell that begins so is a formula.
_LEADS = ("=1", "+1", "-1", "@A1")


# Columns of text in which no person writes.
_WRITTEN_BY_US = {
    "account.password_hash": "a hash",
    "account.role": "a code",
    "account.username": "letters, digits and three signs",
    "area_code.code": "a code, found by nothing but itself",
    "area_code.system": "a code",
    "area_name.kind": "a code",
    "attachment.media_type": "a code",
    "audit_entry.action": "a code",
    "audit_entry.caller_kind": "a code",
    "audit_entry.fields": "names of fields",
    "audit_entry.subject_kind": "a code",
    "boundary_source.crs": "a code",
    "catalogue_rule.chain": "codes",
    "catalogue_rule.first_duty": "a code",
    "catalogue_version.reason": "said to a terminal alone",
    "counter.kind": "a code",
    "dispatch_decision.explanation": "of decisions from before there were inputs",
    "dispatch_decision.verdicts": "codes",
    "duty.kind": "a code",
    "edition.reason": "a code",
    "edition_area.code": "a code",
    "edition_area.other_codes": "codes",
    "edition_area.system": "a code",
    "edition_area.type": "a code",
    "household.code": "letters, digits and three signs",
    "household.crs_claimed": "a code",
    "idempotent_reply.key": "compared, never shown",
    "person.code": "letters, digits and three signs",
    "job_run.name": "a code",
    "outbox.consumer": "a code",
    "portal_key.layers": "codes",
    "portal_key.origins": "scheme, host and port",
    "request_event.caller_kind": "a code",
    "request_event.verb": "a code",
    "publication.kind": "a code",
    "published_rate.group_name": "copied from the service",
    "responsibility_zone.code": "letters, digits and three signs",
    "responsibility_zone.kind": "a code",
    "server_key.may": "codes",
    "service.code": "a code",
    "service.kind": "a code",
    "service_request.channel": "a code",
    "service_request.crs_claimed": "a code",
    "service_request.fingerprint": "digests",
    "service_request.number": "digits",
    "service_request.rating": "a code",
    "service_request.stage": "a code",
    "service_request.status": "a code",
    "token.csrf": "drawn",
    "token.kind": "a code",
}


@dataclass
class HostileCounty:
    """What was written, by the name of its field, and the ways in."""

    texts: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    numbers: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    shape: Polygon = field(default_factory=Polygon)
    link: str = ""
    portal_key: str = ""

    @property
    def point(self) -> dict[str, Any]:
        """Where everything happens."""
        middle = self.shape.representative_point()
        return {"lon": middle.x, "lat": middle.y, "crs": "wgs84"}

    def text(self, name: str, length: int, *, is_prose: bool = False) -> str:
        """A text that begins as a formula and fills its field with one long word."""
        lead = _LEADS[len(self.texts) % len(_LEADS)]
        begun = lead + name + MARK + (_MORE if is_prose else "")
        assert len(lead + name + MARK) <= length, name
        self.texts[name] = begun + "W" * (length - len(begun))
        return self.texts[name]

    def prose(self, name: str) -> str:
        """What may have lines."""
        return self.text(name, 4000, is_prose=True)

    def user(self, name: str) -> str:
        """A user name; it can hold nothing but letters and may still be a formula."""
        self.users[name] = f"@{name}"
        return self.users[name]


def settle(
    sessions: SessionFactory, cipher: Cipher, state_dir: Path, folder: Path
) -> HostileCounty:
    """The county with its people, requests in every state, a key and an audit."""
    county = HostileCounty()
    settings = Settings(state=StateSettings(state_dir=state_dir))
    _draw(county, sessions, settings, folder)
    context = Context(
        settings=settings,
        sessions=sessions,
        cipher=cipher,
        clock=lambda: datetime.now(UTC),
    )
    with TestClient(create_app(context)) as client:
        _Writer(county, client).write()
    return county


def columns_of_text() -> Iterator[Column[Any]]:
    """Every column that holds text, in plain or within a list or document."""
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            kind = column.type.item_type if isinstance(column.type, ARRAY) else None
            if isinstance(kind or column.type, String | JSONB):
                yield column


def written_by_people() -> list[Column[Any]]:
    """Columns in which what somebody wrote may stand."""
    return [c for c in columns_of_text() if str(c) not in _WRITTEN_BY_US]


def texts_in(sessions: SessionFactory) -> set[str]:
    """Everything that the county itself says: names, words, places."""
    found: set[str] = set()
    with sessions.transaction() as session:
        for column in written_by_people():
            for value in session.scalars(select(column).distinct()):
                found |= set(_leaves(value))
    # What is plain ASCII without the mark is a code, and has to be translated.
    return {text for text in found if MARK in text or (text and not text.isascii())}


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


def _draw(
    county: HostileCounty, sessions: SessionFactory, settings: Settings, folder: Path
) -> None:
    now = datetime.now(UTC)
    path = folder / f"=1{MARK}.geojson"
    path.write_text(json.dumps(_features(county)), encoding="utf-8")
    declaration = Declaration(
        name=county.text("edition", 100),
        source=county.text("source", 500),
        licence=county.text("licence", 100),
        url=county.text("url", 300),
        is_invented=True,
        crs="wgs84",
        valid_from=date(2025, 1, 1),
        county=CountyDeclaration(code=COUNTY, name=county.text("county", 60)),
        fields=FieldNames(code="code", name="name", type="type", parent="parent"),
    )
    with sessions.transaction() as session:
        report = import_boundaries(
            session, path, declaration, commit=True, now=now, settings=settings
        )
        assert report.is_committed, report.lines(lambda msg, params: msg % params)
        # What is imported comes without signs that nobody sees; what came before that
        # rule is still there.
        for text in county.texts.values():
            for table in (AreaName, EditionArea):
                clean = table.name == normalise(text)
                session.execute(update(table).where(clean).values(name=text))
        seed_services(session, now=now)
        load_calendar(session)
        session.execute(
            update(Service)
            .where(Service.code == SERVICE)
            .values(
                name=county.text("service", 4000),
                group_name=county.text("service group", 4000),
                description=county.text("service description", 4000),
                keywords=[county.text("keyword", 4000)],
            )
        )
        session.execute(
            update(CalendarDay)
            .where(
                CalendarDay.day == select(func.min(CalendarDay.day)).scalar_subquery()
            )
            .values(name=county.text("day", 4000))
        )
        create_account(
            session,
            username=county.user("admin"),
            password=PASSWORD,
            name=county.text("admin name", 60),
            role=Role.ADMIN,
            area_ids=[],
            must_change_password=False,
            now=now,
        )


def _features(county: HostileCounty) -> dict[str, Any]:
    """Two towns of four villages; the first of each level has the longest name."""
    drafts = make_coverage.wiggly(columns=4, rows=4, vertices=6).drafts
    features = []
    for draft in drafts[1:]:
        is_first = draft.type.value not in county.texts
        name = draft.type.value if is_first else f"{draft.type.value} {draft.code}"
        features.append(
            {
                "type": "Feature",
                "geometry": mapping(draft.shape),
                "properties": {
                    "code": draft.code,
                    "name": county.text(name, 200 if is_first else 80),
                    "type": draft.type.value,
                    "parent": draft.parent_code,
                },
            }
        )
        if is_first:
            county.ids[draft.type.value] = draft.code
            if draft.type is AreaType.GROUP:
                county.shape = draft.shape
    return {"type": "FeatureCollection", "features": features}


@dataclass
class _Writer:
    """Somebody who fills every field of the API with the worst that it takes."""

    county: HostileCounty
    client: TestClient
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def write(self) -> None:
        self._sign_in("admin")
        self._accounts()
        self._people()
        self._key()
        self._requests()
        self._leave_traces()

    def _ask(
        self, method: str, path: str, who: str = "admin", **options: Any
    ) -> dict[str, Any]:
        reply = self.client.request(method, path, headers=self.headers[who], **options)
        assert reply.is_success, reply.text[:2000]
        found: dict[str, Any] = reply.json() if reply.content else {}
        return found

    def _sign_in(self, who: str) -> None:
        reply = self.client.post(
            "/api/token",
            data={"username": self.county.users[who], "password": PASSWORD},
        )
        assert reply.status_code == 200, reply.text
        token = reply.json()["access_token"]
        self.headers[who] = {"Authorization": f"Bearer {token}"}

    def _accounts(self) -> None:
        for who, role, areas in (
            ("leader", "county_leader", [COUNTY]),
            ("cadre", "village_cadre", [self.county.ids["village"]]),
            ("handler", "handler", []),
            ("auditor", "auditor", []),
        ):
            username = self.county.user(who)
            made = self._ask(
                "POST",
                "/api/accounts",
                json={
                    "username": username,
                    "name": self.county.text(f"{who} name", 60),
                    "role": role,
                    "area_codes": areas,
                },
            )
            self.headers[who] = self._with_own_password(
                username, made["first_password"]
            )

    def _with_own_password(self, username: str, first: str) -> dict[str, str]:
        signed = self.client.post(
            "/api/token", data={"username": username, "password": first}
        )
        assert signed.status_code == 200, signed.text
        headers = {"Authorization": f"Bearer {signed.json()['access_token']}"}
        body = {"old_password": first, "new_password": PASSWORD}
        changed = self.client.post("/api/password", json=body, headers=headers)
        assert changed.status_code == 204, changed.text
        signed = self.client.post(
            "/api/token", data={"username": username, "password": PASSWORD}
        )
        return {"Authorization": f"Bearer {signed.json()['access_token']}"}

    def _people(self) -> None:
        ids, text = self.county.ids, self.county.text
        zone = self._ask(
            "POST",
            "/api/zones",
            json={
                "name": text("zone", 60),
                "area_code": ids["group"],
                "valid_from": "2025-01-01",
                "geometry": mapping(self.county.shape),
            },
        )
        household = self._ask(
            "POST",
            "/api/households",
            json={
                "code": f"{ids['group']}-0001",
                "head_name": text("head", 60),
                "address": text("household address", 200),
                "location": self.county.point,
                "phone": "10012345671",
            },
        )
        ids["household"] = household["id"]
        self._ask(
            "PUT",
            f"/api/zones/{zone['id']}/households",
            json={"household_ids": [household["id"]]},
        )
        for code, kind, place, account in (
            ("P-care", "household_care", {"zone_id": zone["id"]}, "handler"),
            ("P-grid", "grid", {"area_code": ids["group"]}, None),
            ("P-village", "village_desk", {"area_code": ids["village"]}, "cadre"),
            ("P-town", "town_desk", {"area_code": ids["town"]}, None),
            ("P-county", "county_desk", {"area_code": COUNTY}, None),
        ):
            person = self._ask(
                "POST",
                "/api/people",
                json={
                    "code": code,
                    "name": text(code, 60),
                    "phone": "10012345672",
                    **({"username": self.county.users[account]} if account else {}),
                },
            )
            ids[code] = person["id"]
            self.county.codes.add(code)
            self._ask(
                "POST",
                "/api/duties",
                json={
                    "person_id": person["id"],
                    "kind": kind,
                    "valid_from": "2025-01-01",
                    **place,
                },
            )
        day = date.today() + timedelta(days=400)  # noqa: DTZ011  a day far ahead
        self._ask(
            "POST",
            "/api/leave",
            json={
                "person_id": ids["P-care"],
                "substitute_id": ids["P-grid"],
                "first_day": day.isoformat(),
                "last_day": day.isoformat(),
            },
        )

    def _key(self) -> None:
        made = self._ask(
            "POST",
            "/api/portal-keys",
            json={
                "name": self.county.text("portal", 60),
                "layers": ["heat", "areas"],
                "area_codes": [COUNTY],
            },
        )
        self.county.portal_key = made["key"]
        system = {"name": self.county.text("system", 60), "may": ["read"]}
        self._ask("POST", "/api/server-keys", json={**system, "areas": [COUNTY]})

    def _order(self, name: str, who: str = "", **changes: Any) -> str:
        """An order by nobody in particular, or by staff; its path."""
        body = {
            "service_code": SERVICE,
            "description": self.county.prose(name),
            "location": self.county.point,
            "address": self.county.text(f"{name} address", 400),
            "contact": {
                "name": self.county.text(f"{name} contact", 60),
                "phone": "10012345673",
            },
            **changes,
        }
        reply = self.client.post(
            "/api/requests", json=body, headers=self.headers.get(who)
        )
        assert reply.status_code == 201, reply.text[:2000]
        ordered = reply.json()
        secret = ordered["tracking_url"].rsplit("/", 1)[1]
        self.headers[name] = {"Authorization": f"Bearer {secret}"}
        self.county.numbers[name] = ordered["number"]
        found = self._ask("GET", "/api/requests", name)["items"][0]
        self.county.ids[name] = found["id"]
        return f"/api/requests/{found['id']}"

    def _act(self, path: str, verb: str, who: str, **body: Any) -> None:
        self._ask("POST", f"{path}/{verb}", who, json=body)

    def _requests(self) -> None:
        prose, ids = self.county.prose, self.county.ids
        path = self._order("long")
        self.county.link = self.headers["long"]["Authorization"].split()[1]
        photo: Mapping[str, Any] = a_photo_form()
        self._ask("POST", f"{path}/attachments", "long", **photo)
        self._act(path, "accept", "handler")
        self._act(path, "progress", "handler", note=prose("progress"))
        self._act(path, "complete", "handler", note=prose("complete"))
        self._act(
            path,
            "rate",
            "long",
            score="unsatisfied",
            note=prose("rate"),
        )
        self._act(path, "reopen", "long", reason=prose("reopen"))
        self._act(path, "remind", "leader", note=prose("remind"))
        path = self._order("declined")
        self._act(
            path,
            "decline",
            "handler",
            reason="other",
            note=prose("decline"),
        )
        self._act(
            path,
            "transfer",
            "leader",
            person_id=ids["P-care"],
            note=prose("transfer"),
        )
        path = self._order("withdrawn")
        self._act(path, "withdraw", "withdrawn", reason=prose("withdraw"))
        self._order(
            "entered",
            "cadre",
            channel="phone",
            external_id=self.county.text("external id", 100),
        )
        self._order("told", about=ids["P-grid"])

    def _leave_traces(self) -> None:
        """What the audit keeps of a question."""
        asked = {"q": self.county.text("question", 100)}
        reply = self.client.get(
            "/api/requests.xlsx", params=asked, headers=self.headers["leader"]
        )
        assert reply.status_code == 200, reply.text
