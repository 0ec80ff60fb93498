"""Who is believed about where a request came from, and what follows from TLS."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from make_accounts import PASSWORD, an_account
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from geo_api.cli.server import make_server
from geo_api.settings import ServerSettings, Settings
from map_ui import create_pages
from map_ui.settings import PagesSettings

PROXY = "10.0.0.2"


@pytest.fixture(scope="module")
def pages() -> Starlette:
    return create_pages(PagesSettings(), lambda _: {}, lambda _: None)


def behind(app: FastAPI, peer: str, *trusted: str) -> TestClient:
    """A client whose requests reach the server as uvicorn hands them on."""
    settings = Settings(
        server=ServerSettings(trusted_proxies=trusted)  # type: ignore[arg-type]
    )
    config = make_server(app, settings).config
    config.load()
    served: Any = config.loaded_app
    return TestClient(served, client=(peer, 50_000), base_url="http://minqing.example")


def _probe(request: Request) -> list[str]:
    assert request.client is not None
    return [request.client.host, request.url.scheme]


@pytest.mark.parametrize(
    ("peer", "trusted", "forwarded", "seen"),
    [
        # Nobody vouches for what a stranger forwards.
        ("203.0.113.5", (PROXY,), ["198.51.100.1"], ["203.0.113.5", "http"]),
        ("203.0.113.5", (), ["198.51.100.1"], ["203.0.113.5", "http"]),
        # A neighbour of the proxy is not the proxy.
        ("10.0.0.3", (PROXY,), ["198.51.100.1"], ["10.0.0.3", "http"]),
        (PROXY, (PROXY,), [], [PROXY, "https"]),
        (PROXY, (PROXY,), ["203.0.113.5"], ["203.0.113.5", "https"]),
        # Only the hop that a believed proxy wrote counts, not what came before it.
        (PROXY, (PROXY,), ["1.1.1.1, 203.0.113.5"], ["203.0.113.5", "https"]),
        (PROXY, (PROXY,), ["1.1.1.1", "203.0.113.5"], ["203.0.113.5", "https"]),
        (
            PROXY,
            (PROXY, "192.0.2.7"),
            ["203.0.113.5, 192.0.2.7"],
            ["203.0.113.5", "https"],
        ),
    ],
)
def test_only_a_listed_proxy_is_believed_about_caller_and_scheme(
    app: FastAPI,
    peer: str,
    trusted: tuple[str, ...],
    forwarded: list[str],
    seen: list[str],
) -> None:
    app.add_api_route("/probe", _probe)
    with behind(app, peer, *trusted) as client:
        told = client.get(
            "/probe",
            headers=[
                ("X-Forwarded-Proto", "https"),
                *(("X-Forwarded-For", hop) for hop in forwarded),
            ],
        )
    assert told.json() == seen


@pytest.mark.parametrize("listed", ["172.16.0.0/12", "10.0.0.2/32", "*", "nginx"])
def test_a_proxy_is_listed_by_its_own_address_and_nothing_wider(listed: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        ServerSettings(trusted_proxies=listed)  # type: ignore[arg-type]


@pytest.mark.parametrize("proto", ["https", "http"])
def test_every_cookie_is_for_tls_alone_where_the_caller_came_by_tls(
    app: FastAPI, pages: Starlette, session: Session, now: datetime, proto: str
) -> None:
    an_account(session, now=now)
    app.mount("/", pages)
    with behind(app, PROXY, PROXY) as client:
        headers = {
            "X-Forwarded-Proto": proto,
            "Origin": f"{proto}://minqing.example",
        }
        replies = [
            client.get("/login?lang=en", headers=headers),
            client.post(
                "/api/session",
                json={"username": "root", "password": PASSWORD},
                headers=headers,
            ),
        ]
    cookies = [c for r in replies for c in r.headers.get_list("set-cookie")]
    names = {cookie.split("=")[0] for cookie in cookies}
    assert {"minqing_session", "minqing_csrf"} < names
    assert len(names) == 3
    for cookie in cookies:
        assert ("secure" in cookie.lower()) is (proto == "https"), cookie


def test_the_public_address_alone_makes_a_page_s_cookie_for_tls_only() -> None:
    settings = PagesSettings(public_url="https://minqing.example")
    with TestClient(create_pages(settings, lambda _: {}, lambda _: None)) as client:
        (cookie,) = client.get("/login?lang=en").headers.get_list("set-cookie")
    assert "secure" in cookie.lower()


@pytest.mark.parametrize(
    "path",
    [
        *("/api/requests/", "/api/areas/", "/tiles/heat.json/", "/health/", "/login/"),
        *("/order/", "/work/", "/admin/", "/static/vendor", "/r/", "//other.example/"),
    ],
)
@pytest.mark.parametrize("has_pages", [False, True])
def test_no_reply_repeats_the_host_that_a_caller_has_sent(
    app: FastAPI, pages: Starlette, path: str, has_pages: bool
) -> None:
    if has_pages:
        app.mount("/", pages)
    with TestClient(app, follow_redirects=False) as client:
        for method in ("GET", "POST"):
            reply = client.request(method, path, headers={"Host": "evil.example"})
            assert "evil.example" not in reply.headers.get("location", "")
            assert "evil.example" not in reply.text
