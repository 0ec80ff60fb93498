"""Pages that are ready to be looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.ui.watching import Watch, watch

_SOME = re.compile(r"^[1-9]")

Open = Callable[..., tuple[Page, Watch]]


@pytest.fixture
def open_map(signed_in_page: Callable[[str], Page], live_server: Any) -> Open:
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
def open_login(signed_in_page: Callable[[str], Page], live_server: Any) -> Open:
    """Opens the sign-in page as a stranger."""

    def open_(query: str = "") -> tuple[Page, Watch]:
        page = signed_in_page("county_leader")
        page.context.clear_cookies()
        notes = watch(page, live_server.base_url)
        page.goto(f"{live_server.base_url}/login?lang=zh-CN{query}")
        return page, notes

    return open_


def settle(page: Page) -> None:
    """Waits until map, names, table and cards show the present state."""
    expect(page.locator("#loading")).to_be_hidden()
    expect(page.locator("#children-scroll")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#figures")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("canvas.names")).to_have_attribute("data-names", _SOME)
    page.wait_for_load_state("networkidle")


def number(page: Page, figure: str) -> int:
    """The number on a card of the overview."""
    card = page.locator(f'[data-figure="{figure}"] .figure__number')
    return int((card.text_content() or "").replace(",", ""))
