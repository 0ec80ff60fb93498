"""Who stands at the door: links, portal keys, strangers; one session for all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import make
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from make_accounts import a_page, an_account, bearer
from make_statements import statements
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts import audit, portal_keys, tokens
from geo_api.accounts.dependencies import CurrentActor, StaffActor
from geo_api.accounts.hooks import ScopeHooks
from geo_api.accounts.models import AuditEntry, Token
from geo_api.accounts.rules import Actor, DutyScope, Role
from geo_api.errors import NotFound
from geo_api.http.context import CurrentSession

if TYPE_CHECKING:
    from conftest import Clock

REQUEST = UUID("019cad2f-5c00-7c3e-8a51-2f4b9d1e7a60")


def _probe(actor: CurrentActor) -> dict[str, Any]:
    return {
        "kind": actor.kind,
        "request": actor.request_public_id,
        "origin": actor.origin.hex(),
        "areas": sorted(actor.area_ids),
        "zones": sorted(actor.zone_ids),
        "households": sorted(actor.household_ids),
        "person": actor.person_id,
        "layers": sorted(actor.layers),
    }


def _session_id(session: CurrentSession) -> int:
    return id(session)


@pytest.fixture
def probed(app: FastAPI) -> Iterator[TestClient]:
    """The application with one more route that tells who it takes the caller for."""
    app.add_api_route("/probe", _probe, methods=["GET", "POST"])
    with TestClient(app) as client:
        yield client


# What it costs


@pytest.mark.parametrize("name", ["village", "town", "handler"])
def test_who_is_signed_in_is_known_by_two_statements(
    probed: TestClient, session: Session, world: make.World, sign_in, name: str
) -> None:
    """The token with account and areas; what the account's own duties reach."""
    headers = sign_in(name)
    assert probed.get("/probe", headers=headers).status_code == 200
    with statements(session) as said:
        probed.get("/probe", headers=headers)
    assert len(said) == 2, said
    with statements(session) as said:
        assert probed.get("/api/me", headers=headers).status_code == 200
    # What the areas and duties are called is one more.
    assert len(said) == 3, said


# One request, one session


def test_the_door_and_the_route_share_one_transaction(
    committing_client: TestClient, fresh_database: Any, now: datetime
) -> None:
    """What the door writes is committed or taken back with the route's own work."""
    seen: list[int] = []

    def remember(session: Session, _account_id: int, _day: date) -> DutyScope:
        seen.append(id(session))
        return DutyScope()

    def route(
        actor: StaffActor,
        session: CurrentSession,
        of_sub: Annotated[int, Depends(_session_id, scope="function")],
        fail: bool = False,
    ) -> bool:
        seen.extend([id(session), of_sub])
        audit.record_audit(session, actor, action="x", subject_kind="x", now=now)
        if fail:
            raise NotFound("Not found")
        return True

    app: Any = committing_client.app
    hooks: ScopeHooks = app.state.scope_hooks
    app.state.scope_hooks = replace(hooks, duty_scope=remember)
    app.add_api_route("/probe", route)
    with fresh_database.sessions.transaction() as session:
        account = an_account(session, now=now, role=Role.HANDLER)
        headers = bearer(session, account, now=now - timedelta(hours=1))

    def state() -> tuple[int, datetime]:
        with fresh_database.sessions.transaction() as session:
            rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "x"))
            return len(rows.all()), session.scalars(select(Token.last_used_at)).one()

    assert committing_client.get("/probe?fail=1", headers=headers).status_code == 404
    assert state() == (0, now - timedelta(hours=1))
    assert committing_client.get("/probe", headers=headers).status_code == 200
    assert state() == (1, now)
    assert len(seen) == 6
    assert len(set(seen[:3])) == 1
    assert len(set(seen[3:])) == 1


# Tracking links


