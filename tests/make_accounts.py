"""Builders of the accounts room: accounts, tokens, pages that are signed in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from geo_api.accounts import service, tokens
from geo_api.accounts.models import Account
from geo_api.accounts.rules import Role

PASSWORD = "seven stones by the well"


def an_account(
    session: Session,
    username: str = "root",
    *,
    now: datetime,
    role: Role = Role.ADMIN,
    name: str = "赵明远",
    area_ids: Collection[int] = (),
    must_change_password: bool = False,
) -> Account:
    """An account with the password ``PASSWORD``."""
    account = service.create_account(
        session,
        username=username,
        password=PASSWORD,
        name=name,
        role=role,
        area_ids=area_ids,
        must_change_password=must_change_password,
        now=now,
    )
    session.flush()
    return account


def from_network(client: TestClient, number: int) -> TestClient:
    """A client of the same application whose calls come from another network."""
    return TestClient(client.app, client=(f"198.51.100.{number}", 50_000))


def bearer(session: Session, account: Account, *, now: datetime) -> dict[str, str]:
    """Headers of a program that is signed in with the account."""
    secret, _ = tokens.issue_account_token(
        session, account, kind="bearer", now=now, hours=12
    )
    session.flush()
    return {"Authorization": f"Bearer {secret}"}


def a_page(
    client: TestClient, username: str = "root", password: str = PASSWORD
) -> dict[str, str]:
    """Sign ``client`` in by cookie; headers of its unsafe requests."""
    reply = client.post(
        "/api/session", json={"username": username, "password": password}
    )
    assert reply.status_code == 200, reply.text
    return {"X-CSRF-Token": client.cookies["minqing_csrf"]}
