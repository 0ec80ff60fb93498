"""Page sessions and bearer tokens: cookies, idle end, CSRF, how they are ended."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from make_accounts import PASSWORD, a_page, an_account, bearer, from_network
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo_api.accounts.models import Account, Token
from geo_api.settings import ServerSettings

if TYPE_CHECKING:
    from conftest import Clock, FreshDatabase

NEW = "a new sentence of one's own"
CHANGE = {"old_password": PASSWORD, "new_password": NEW}


@pytest.fixture(autouse=True)
def account(request: pytest.FixtureRequest) -> Account | None:
    """Nearly every test here needs the same account."""
    if "session" not in request.fixturenames:
        return None
    now = request.getfixturevalue("now")
    return an_account(request.getfixturevalue("session"), now=now)


def _cookies(client: TestClient) -> dict[str, str]:
    reply = client.post("/api/session", json={"username": "root", "password": PASSWORD})
    return {
        header.partition("=")[0]: header.partition("; ")[2]
        for header in reply.headers.get_list("set-cookie")
    }


def test_cookies_over_plain_http(client: TestClient, session: Session) -> None:
    assert _cookies(client) == {
        "minqing_session": "HttpOnly; Path=/; SameSite=lax",
        "minqing_csrf": "Path=/; SameSite=lax",
    }
    assert len(client.cookies["minqing_session"]) == 43


def test_cookies_over_tls_are_secure(app: FastAPI, session: Session) -> None:
    with TestClient(app, base_url="https://testserver") as client:
        assert all("Secure" in value for value in _cookies(client).values())


def test_cookies_behind_a_proxy_that_ends_tls_are_secure(
    app: FastAPI, session: Session
) -> None:
    app.state.context.settings.server = ServerSettings(
        public_url="https://minqing.example"
    )
    with TestClient(app) as client:
        assert all("Secure" in value for value in _cookies(client).values())


def test_thirty_idle_minutes_end_a_page(
    client: TestClient, session: Session, clock: Clock
) -> None:
    a_page(client)
    for _ in range(3):
        clock.now += timedelta(minutes=29)
        assert client.get("/api/me").status_code == 200
    clock.now += timedelta(minutes=30)
    reply = client.get("/api/me")
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"


def test_a_page_in_steady_use_ends_after_twelve_hours(
    client: TestClient, session: Session, clock: Clock
) -> None:
    a_page(client)
    for _ in range(71):
        clock.now += timedelta(minutes=10)
        assert client.get("/api/me").status_code == 200
    clock.now += timedelta(minutes=10)
    assert client.get("/api/me").status_code == 401


def test_a_program_may_be_idle_until_its_token_expires(
    client: TestClient, session: Session, account: Account, clock: Clock
) -> None:
    headers = bearer(session, account, now=clock.now)
    clock.now += timedelta(hours=12, seconds=-1)
    assert client.get("/api/me", headers=headers).status_code == 200
    clock.now += timedelta(seconds=1)
    assert client.get("/api/me", headers=headers).status_code == 401


def test_use_is_written_at_most_once_a_minute(
    client: TestClient, session: Session, clock: Clock
) -> None:
    def last_use() -> datetime:
        session.expire_all()
        return session.scalars(select(Token.last_used_at)).one()

    a_page(client)
    begun = clock.now
    for seconds, written in ((59, 0), (1, 60), (30, 60), (31, 121)):
        clock.now += timedelta(seconds=seconds)
        assert client.get("/api/me").status_code == 200
        assert last_use() == begun + timedelta(seconds=written)


def test_twenty_tiles_at_once_do_not_queue_for_noting_their_use(
    committing_client: TestClient, fresh_database: FreshDatabase, clock: Clock
) -> None:
    with fresh_database.sessions.transaction() as session:
        an_account(session, now=clock.now)
    a_page(committing_client)
    clock.now += timedelta(minutes=5)
    done = threading.Event()

    def ask() -> None:
        if committing_client.get("/api/me").status_code == 200:
            done.set()

    # A slow request of the same page holds the row; the next one must not wait.
    with fresh_database.sessions.transaction() as slow:
        slow.execute(select(Token).with_for_update())
        thread = threading.Thread(target=ask)
        thread.start()
        assert done.wait(5)
    thread.join()


# Unsafe requests by cookie


def _try(client: TestClient, headers: dict[str, str]) -> int:
    """A change that is refused for its content if it gets past the door."""
    given = {"old_password": PASSWORD, "new_password": "short"}
    return client.post("/api/password", json=given, headers=headers).status_code


def test_a_change_needs_the_token_of_its_own_page(
    client: TestClient, session: Session
) -> None:
    csrf = a_page(client)
    assert _try(client, csrf) == 422
    assert _try(client, {}) == 403
    assert _try(client, {"X-CSRF-Token": ""}) == 403
    assert _try(client, {"X-CSRF-Token": csrf["X-CSRF-Token"][:-1]}) == 403
    latin = client.post(
        "/api/password", json=CHANGE, headers={"X-CSRF-Token": b"\xe9\xff"}
    )
    assert latin.status_code == 403


def test_another_session_s_token_does_not_fit(
    app: FastAPI, client: TestClient, session: Session
) -> None:
    a_page(client)
    with TestClient(app) as other:
        csrf_of_other = a_page(other)
    assert _try(client, csrf_of_other) == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://testserver"}, 422),
        ({"Origin": "http://127.0.0.1:8000"}, 422),  # the address people use
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 422),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_change_comes_from_our_own_page(
    client: TestClient, session: Session, headers: dict[str, str], status: int
) -> None:
    csrf = a_page(client)
    assert _try(client, {**csrf, **headers}) == status


def test_reading_by_cookie_needs_no_token(client: TestClient, session: Session) -> None:
    a_page(client)
    assert client.get("/api/accounts").status_code == 200


def test_a_program_needs_neither_origin_nor_csrf_token(
    client: TestClient, session: Session, account: Account, now: datetime
) -> None:
    headers = bearer(session, account, now=now)
    assert _try(client, {**headers, "Origin": "https://portal.example"}) == 422


def test_a_page_s_secret_is_no_bearer_token_and_the_other_way_round(
    client: TestClient, session: Session, account: Account, now: datetime
) -> None:
    """A cookie used as a bearer token would slip past the check of the page."""
    a_page(client)
    secret = client.cookies["minqing_session"]
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/me", headers=headers).status_code == 401
    program = bearer(session, account, now=now)["Authorization"].removeprefix("Bearer ")
    client.cookies.clear()
    client.cookies["minqing_session"] = program
    assert client.get("/api/me").status_code == 401


@pytest.mark.parametrize("credentials", ["Bearer", "Bearer ", "bearer nonsense"])
def test_a_bad_bearer_token_is_never_silently_anonymous(
    client: TestClient, session: Session, credentials: str
) -> None:
    # Even with a good cookie beside it, and on a route that is open to all.
    a_page(client)
    for path in ("/api/me", "/tiles/heat.json"):
        reply = client.get(path, headers={"Authorization": credentials})
        assert reply.status_code == 401


# Signing out


def test_signing_out_ends_the_session_and_takes_the_cookies_back(
    client: TestClient, session: Session
) -> None:
    csrf = a_page(client)
    secret = client.cookies["minqing_session"]
    assert client.post("/api/logout").status_code == 403
    assert client.get("/api/me").status_code == 200
    assert client.post("/api/logout", headers=csrf).status_code == 204
    assert not client.cookies
    client.cookies["minqing_session"] = secret
    assert client.get("/api/me").status_code == 401


def test_a_dead_cookie_can_still_be_given_back(
    client: TestClient, session: Session, clock: Clock
) -> None:
    """Otherwise a shared browser would be refused everywhere until it is closed."""
    a_page(client)
    clock.now += timedelta(hours=1)
    assert client.post("/api/logout").status_code == 204
    assert not client.cookies
    assert client.get("/api/me").status_code == 401


def test_a_program_signs_out_with_its_own_token_only(
    client: TestClient, session: Session, account: Account, now: datetime
) -> None:
    one = bearer(session, account, now=now)
    two = bearer(session, account, now=now)
    assert client.post("/api/logout", headers=one).status_code == 204
    assert client.get("/api/me", headers=one).status_code == 401
    assert client.post("/api/logout", headers=one).status_code == 401
    assert client.get("/api/me", headers=two).status_code == 200


def test_nobody_cannot_sign_out(client: TestClient, session: Session) -> None:
    assert client.post("/api/logout").status_code == 401


# Changing the password


def test_a_new_password_ends_every_session_but_the_page_goes_on(
    app: FastAPI,
    client: TestClient,
    session: Session,
    account: Account,
    now: datetime,
) -> None:
    program = bearer(session, account, now=now)
    with TestClient(app) as other:
        a_page(other)
        csrf = a_page(client)
        before = client.cookies["minqing_session"]
        reply = client.post("/api/password", json=CHANGE, headers=csrf)
        assert reply.status_code == 204
        assert client.cookies["minqing_session"] != before
        assert client.get("/api/me").status_code == 200
        assert other.get("/api/me").status_code == 401
    assert client.get("/api/me", headers=program).status_code == 401
    # The new session's own token works, the old one's does not.
    assert client.post("/api/logout", headers=csrf).status_code == 403
    fresh = {"X-CSRF-Token": client.cookies["minqing_csrf"]}
    assert client.post("/api/logout", headers=fresh).status_code == 204
    a_page(client, password=NEW)


def test_a_program_s_new_password_ends_its_token_too(
    client: TestClient, session: Session, account: Account, now: datetime
) -> None:
    headers = bearer(session, account, now=now)
    reply = client.post("/api/password", json=CHANGE, headers=headers)
    assert reply.status_code == 204
    assert "set-cookie" not in reply.headers
    assert client.get("/api/me", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("old", "new", "loc"),
    [
        ("wrong", NEW, "old_password"),
        (PASSWORD, "nine char", "new_password"),
        (PASSWORD, PASSWORD, "new_password"),
        (PASSWORD, "", "new_password"),
        (PASSWORD, "x" * 201, "new_password"),
    ],
)
def test_passwords_that_are_not_taken(
    client: TestClient, session: Session, old: str, new: str, loc: str
) -> None:
    csrf = a_page(client)
    reply = client.post(
        "/api/password", json={"old_password": old, "new_password": new}, headers=csrf
    )
    assert reply.status_code == 422
    [wrong] = reply.json()["errors"]
    assert wrong["loc"] == ["body", loc]
    assert wrong["mend"]
    assert client.get("/api/me").status_code == 200
    a_page(client)


# The first password


@pytest.fixture
def newcomer(client: TestClient, session: Session, now: datetime) -> dict[str, str]:
    an_account(session, "new", now=now, must_change_password=True)
    return a_page(client, "new")


OPEN_BEFORE_CHANGE = {
    ("GET", "/api/me"),
    ("POST", "/api/password"),
    ("POST", "/api/logout"),
}


def test_a_first_password_opens_three_routes_and_no_other(
    app: FastAPI, client: TestClient, newcomer: dict[str, str]
) -> None:
    """Every route that asks who is there, as the application really has them."""
    documented = app.openapi()["paths"]
    asked = {
        (method.upper(), path)
        for path, methods in documented.items()
        for method, operation in methods.items()
        if operation.get("security")
    }
    assert len(asked) > 40
    assert asked >= OPEN_BEFORE_CHANGE
    passed = set()
    for method, path in asked - {("POST", "/api/logout")}:
        filled = path
        while "{" in filled:
            start, _, rest = filled.partition("{")
            filled = f"{start}1{rest.partition('}')[2]}"
        reply = client.request(method, filled, headers=newcomer)
        if reply.status_code != 403:
            passed.add((method, path))
        else:
            assert reply.json()["type"] == "/problems/must-change-password", path
    assert passed == OPEN_BEFORE_CHANGE - {("POST", "/api/logout")}
    assert client.post("/api/logout", headers=newcomer).status_code == 204


def test_everything_opens_once_it_is_replaced(
    client: TestClient, newcomer: dict[str, str]
) -> None:
    assert client.get("/api/me").json()["must_change_password"] is True
    assert client.get("/api/accounts").status_code == 403
    reply = client.post("/api/password", json=CHANGE, headers=newcomer)
    assert reply.status_code == 204
    assert client.get("/api/me").json()["must_change_password"] is False
    assert client.get("/api/accounts").status_code == 200


def test_who_is_signed_in_elsewhere_sees_it_and_ends_it_there(
    client: TestClient, session: Session, account: Account, clock: Clock
) -> None:
    an_account(session, "other", now=clock.now)
    elsewhere, program = from_network(client, 1), from_network(client, 2)
    another = from_network(client, 3)
    a_page(elsewhere)
    a_page(another, "other")
    secret = program.post(
        "/api/token", data={"username": "root", "password": PASSWORD}
    ).json()["access_token"]
    headers = {"Authorization": f"Bearer {secret}"}
    clock.now += timedelta(minutes=1)
    csrf = a_page(client)

    def listed() -> list[dict[str, Any]]:
        return client.get("/api/sessions").json()["items"]

    told = [(item["kind"], item["is_current"]) for item in listed()]
    assert told[0] == ("session", True)
    assert sorted(told[1:]) == [("bearer", False), ("session", False)]
    assert set(listed()[0]) == {
        "id", "kind", "created_at", "last_used_at", "is_current"
    }  # fmt: skip
    page = next(i["id"] for i in listed()[1:] if i["kind"] == "session")
    foreign = another.get("/api/sessions").json()["items"][0]["id"]
    assert client.delete(f"/api/sessions/{page}").status_code == 403, "No CSRF"
    one = f"/api/sessions/{page}"
    assert client.delete(one, headers=csrf).status_code == 204
    assert client.delete(one, headers=csrf).status_code == 404
    assert client.delete(f"/api/sessions/{foreign}", headers=csrf).status_code == 404
    assert elsewhere.get("/api/me").status_code == 401
    assert program.get("/api/me", headers=headers).status_code == 200
    assert client.delete("/api/sessions", headers=csrf).status_code == 204
    assert program.get("/api/me", headers=headers).status_code == 401
    assert [item["is_current"] for item in listed()] == [True]
    assert another.get("/api/me").status_code == 200
    # A page that nobody used for long is over, and not listed.
    a_page(elsewhere)
    clock.now += timedelta(minutes=29)
    assert len(listed()) == 2
    clock.now += timedelta(minutes=1)
    assert len(listed()) == 1


def test_settings_decide_how_long_all_this_lasts(
    app: FastAPI, session: Session, clock: Clock
) -> None:
    settings = app.state.context.settings
    settings.sign_in = settings.sign_in.model_copy(
        update={"idle_minutes": 5, "lockout_failures": 2, "password_min_length": 30}
    )
    with TestClient(app) as client:
        csrf = a_page(client)
        reply = client.post("/api/password", json=CHANGE, headers=csrf)
        assert reply.status_code == 422
        assert "30" in reply.json()["detail"]
        clock.now += timedelta(minutes=5)
        assert client.get("/api/me").status_code == 401
        wrong = {"username": "root", "password": "wrong"}
        told = [client.post("/api/token", data=wrong).status_code for _ in range(3)]
    assert told == [401, 401, 429]