def test_a_tracking_link_is_its_request_s_resident(
    probed: TestClient, session: Session, clock: Clock
) -> None:
    secret = tokens.issue_tracking_token(session, REQUEST, now=clock.now, days=400)
    # 128 bits in base64, of which the database holds a digest only.
    assert len(secret) == 22
    assert session.scalars(select(Token.token_hash)).one() == tokens.hash_secret(secret)
    headers = {"Authorization": f"Bearer {secret}"}
    told = probed.get("/probe", headers=headers).json()
    assert (told["kind"], told["request"]) == ("resident", str(REQUEST))
    assert told["areas"] == []
    # Unsafe methods need no page of ours: the secret is in the header by intent.
    assert probed.post("/probe", headers=headers).status_code == 200
    me = probed.get("/api/me", headers=headers).json()
    assert (me["kind"], me["request_id"]) == ("resident", str(REQUEST))
    assert me["role"] is None
    probed.cookies["minqing_session"] = secret
    assert probed.get("/probe").status_code == 401
    probed.cookies.clear()
    clock.now += timedelta(days=400)
    expired = probed.get("/probe", headers=headers)
    assert expired.status_code == 401
    assert expired.json()["type"] == "/problems/not-signed-in"


@pytest.mark.parametrize(
    "path", ["/api/accounts", "/api/portal-keys", "/api/audit", "/api/logout"]
)
def test_a_resident_is_no_staff(
    client: TestClient, session: Session, now: datetime, path: str
) -> None:
    secret = tokens.issue_tracking_token(session, REQUEST, now=now, days=1)
    method = "POST" if path == "/api/logout" else "GET"
    reply = client.request(method, path, headers={"Authorization": f"Bearer {secret}"})
    assert reply.status_code == 403


# Portal keys


@pytest.fixture
def key(session: Session, now: datetime) -> str:
    county = make.a_county(session)
    _, secret = portal_keys.create_portal_key(
        session,
        name="政务服务网",
        origins=["https://portal.example"],
        layers=["heat"],
        area_ids=[county.ids["620171101"]],
        now=now,
    )
    session.flush()
    return secret


def test_a_portal_shows_its_key_in_header_or_address(
    probed: TestClient, session: Session, key: str
) -> None:
    by_header = probed.get("/probe", headers={"X-Portal-Key": key}).json()
    by_address = probed.get("/probe", params={"portal_key": key}).json()
    assert by_header == by_address
    assert by_header["kind"] == "portal"
    assert by_header["layers"] == ["heat"]
    assert len(by_header["areas"]) == 1
    me = probed.get("/api/me", headers={"X-Portal-Key": key}).json()
    assert me["name"] == "政务服务网"
    assert [area["code"] for area in me["areas"]] == ["620171101"]


def test_a_portal_key_is_bound_to_its_pages(probed: TestClient, key: str) -> None:
    def ask(**headers: str) -> int:
        given = {name.title(): value for name, value in headers.items()}
        reply = probed.get("/probe", headers={"X-Portal-Key": key, **given})
        return reply.status_code

    assert ask() == 200
    assert ask(origin="https://portal.example") == 200
    assert ask(referer="https://portal.example/map?x=1") == 200
    assert ask(referer="http://testserver/embed") == 200
    assert ask(origin="https://evil.example") == 403
    assert ask(referer="https://evil.example/") == 403


def test_a_revoked_or_unknown_key_is_401(
    probed: TestClient, session: Session, key: str, now: datetime
) -> None:
    assert probed.get("/probe", params={"portal_key": "nonsense"}).status_code == 401
    [listed] = portal_keys.list_portal_keys(session, after=None, limit=2)
    portal_keys.revoke_portal_key(session, listed.public_id, now=now, actor=Actor())
    session.flush()
    assert probed.get("/probe", params={"portal_key": key}).status_code == 401


def test_what_is_shown_on_purpose_beats_the_browser_s_cookie(
    probed: TestClient, session: Session, key: str, now: datetime
) -> None:
    """An embedded map in a leader's browser shows what its portal may show."""
    an_account(session, now=now)
    a_page(probed)
    assert probed.get("/probe").json()["kind"] == "account"
    by_key = probed.get("/probe", headers={"X-Portal-Key": key}).json()
    assert by_key["kind"] == "portal"


# Strangers


def test_a_stranger_is_a_digest_that_does_not_lead_back(
    app: FastAPI, session: Session
) -> None:
    app.add_api_route("/probe", _probe)

    def origin_of(address: str) -> str:
        with TestClient(app, client=(address, 50_000)) as client:
            told = client.get("/probe").json()
        assert told["kind"] == "anonymous"
        assert address not in json.dumps(told)
        return str(told["origin"])

    one = origin_of("203.0.113.5")
    assert len(one) == 64
    assert one == origin_of("203.0.113.5")
    assert one != origin_of("203.0.113.6")
    # Neighbours in one /64 are one subscriber.
    assert origin_of("2001:db8::1") == origin_of("2001:db8::ffff")
    assert origin_of("2001:db8::1") != origin_of("2001:db8:0:1::1")


