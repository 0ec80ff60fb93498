"""Server keys: another system's secret, what it opens and what it does not."""

from __future__ import annotations

from typing import Any

import make
import make_requests
import pytest
from fastapi.testclient import TestClient
from make_requests import link_of, numbers
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.accounts.models import AuditEntry, ServerKey, Token
from geo_api.requests.models import ServiceRequest

_NUMBER = {"channel": "hotline_12345", "external_id": "GD-1"}


@pytest.fixture
def give(client: TestClient, sign_in):
    """Gives a key by the administrator's hand; what the reply says of it."""

    def give(*may: str, areas: tuple[str, ...] = ("620171",)) -> dict[str, Any]:
        body = {"name": "12345热线", "areas": areas, "may": may or ("order", "read")}
        reply = client.post("/api/server-keys", json=body, headers=sign_in("admin"))
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()
        return made

    return give


def _bearer(made: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {made['secret']}"}


def _order(client: TestClient, world: make.World, key: dict[str, str], **more: Any):
    body = make_requests.an_order(world, **more)
    return client.post("/api/requests", json=body, headers=key)


def test_the_secret_is_shown_once_and_only_its_digest_kept(
    client, session: Session, sign_in, give
) -> None:
    made = give()
    assert made["secret"].startswith("mqs.")
    assert len(made["secret"]) == len("mqs.") + 43
    (listed,) = client.get("/api/server-keys", headers=sign_in("admin")).json()["items"]
    assert "secret" not in listed
    assert listed["may"] == ["order", "read"]
    assert [area["code"] for area in listed["areas"]] == ["620171"]
    assert (
        made["secret"].encode() not in session.scalars(select(ServerKey.key_hash)).one()
    )
    assert "key" not in client.get("/api/portal-keys", headers=sign_in("admin")).text
    rows = session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_kind == "server_key")
    ).all()
    assert rows == ["server_key.create"]


def test_a_revoked_server_key_is_unknown_at_once(
    client, session, world, sign_in, give
) -> None:
    made = give()
    assert client.get("/api/requests", headers=_bearer(made)).status_code == 200
    path = f"/api/server-keys/{made['id']}"
    assert client.delete(path, headers=sign_in("admin")).status_code == 204
    assert client.delete(path, headers=sign_in("admin")).status_code == 204
    assert client.get("/api/requests", headers=_bearer(made)).status_code == 401
    assert _order(client, world, _bearer(made)).status_code == 401
    revoked = select(func.count()).where(AuditEntry.action == "server_key.revoke")
    assert session.scalar(revoked) == 1


@pytest.mark.parametrize("secret", ["mqs.", "mqs.nonsense", "mqs." + "x" * 43])
def test_what_looks_like_a_server_key_and_is_none_is_401(client, secret) -> None:
    reply = client.get("/api/requests", headers={"Authorization": f"Bearer {secret}"})
    assert reply.status_code == 401


def test_a_server_key_is_no_cookie_and_no_portal_key(client, give) -> None:
    secret = give()["secret"]
    assert client.get("/api/me", params={"portal_key": secret}).status_code == 401
    client.cookies["minqing_session"] = secret
    assert client.get("/api/me").status_code == 401


def test_whether_a_key_is_still_used_is_noted_once_a_minute(
    client, session, give, clock, now
) -> None:
    key = _bearer(give())
    client.get("/api/me", headers=key)
    used = select(ServerKey.last_used_at)
    assert session.scalar(used) == now
    clock.now = now.replace(second=59)
    client.get("/api/me", headers=key)
    assert session.scalar(used) == now
    clock.now = now.replace(minute=1)
    client.get("/api/me", headers=key)
    assert session.scalar(used) == clock.now
    assert session.scalar(select(func.count()).where(Token.kind == "server")) == 0


def test_another_system_orders_with_its_numbers_in_its_areas(
    client, session, world, give
) -> None:
    made = give(areas=(make.VILLAGE,))
    reply = _order(client, world, _bearer(made), **_NUMBER)
    assert reply.status_code == 201, reply.text
    told = {name for name, value in reply.json().items() if value is not None}
    assert told == {"id", "number", "stage", "due_at", "tracking_url", "handler"}
    row = session.scalars(select(ServiceRequest)).one()
    assert (row.channel, row.external_id) == ("hotline_12345", "GD-1")
    assert session.get_one(ServerKey, row.server_key_id).name == "12345热线"
    assert row.entered_by is None
    for somewhere in (
        {"location": None, "area_code": make.OTHER_VILLAGE},
        # Words go to the county's desk: no village's key speaks for all of it.
        {"location": None, "address": "某处"},
    ):
        reply = _order(client, world, _bearer(made), **somewhere)
        assert reply.status_code == 403, reply.text
        assert reply.json()["errors"][0]["loc"] == ["body", "location"]
        assert reply.json()["mend"]


