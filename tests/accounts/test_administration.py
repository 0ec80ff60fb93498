"""Accounts and portal keys, kept by the administrator and by nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import make
import pytest
from fastapi.testclient import TestClient
from make_accounts import PASSWORD, a_page, an_account, bearer, from_network
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account, AuditEntry, PortalKey
from geo_api.accounts.rules import Role
from geo_api.accounts.tokens import hash_secret

if TYPE_CHECKING:
    from conftest import Clock

TOWN, VILLAGE = "620171101", "620171101201"


@pytest.fixture
def admin(session: Session, now: datetime) -> Account:
    return an_account(session, now=now)


@pytest.fixture
def headers(session: Session, admin: Account, now: datetime) -> dict[str, str]:
    return bearer(session, admin, now=now)


@pytest.fixture
def county(session: Session) -> make.County:
    return make.a_county(session)


def _audited(session: Session, subject_id: str) -> list[tuple[str, list[str]]]:
    rows = session.execute(
        select(AuditEntry.action, AuditEntry.fields)
        .where(AuditEntry.subject_id == UUID(subject_id))
        .order_by(AuditEntry.id)
    )
    return [(row.action, row.fields) for row in rows]


def _add(client: TestClient, headers: dict[str, str], **values: Any) -> Any:
    given = {"username": "new", "name": "周立冬", "role": "auditor", **values}
    return client.post("/api/accounts", json=given, headers=headers)


def test_an_account_from_its_first_day_to_its_last(
    client: TestClient,
    session: Session,
    county: make.County,
    headers: dict[str, str],
    clock: Clock,
) -> None:
    reply = _add(client, headers, role="town_leader", area_codes=[TOWN])
    assert reply.status_code == 201
    assert reply.headers["cache-control"] == "no-store"
    added = reply.json()
    first = added.pop("first_password")
    # Lists alone say the version in a row; of one account it is the ETag.
    assert added.pop("version") is None
    assert added == {
        "id": added["id"],
        "username": "new",
        "name": "周立冬",
        "role": "town_leader",
        "areas": [{"code": TOWN, "name": "西镇", "type": "town"}],
        "must_change_password": True,
        "locked_until": None,
        "is_locked": False,
        "created_at": added["created_at"],
        "ended_at": None,
    }
    one = f"/api/accounts/{added['id']}"
    # The first password was shown once and is stored as a hash only.
    assert "first_password" not in client.get(one, headers=headers).json()
    csrf = a_page(client, "new", first)
    given = {"old_password": first, "new_password": PASSWORD}
    assert client.post("/api/password", json=given, headers=csrf).status_code == 204
    client.cookies.clear()
    now_shown = client.get(one, headers=headers).json()
    assert now_shown.pop("created_at")
    assert now_shown.pop("version") is None
    del added["created_at"]
    assert now_shown == {**added, "must_change_password": False}
    a_page(client, "new")
    ended = client.patch(one, json={"is_ended": True}, headers=headers)
    assert datetime.fromisoformat(ended.json()["ended_at"]) == clock.now
    assert client.get("/api/me").status_code == 401
    given = {"username": "new", "password": PASSWORD}
    assert client.post("/api/session", json=given).status_code == 401
    # It stays as it was, for history's sake; ending it again changes nothing.
    clock.now += timedelta(minutes=1)
    again = client.patch(one, json={"is_ended": True}, headers=headers)
    ended_at = datetime.fromisoformat(again.json()["ended_at"])
    assert ended_at == clock.now - timedelta(minutes=1)
    for change in ({"name": "吴敏"}, {"reset_password": True}, {"role": "admin"}):
        assert client.patch(one, json=change, headers=headers).status_code == 409
    assert _add(client, headers).status_code == 409
    assert [action for action, _ in _audited(session, added["id"])] == [
        "account.create",
        "account.read",
        "sign_in",
        "account.password",
        "account.read",
        "sign_in",
        "account.end",
    ]


@pytest.mark.parametrize(
    ("values", "status", "loc"),
    [
        ({"role": "town_leader", "area_codes": ["999"]}, 404, None),
        ({"role": "town_leader"}, 422, ["body", "area_codes"]),
        ({"role": "handler", "area_codes": [TOWN]}, 422, ["body", "area_codes"]),
        ({"role": "auditor", "area_codes": [TOWN]}, 422, ["body", "area_codes"]),
        ({"username": "root"}, 409, ["body", "username"]),
        ({"username": "r"}, 422, ["body", "username"]),
        ({"username": "a b"}, 422, ["body", "username"]),
        ({"username": "a\0b"}, 422, ["body", "username"]),
        ({"name": "a\0b"}, 422, ["body", "name"]),
        ({"name": "  "}, 422, ["body", "name"]),
        ({"name": "长" * 61}, 422, ["body", "name"]),
        ({"role": "emperor"}, 422, ["body", "role"]),
        ({"area_codes": ["'; --"]}, 422, ["body", "area_codes", 0]),
        ({"password": "chosen"}, 422, ["body", "password"]),
    ],
)
def test_accounts_that_cannot_be(
    client: TestClient,
    session: Session,
    county: make.County,
    headers: dict[str, str],
    values: dict[str, Any],
    status: int,
    loc: list[str | int] | None,
) -> None:
    reply = _add(client, headers, **values)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    if loc is not None:
        [wrong] = reply.json()["errors"]
        assert wrong["loc"] == loc
        assert wrong["mend"]
    assert session.scalars(select(Account.username)).all() == ["root"]


def test_a_change_touches_what_was_sent_and_is_written_down(
    client: TestClient, session: Session, county: make.County, headers: dict[str, str]
) -> None:
    added = _add(client, headers, role="town_leader", area_codes=[TOWN]).json()
    one = f"/api/accounts/{added['id']}"
    changed = client.patch(
        one, json={"role": "village_cadre", "area_codes": [VILLAGE]}, headers=headers
    ).json()
    assert changed["name"] == "周*"
    assert changed["areas"] == [{"code": VILLAGE, "name": "西南村", "type": "village"}]
    assert changed["first_password"] is None
    assert client.patch(one, json={}, headers=headers).json() == changed
    same = {"role": "village_cadre", "area_codes": [VILLAGE]}
    assert client.patch(one, json=same, headers=headers).json() == changed
    named = client.patch(one, json={"name": "吴敏"}, headers=headers).json()
    assert named == {**changed, "name": "吴敏"}
    # A role without areas cannot keep those of the role before it.
    refused = client.patch(one, json={"role": "auditor"}, headers=headers)
    assert refused.status_code == 422
    moved = client.patch(
        one, json={"role": "auditor", "area_codes": []}, headers=headers
    ).json()
    assert (moved["role"], moved["areas"]) == ("auditor", [])
    assert _audited(session, added["id"]) == [
        ("account.create", []),
        ("account.change", ["role", "area_codes"]),
        ("account.change", ["name"]),
        ("account.change", ["role", "area_codes"]),
    ]
    roles = session.scalars(
        select(AuditEntry.detail)
        .where(AuditEntry.action == "account.change")
        .order_by(AuditEntry.id)
    )
    assert list(roles) == [
        {"role": {"from": "town_leader", "to": "village_cadre"}},
        {},
        {"role": {"from": "village_cadre", "to": "auditor"}},
    ]


def test_wrong_passwords_lock_no_account_and_a_password_can_be_reset(
    client: TestClient, session: Session, headers: dict[str, str], now: datetime
) -> None:
    account = an_account(session, "clerk", now=now, role=Role.AUDITOR)
    one = f"/api/accounts/{account.public_id}"
    given = {"username": "clerk", "password": "wrong"}
    stranger = from_network(client, 1)
    for _ in range(6):
        refused = stranger.post("/api/token", data=given)
    assert refused.status_code == 429
    shown = client.get(one, headers=headers).json()
    assert (shown["is_locked"], shown["locked_until"]) == (False, None)
    own = bearer(session, account, now=now)
    a_page(client, "clerk")
    client.cookies.clear()
    reset = client.patch(one, json={"reset_password": True}, headers=headers).json()
    assert reset["must_change_password"] is True
    assert client.get("/api/me", headers=own).status_code == 401
    assert client.post("/api/token", data={**given, "password": PASSWORD}).is_error
    a_page(client, "clerk", reset["first_password"])
    actions = [action for action, _ in _audited(session, str(account.public_id))]
    # One row for all that the stranger tried; a single slip is none.
    told = ["sign_in.fail", "account.read", "sign_in", "account.reset", "sign_in"]
    assert actions[-5:] == told


def test_a_locked_account_opens_for_nobody_until_it_is_unlocked(
    client: TestClient, session: Session, headers: dict[str, str], now: datetime
) -> None:
    account = an_account(session, "clerk", now=now, role=Role.AUDITOR)
    one = f"/api/accounts/{account.public_id}"
    own = bearer(session, account, now=now)
    for _ in range(2):
        locked = client.patch(one, json={"is_locked": True}, headers=headers).json()
        assert (locked["is_locked"], locked["locked_until"]) == (True, None)
    assert client.get("/api/me", headers=own).status_code == 401
    given = {"username": "clerk", "password": PASSWORD}
    refused = client.post("/api/token", data=given)
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["mend"]
    # Who only guesses learns nothing of the lock.
    wrong = client.post("/api/token", data={**given, "password": "wrong"})
    assert wrong.json()["type"] == "/problems/wrong-password"
    # A new first password opens no lock that somebody set.
    reset = client.patch(one, json={"reset_password": True}, headers=headers).json()
    assert reset["is_locked"] is True
    given["password"] = reset["first_password"]
    assert client.post("/api/session", json=given).status_code == 403
    for _ in range(2):
        opened = client.patch(one, json={"is_locked": False}, headers=headers).json()
        assert opened["is_locked"] is False
    assert client.post("/api/session", json=given).status_code == 200
    assert _audited(session, str(account.public_id))[1:] == [
        ("account.change", ["is_locked"]),
        ("account.reset", []),
        ("account.change", ["is_locked"]),
        ("sign_in", []),
    ]


def test_administrators_cannot_take_themselves_away(
    client: TestClient, admin: Account, headers: dict[str, str]
) -> None:
    one = f"/api/accounts/{admin.public_id}"
    for change in ({"is_ended": True}, {"role": "auditor"}, {"is_locked": True}):
        reply = client.patch(one, json=change, headers=headers)
        assert reply.status_code == 409
        assert reply.json()["errors"][0]["mend"]
    assert client.get(one, headers=headers).json()["ended_at"] is None
    assert client.patch(one, json={"name": "赵远"}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"is_ended": False},
        {"is_locked": "never"},
        {"is_ended": True, "is_locked": True},
        {"is_ended": True, "name": "吴敏"},
        {"username": "other"},
        {"name": None, "role": 5},
    ],
)
def test_changes_that_mean_nothing(
    client: TestClient, session: Session, headers: dict[str, str], change: Any
) -> None:
    added = _add(client, headers).json()
    reply = client.patch(f"/api/accounts/{added['id']}", json=change, headers=headers)
    assert reply.status_code == 422
    assert len(_audited(session, added["id"])) == 1


def test_the_list_tells_whole_names_is_paged_filtered_and_audited(
    client: TestClient,
    session: Session,
    county: make.County,
    headers: dict[str, str],
    now: datetime,
) -> None:
    for number, name in enumerate(["钱一", "孙二", "李百_分", "李四"]):
        an_account(
            session,
            f"user-{number}",
            name=name,
            role=Role.VILLAGE_CADRE if number == 3 else Role.HANDLER,
            area_ids=[county.ids[VILLAGE]] if number == 3 else [],
            now=now,
        )

    def listed(**query: Any) -> list[str]:
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = client.get(
                "/api/accounts", params={**query, **cursor, "limit": 2}, headers=headers
            ).json()
            assert len(page["items"]) <= 2
            found += [item["username"] for item in page["items"]]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    everybody = ["root", "user-0", "user-1", "user-2", "user-3"]
    assert listed() == everybody
    assert listed(role="handler") == everybody[1:4]
    assert listed(q="李") == ["user-2", "user-3"]
    assert listed(q="_") == ["user-2"]
    assert listed(q="USER-1") == ["user-1"]
    # A village's cadre is found by the village, and by the town that it lies in.
    assert listed(area=VILLAGE) == listed(area=TOWN) == ["user-3"]
    assert listed(area="620171102") == []
    assert client.get("/api/accounts?area=999", headers=headers).status_code == 404
    client.patch(
        f"/api/accounts/{_id(session, 'user-1')}",
        json={"is_ended": True},
        headers=headers,
    )
    assert listed(is_ended=True) == ["user-1"]
    assert listed(is_ended=False, q="user") == ["user-0", "user-2", "user-3"]
    whole = client.get("/api/accounts", headers=headers)
    assert [item["name"] for item in whole.json()["items"]] == [
        "赵明远",
        "钱一",
        "孙二",
        "李百_分",
        "李四",
    ]
    rows = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "account.list")
    ).all()
    assert {tuple(row.fields) for row in rows} == {("name",)}
    assert rows[-1].detail == {"rows": 5}
    assert whole.json()["items"][4]["areas"][0]["code"] == VILLAGE
    for secret in ("password", "argon2"):
        assert secret not in whole.text.replace("must_change_password", "")


def _id(session: Session, username: str) -> UUID:
    return session.scalars(
        select(Account.public_id).where(Account.username == username)
    ).one()


def test_the_full_name_of_one_account_is_a_row_of_the_audit(
    client: TestClient, session: Session, headers: dict[str, str], now: datetime
) -> None:
    account = an_account(session, "clerk", now=now, role=Role.HANDLER, name="郑清和")
    reply = client.get(f"/api/accounts/{account.public_id}", headers=headers)
    assert reply.json()["name"] == "郑清和"
    assert _audited(session, str(account.public_id))[1:] == [("account.read", ["name"])]


def test_an_account_that_is_not_there(
    client: TestClient, headers: dict[str, str]
) -> None:
    for path in (f"/api/accounts/{uuid4()}", f"/api/portal-keys/{uuid4()}"):
        method = "DELETE" if "keys" in path else "GET"
        assert client.request(method, path, headers=headers).status_code == 404
    assert client.get("/api/accounts/1", headers=headers).status_code == 422
    foreign = client.get("/api/accounts?cursor=nonsense", headers=headers)
    assert foreign.status_code == 400


def test_a_cursor_belongs_to_its_filters(
    client: TestClient, session: Session, headers: dict[str, str], now: datetime
) -> None:
    an_account(session, "second", now=now)
    following = client.get("/api/accounts?limit=1", headers=headers).json()["next"]
    path = f"/api/accounts?cursor={following}"
    assert client.get(path, headers=headers).status_code == 200
    assert client.get(f"{path}&role=admin", headers=headers).status_code == 400


ROUTES = [
    ("GET", "/api/accounts", None),
    ("POST", "/api/accounts", {"username": "n2", "name": "x", "role": "auditor"}),
    ("GET", "/api/accounts/{id}", None),
    ("PATCH", "/api/accounts/{id}", {"name": "x"}),
    ("GET", "/api/portal-keys", None),
    ("POST", "/api/portal-keys", {"name": "x", "layers": ["a"], "area_codes": ["1"]}),
    ("DELETE", "/api/portal-keys/{id}", None),
]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMIN])
@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_no_other_role_administers(
    client: TestClient,
    session: Session,
    county: make.County,
    admin: Account,
    now: datetime,
    role: Role,
    method: str,
    path: str,
    body: Any,
) -> None:
    areas = [county.ids["620171"]] if role.value.endswith(("leader", "cadre")) else []
    account = an_account(session, "other", now=now, role=role, area_ids=areas)
    # 403 for what exists and for what does not: nothing is told.
    for target in (admin.public_id, uuid4()):
        reply = client.request(
            method,
            path.format(id=target),
            json=body,
            headers=bearer(session, account, now=now),
        )
        assert reply.status_code == 403
        assert reply.json()["type"] == "/problems/not-allowed"
    assert len(session.scalars(select(Account)).all()) == 2


def test_a_portal_key_from_its_first_day_to_its_last(
    client: TestClient,
    session: Session,
    county: make.County,
    headers: dict[str, str],
    clock: Clock,
) -> None:
    given = {
        "name": "政务服务网",
        "origins": ["https://Portal.Example"],
        "layers": ["heat", "areas"],
        "area_codes": [TOWN],
    }
    reply = client.post("/api/portal-keys", json=given, headers=headers)
    assert reply.status_code == 201
    assert reply.headers["cache-control"] == "no-store"
    added = reply.json()
    secret = added.pop("key")
    assert added["origins"] == ["https://portal.example"]
    assert added["areas"] == [{"code": TOWN, "name": "西镇", "type": "town"}]
    stored = session.scalars(select(PortalKey.key_hash)).one()
    assert stored == hash_secret(secret)
    listed = client.get("/api/portal-keys", headers=headers)
    created_at = datetime.fromisoformat(added.pop("created_at"))
    assert created_at == clock.now
    [shown] = listed.json()["items"]
    assert datetime.fromisoformat(shown.pop("created_at")) == created_at
    assert shown == added
    assert secret not in listed.text
    by_key = {"X-Portal-Key": secret}
    assert client.get("/api/me", headers=by_key).json()["kind"] == "portal"
    one = f"/api/portal-keys/{added['id']}"
    for _ in range(2):
        assert client.delete(one, headers=headers).status_code == 204
        clock.now += timedelta(minutes=1)
    assert client.get("/api/me", headers=by_key).status_code == 401
    [shown] = client.get("/api/portal-keys", headers=headers).json()["items"]
    revoked_at = datetime.fromisoformat(shown["revoked_at"])
    assert revoked_at == clock.now - timedelta(minutes=2)
    assert _audited(session, added["id"]) == [
        ("portal_key.create", []),
        ("portal_key.revoke", []),
    ]


def test_portal_keys_are_paged_by_name(
    client: TestClient, session: Session, county: make.County, headers: dict[str, str]
) -> None:
    for name in ("b", "a", "b", "c", "b"):
        given = {"name": name, "layers": ["heat"], "area_codes": [TOWN]}
        client.post("/api/portal-keys", json=given, headers=headers)
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = client.get(
            f"/api/portal-keys?limit=2{cursor and '&cursor=' + cursor}", headers=headers
        ).json()
        seen += [item["id"] + item["name"] for item in page["items"]]
        cursor = page["next"]
    assert [name[-1] for name in seen] == ["a", "b", "b", "b", "c"]
    assert len(set(seen)) == 5


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"area_codes": []}, 422),
        ({"area_codes": ["999"]}, 404),
        ({"layers": []}, 422),
        ({"layers": ["../heat"]}, 422),
        ({"origins": ["https://portal.example/path"]}, 422),
        ({"origins": ["portal.example"]}, 422),
        ({"origins": ["javascript://x"]}, 422),
        ({"name": ""}, 422),
    ],
)
def test_portal_keys_that_cannot_be(
    client: TestClient,
    session: Session,
    county: make.County,
    headers: dict[str, str],
    values: dict[str, Any],
    status: int,
) -> None:
    given = {"name": "x", "layers": ["heat"], "area_codes": [TOWN], **values}
    reply = client.post("/api/portal-keys", json=given, headers=headers)
    assert reply.status_code == status
    assert not session.scalars(select(PortalKey)).all()