def test_a_proxy_s_own_basic_sign_in_is_none_of_ours(probed: TestClient) -> None:
    told = probed.get("/probe", headers={"Authorization": "Basic dTpw"})
    assert told.json()["kind"] == "anonymous"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/me"),
        ("POST", "/api/logout"),
        ("POST", "/api/password"),
        ("GET", "/api/audit"),
        ("GET", "/api/accounts"),
        ("POST", "/api/accounts"),
        ("GET", f"/api/accounts/{REQUEST}"),
        ("PATCH", f"/api/accounts/{REQUEST}"),
        ("GET", "/api/portal-keys"),
        ("POST", "/api/portal-keys"),
        ("DELETE", f"/api/portal-keys/{REQUEST}"),
    ],
)
def test_strangers_are_asked_to_sign_in(
    client: TestClient, method: str, path: str
) -> None:
    reply = client.request(method, path)
    assert reply.status_code == 401
    assert reply.headers["content-type"] == "application/problem+json"


# Scope


def test_areas_of_the_role_and_reach_of_the_duties_come_together(
    app: FastAPI, probed: TestClient, session: Session, now: datetime
) -> None:
    county = make.a_county(session)
    asked: list[tuple[int, date]] = []

    def duties(_session: Session, account_id: int, day: date) -> DutyScope:
        asked.append((account_id, day))
        return DutyScope(
            person_id=7,
            area_ids=frozenset({county.ids["620171102"]}),
            zone_ids=frozenset({5}),
            household_ids=frozenset({3, 4}),
        )

    hooks: ScopeHooks = app.state.scope_hooks
    app.state.scope_hooks = replace(hooks, duty_scope=duties)
    leader = an_account(
        session,
        "town",
        now=now,
        role=Role.TOWN_LEADER,
        area_ids=[county.ids["620171101"]],
    )
    told = probed.get("/probe", headers=bearer(session, leader, now=now)).json()
    assert told["areas"] == sorted(county.ids[c] for c in ("620171101", "620171102"))
    assert (told["person"], told["zones"], told["households"]) == (7, [5], [3, 4])
    assert asked == [(leader.id, date(2026, 3, 2))]
    for role in (Role.ADMIN, Role.AUDITOR):
        account = an_account(session, role.value, now=now, role=role)
        told = probed.get("/probe", headers=bearer(session, account, now=now)).json()
        assert told["areas"] == []
        assert told["person"] is None
    assert len(asked) == 1


def test_me_names_the_areas_in_force(
    client: TestClient, session: Session, now: datetime
) -> None:
    county = make.a_county(session)
    leader = an_account(
        session,
        "town",
        now=now,
        role=Role.TOWN_LEADER,
        area_ids=[county.ids["620171101"]],
    )
    a_page(client, "town")
    assert client.get("/api/me").json() == {
        "kind": "account",
        "role": "town_leader",
        "username": "town",
        "name": leader.name,
        "must_change_password": False,
        "areas": [{"code": "620171101", "name": "西镇", "type": "town"}],
        "duties": [],
        "person_id": None,
        "request_id": None,
    }


def test_an_administrator_can_sign_in_before_the_first_boundaries(
    client: TestClient, session: Session, now: datetime
) -> None:
    an_account(session, now=now)
    a_page(client)
    assert client.get("/api/me").json()["areas"] == []
    assert client.get("/api/accounts").status_code == 200


def test_a_role_that_was_changed_holds_at_once(
    client: TestClient, session: Session, now: datetime
) -> None:
    admin = an_account(session, now=now)
    other = an_account(session, "other", now=now)
    headers = bearer(session, other, now=now)
    assert client.get("/api/accounts", headers=headers).status_code == 200
    changed = client.patch(
        f"/api/accounts/{other.public_id}",
        json={"role": "auditor"},
        headers=bearer(session, admin, now=now),
    )
    assert changed.status_code == 200
    assert client.get("/api/accounts", headers=headers).status_code == 403
    assert client.get("/api/audit", headers=headers).status_code == 200
