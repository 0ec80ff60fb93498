"""The audit: what is written, who reads it, that reading it is written too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from make_accounts import a_page, an_account, bearer
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.audit import record_audit
from geo_api.accounts.models import Account, AuditEntry
from geo_api.accounts.portal_keys import create_portal_key
from geo_api.accounts.rules import Actor, CallerKind, Role

if TYPE_CHECKING:
    from conftest import Clock

SUBJECT = UUID("019cad2f-5c00-7c3e-8a51-2f4b9d1e7a60")


@pytest.fixture
def auditor(session: Session, now: datetime) -> Account:
    return an_account(session, "auditor", now=now, role=Role.AUDITOR, name="冯守正")


@pytest.fixture
def headers(session: Session, auditor: Account, now: datetime) -> dict[str, str]:
    return bearer(session, auditor, now=now)


def _read(client: TestClient, headers: dict[str, str], **query: Any) -> Any:
    reply = client.get("/api/audit", params=query, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.json()


def _fill(session: Session, account: Account, now: datetime) -> None:
    actor = Actor(kind=CallerKind.ACCOUNT, account_id=account.id)
    for hour in range(6):
        record_audit(
            session,
            actor if hour % 2 else Actor(),
            action="household.reveal" if hour < 3 else "request.export",
            subject_kind="household" if hour < 3 else "request",
            subject_id=SUBJECT if hour == 1 else uuid4(),
            fields=["phone"],
            detail={"hour": hour},
            now=now + timedelta(hours=hour),
        )


def test_a_row_says_who_did_what_and_names_fields_only(
    client: TestClient,
    session: Session,
    auditor: Account,
    headers: dict[str, str],
    now: datetime,
) -> None:
    _fill(session, auditor, now)
    [row] = _read(client, headers, subject_id=str(SUBJECT))["items"]
    assert datetime.fromisoformat(row.pop("at")) == now + timedelta(hours=1)
    assert row == {
        "caller_kind": "account",
        "account": {
            "id": str(auditor.public_id),
            "username": "auditor",
            "name": "冯*",
            "role": "auditor",
        },
        "action": "household.reveal",
        "subject_kind": "household",
        "subject_id": str(SUBJECT),
        "subject_name": None,
        "fields": ["phone"],
        "detail": {"hour": 1},
    }


@pytest.mark.parametrize(
    ("query", "hours"),
    [
        ({"subject_kind": "household"}, [2, 1, 0]),
        ({"action": "request.export"}, [5, 4, 3]),
        ({"action": "request.export", "account": "auditor"}, [5, 3]),
        ({"account": "nobody", "subject_kind": "household"}, []),
        # 10:00 on 2 March in Asia/Shanghai is hour 0; from ≤ t < to.
        ({"from": "2026-03-02T12:00:00+08:00", "to": "2026-03-02T14:00"}, [3, 2]),
        ({"from": "2026-03-02T04:00:00Z", "subject_kind": "household"}, [2]),
        ({"to": "2026-03-02"}, []),
        ({"from": "2026-03-02", "to": "2026-03-03", "account": "auditor"}, [5, 3, 1]),
    ],
)
def test_filters(
    client: TestClient,
    session: Session,
    auditor: Account,
    headers: dict[str, str],
    now: datetime,
    query: dict[str, str],
    hours: list[int],
) -> None:
    _fill(session, auditor, now)
    found = _read(client, headers, **query)["items"]
    assert [r["detail"]["hour"] for r in found if "hour" in r["detail"]] == hours


def test_an_account_is_found_by_its_id_too(
    client: TestClient,
    session: Session,
    auditor: Account,
    headers: dict[str, str],
    now: datetime,
) -> None:
    _fill(session, auditor, now)
    by_id = _read(client, headers, account=str(auditor.public_id), action="x")
    assert by_id["items"] == []
    by_id = _read(
        client, headers, account=str(auditor.public_id), subject_kind="request"
    )
    assert len(by_id["items"]) == 2


def test_rows_about_accounts_and_keys_say_which(
    client: TestClient,
    session: Session,
    auditor: Account,
    headers: dict[str, str],
    now: datetime,
) -> None:
    key, _secret = create_portal_key(
        session, name="政务服务网", origins=[], layers=["heat"], area_ids=[], now=now
    )
    named = {
        row["subject_id"]: row["subject_name"]
        for row in _read(client, headers)["items"]
    }
    assert named == {
        str(auditor.public_id): "auditor",
        str(key.public_id): "政务服务网",
    }


def test_each_reading_is_one_row_after_what_it_read(
    client: TestClient,
    session: Session,
    auditor: Account,
    headers: dict[str, str],
    now: datetime,
) -> None:
    _fill(session, auditor, now)
    first = _read(client, headers, subject_id=str(SUBJECT), account="auditor")
    assert len(first["items"]) == 1
    second = _read(client, headers, action="audit.read")["items"]
    assert [(r["fields"], r["detail"], r["subject_id"]) for r in second] == [
        (["account", "subject_id"], {"rows": 1}, str(SUBJECT))
    ]
    assert len(_read(client, headers, action="audit.read")["items"]) == 2


def test_pages_do_not_shift_although_reading_adds_rows(
    client: TestClient,
    session: Session,
    auditor: Account,
    headers: dict[str, str],
    clock: Clock,
) -> None:
    _fill(session, auditor, clock.now)
    clock.now += timedelta(hours=1)
    everything = session.scalars(
        select(AuditEntry.detail)
        .where(AuditEntry.at <= clock.now)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    ).all()
    seen: list[Any] = []
    query: dict[str, Any] = {"limit": 2, "to": "2026-03-02T11:00:00.000001+08:00"}
    while True:
        page = _read(client, headers, **query)
        seen += [row["detail"] for row in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
        clock.now += timedelta(seconds=1)
    assert seen == everything
    foreign = client.get(
        "/api/audit", params={"cursor": query["cursor"]}, headers=headers
    )
    assert foreign.status_code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"from": "yesterday"}, 400),
        ({"to": "2026-02-30"}, 400),
        ({"cursor": "nonsense"}, 400),
        ({"limit": 0}, 422),
        ({"limit": 1001}, 422),
        ({"subject_id": "5"}, 422),
        ({"account": "a\0b"}, 422),
        ({"action": ""}, 422),
    ],
)
def test_questions_that_cannot_be_read(
    client: TestClient, headers: dict[str, str], query: dict[str, Any], status: int
) -> None:
    reply = client.get("/api/audit", params=query, headers=headers)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.AUDITOR])
def test_nobody_but_the_auditor_reads_it(
    client: TestClient, session: Session, now: datetime, role: Role
) -> None:
    account = an_account(session, "other", now=now, role=Role.ADMIN)
    account.role = role.value
    headers = bearer(session, account, now=now)
    assert client.get("/api/audit", headers=headers).status_code == 403


def test_no_route_alters_it(app: FastAPI) -> None:
    """The database refuses it to the app's role; the app does not even ask."""
    about = {
        path: set(methods)
        for path, methods in app.openapi()["paths"].items()
        if "audit" in path
    }
    assert about == {"/api/audit": {"get"}}


def test_what_happens_at_the_door_is_written_down(
    client: TestClient, session: Session, headers: dict[str, str], clock: Clock
) -> None:
    an_account(session, now=clock.now)
    csrf = a_page(client)
    client.post("/api/logout", headers=csrf)
    given = {"username": "root", "password": "wrong"}
    for _ in range(7):
        client.post("/api/token", data=given)
    rows = _read(client, headers, subject_kind="account")["items"][::-1]
    told = [(r["action"], r["caller_kind"], bool(r["account"])) for r in rows]
    assert told == [
        ("account.create", "anonymous", False),  # by the builder, as by the CLI
        ("account.create", "anonymous", False),
        ("sign_in", "account", True),
        ("sign_out", "account", True),
        # Who guesses is not known to be the owner; all guesses are one row.
        ("sign_in.fail", "anonymous", False),
    ]
    assert len({r["subject_id"] for r in rows}) == 2