@pytest.mark.parametrize(
    ("may", "statuses"), [("order", (201, 403)), ("read", (403, 200))]
)
def test_a_key_may_what_it_was_given_for(client, world, give, may, statuses) -> None:
    made = give(may)
    order = _order(client, world, _bearer(made))
    read = client.get("/api/requests", headers=_bearer(made))
    assert (order.status_code, read.status_code) == statuses
    if may == "order":
        assert order.json()["id"] is None


def test_the_same_number_says_whether_it_is_the_same_order(client, world, give) -> None:
    key = _bearer(give())
    first = _order(client, world, key, **_NUMBER).json()["number"]
    same = _order(client, world, key, **_NUMBER)
    other = _order(client, world, key, **_NUMBER, description="路上有个坑")
    assert (same.status_code, other.status_code) == (409, 409)
    assert first in same.json()["detail"]
    assert first in other.json()["detail"]
    assert same.json()["mend"] != other.json()["mend"]
    assert _order(client, world, key, external_id="GD-1").status_code == 201


def test_another_system_reads_its_own_orders_and_how_far_the_others_are(
    client, world, sign_in, give
) -> None:
    key = _bearer(give(areas=(make.VILLAGE,)))
    contact = {"name": "褚先生", "phone": "10098765432"}
    own = _order(client, world, key, **_NUMBER, contact=contact).json()
    other = make_requests.order(client, world, contact=contact, description="电线断了")
    hidden = make_requests.order(client, world, service_code="JB-JUBAO")
    secret = _order(client, world, key, is_confidential=True).json()
    away = {"location": None, "area_code": make.OTHER_VILLAGE}
    make_requests.order(client, world, **away)
    listed = client.get("/api/requests", headers=key)
    by_number = {item["number"]: item for item in listed.json()["items"]}
    assert set(by_number) == {own["number"], other["number"], secret["number"]}
    assert hidden["number"] not in by_number
    assert by_number[own["number"]]["external_id"] == "GD-1"
    assert by_number[own["number"]]["description"] == "停水两天"
    told = {n for n, v in by_number[other["number"]].items() if v not in (None, [])}
    assert told == {
        "id", "number", "service_code", "service_name", "stage", "status",
        "ordered_at", "due_at", "updated_at", "is_overdue", "areas", "handler",
        "reopen_count",
    }  # fmt: skip
    assert by_number[other["number"]]["handler"]["person_id"] is None
    assert "电线" not in listed.text
    assert contact["phone"] not in listed.text
    # What is not shown is not found either.
    mine = {own["number"], secret["number"]}
    assert set(numbers(client, key, q="停水")) == mine
    assert numbers(client, key, q="电线") == []
    assert numbers(client, key, q=other["number"]) == [other["number"]]
    for hidden_way in (
        {"zone": next(iter(world.zones))},
        {"handler": "019a0000-0000-7000-8000-000000000001"},
        {"bbox": "-180,-90,180,90"},
    ):
        assert numbers(client, key, **hidden_way) == []
    path = f"/api/requests/{by_number[other['number']]['id']}"
    assert client.get(path, headers=key).json()["description"] is None
    reveal = client.get(f"{path}?reveal=contact", headers=key)
    assert reveal.status_code == 403
    # The link that the order was answered with is the resident's: handed on to them.
    mine = client.get("/api/requests", headers=link_of(own)).json()["items"]
    assert [item["number"] for item in mine] == [own["number"]]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "areas": [], "may": ["read"]},
        {"name": "x", "areas": ["620171"], "may": []},
        {"name": "x", "areas": ["620171"], "may": ["write"]},
        {"name": "", "areas": ["620171"], "may": ["read"]},
    ],
)
def test_a_key_says_where_and_for_what(client, world, sign_in, body) -> None:
    reply = client.post("/api/server-keys", json=body, headers=sign_in("admin"))
    assert reply.status_code == 422
