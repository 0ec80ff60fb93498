"""A county served for real, a Chromium without a network, pages ready to look at."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import made_county
import pytest
import uvicorn
from chromium import launch
from playwright.sync_api import Browser, Page, expect, sync_playwright
from watching import Open, Watch, settle, watch

from geo_api.cli.serving import whole_service
from geo_api.db.cipher import Cipher
from geo_api.db.session import SessionFactory, make_engine
from geo_api.http.context import Context
from geo_api.settings import (
    DatabaseSettings,
    ServerSettings,
    Settings,
    StateSettings,
)

# Patient, because the machine may be busy; what is ready does not wait.
PATIENCE_MS = 20_000


@dataclass(frozen=True)
class LiveServer:
    """API and pages as people reach them."""

    base_url: str


@pytest.fixture(scope="session")
def county_database(
    server: Any, template: str, cipher: Cipher, state_dir: Any
) -> Iterator[SessionFactory]:
    """A clone of the template in which the county is committed."""
    name = f"county_{secrets.token_hex(4)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    engine = make_engine(server.app_url(name), DatabaseSettings())
    sessions = SessionFactory(engine, DatabaseSettings().schema_name)
    try:
        with sessions.transaction() as session:
            made_county.settle_county(
                session,
                cipher,
                Settings(state=StateSettings(state_dir=state_dir)),
                now=datetime.now(UTC),
            )
        yield sessions
    finally:
        engine.dispose()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def live_server(
    county_database: SessionFactory, cipher: Cipher, state_dir: Any
) -> Iterator[LiveServer]:
    """The whole service behind a port of its own, on the clock that browsers have."""
    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    context = Context(
        settings=Settings(
            state=StateSettings(state_dir=state_dir),
            server=ServerSettings(public_url=base_url),
        ),
        sessions=county_database,
        cipher=cipher,
        clock=lambda: datetime.now(UTC),
    )
    service = uvicorn.Server(
        uvicorn.Config(
            whole_service(context), log_level="warning", access_log=False, ws="none"
        )
    )
    thread = threading.Thread(target=service.run, args=([listener],), daemon=True)
    thread.start()
    while not service.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.02)
    yield LiveServer(base_url)
    service.should_exit = True
    thread.join(timeout=20)
    listener.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium that finds no host but this machine."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def strangers_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Opens an empty page of a browser that has never been here."""
    contexts = []

    def open_() -> Page:
        context = browser.new_context(locale="zh-CN")
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return context.new_page()

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def signed_in_page(
    strangers_page: Callable[[], Page], live_server: LiveServer
) -> Callable[[str], Page]:
    """Opens an empty page of a browser in which a role has signed in.

    Every page has a session of its own, so that signing out ends no other.
    """

    def sign_in(role: str) -> Page:
        page = strangers_page()
        reply = page.context.request.post(
            f"{live_server.base_url}/api/session",
            data={
                "username": made_county.USERS[role],
                "password": made_county.PASSWORD,
            },
        )
        assert reply.ok, reply.text()
        return page

    return sign_in


@pytest.fixture
def open_map(signed_in_page: Callable[[str], Page], live_server: LiveServer) -> Open:
    """Opens the leaders' map in Chinese and waits until its figures stand."""

    def open_(
        query: str = "",
        *,
        role: str = "county_leader",
        before: Callable[[Page], None] | None = None,
    ) -> tuple[Page, Watch]:
        page = signed_in_page(role)
        page.set_viewport_size({"width": 1366, "height": 768})
        notes = watch(page, live_server.base_url)
        if before is not None:
            before(page)
        page.goto(f"{live_server.base_url}/?lang=zh-CN{query}")
        settle(page)
        return page, notes

    return open_


@pytest.fixture
def open_login(strangers_page: Callable[[], Page], live_server: LiveServer) -> Open:
    """Opens the sign-in page as a stranger."""

    def open_(query: str = "") -> tuple[Page, Watch]:
        page = strangers_page()
        notes = watch(page, live_server.base_url)
        page.goto(f"{live_server.base_url}/login?lang=zh-CN{query}")
        return page, notes

    return open_
