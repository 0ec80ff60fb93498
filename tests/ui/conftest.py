"""A county served for real, a Chromium without a network, pages ready to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import made_county
import pytest
from chromium import Strangers, launch
from playwright.sync_api import Browser, Page, expect, sync_playwright
from serving import LiveServer, served, sessions_of_a_clone
from watching import PATIENCE_MS, Open, Watch, settle, watch

from geo_api.db.cipher import Cipher
from geo_api.db.session import SessionFactory
from geo_api.settings import Settings, StateSettings

_HEAR_NOTHING = """
window.EventSource = class extends EventTarget { close() {} };
"""


@pytest.fixture(scope="session")
def county_database(
    server: Any, template: str, cipher: Cipher, state_dir: Any
) -> Iterator[SessionFactory]:
    """A clone of the template in which the county is committed."""
    with sessions_of_a_clone(server, template) as sessions:
        with sessions.transaction() as session:
            made_county.settle_county(
                session,
                cipher,
                Settings(state=StateSettings(state_dir=state_dir)),
                now=datetime.now(UTC),
            )
        yield sessions


@pytest.fixture(scope="session")
def live_server(
    county_database: SessionFactory, cipher: Cipher, state_dir: Any
) -> Iterator[LiveServer]:
    """The county, served for the whole run."""
    with served(county_database, cipher, state_dir) as live:
        yield live


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium that finds no host but this machine."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def strangers(browser: Browser) -> Strangers:
    """Browsers that know nobody."""
    return Strangers(browser, PATIENCE_MS)


@pytest.fixture
def strangers_page(strangers: Strangers) -> Iterator[Callable[..., Page]]:
    """Opens an empty page of a browser that has never been here.

    Unless it ``keeps`` the page, it has no service worker.
    """
    with ExitStack() as contexts:

        def open_(*, keeps: bool = False) -> Page:
            if keeps:
                context = strangers.browser.new_context(locale="zh-CN")
                context.set_default_timeout(PATIENCE_MS)
                contexts.callback(context.close)
            else:
                context = strangers.take()
                contexts.callback(strangers.give_back, context)
            return context.new_page()

        yield open_


@pytest.fixture
def signed_in_as(
    strangers_page: Callable[..., Page], live_server: LiveServer
) -> Callable[..., Page]:
    """Opens an empty page of a browser in which an account has signed in.

    Every page has a session of its own, so that signing out ends no other.
    """

    def sign_in(username: str, *, keeps: bool = False) -> Page:
        page = strangers_page(keeps=keeps)
        reply = page.context.request.post(
            f"{live_server.base_url}/api/session",
            data={"username": username, "password": made_county.PASSWORD},
        )
        assert reply.ok, reply.text()
        return page

    return sign_in


@pytest.fixture
def signed_in_page(signed_in_as: Callable[[str], Page]) -> Callable[[str], Page]:
    """Opens an empty page of a browser in which a role has signed in."""
    return lambda role: signed_in_as(made_county.USERS[role])


@pytest.fixture
def open_map(signed_in_page: Callable[[str], Page], live_server: LiveServer) -> Open:
    """Opens the leaders' map in Chinese and waits until its figures stand.

    Unless it ``is_live``, it hears nothing of what other tests do to the county.
    """

    def open_(
        query: str = "",
        *,
        role: str = "county_leader",
        is_live: bool = False,
        before: Callable[[Page], None] | None = None,
    ) -> tuple[Page, Watch]:
        page = signed_in_page(role)
        page.set_viewport_size({"width": 1366, "height": 768})
        notes = watch(page, live_server.base_url)
        if not is_live:
            page.add_init_script(_HEAR_NOTHING)
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


@pytest.fixture
def open_admin(signed_in_as: Callable[[str], Page], live_server: LiveServer) -> Open:
    """Opens a view of the keepers' page as an account."""

    def open_(username: str, view: str) -> tuple[Page, Watch]:
        page = signed_in_as(username)
        page.set_viewport_size({"width": 1366, "height": 768})
        notes = watch(page, live_server.base_url)
        page.goto(f"{live_server.base_url}/admin?lang=zh-CN#{view}")
        expect(page.locator("#loading")).to_be_hidden()
        return page, notes

    return open_
