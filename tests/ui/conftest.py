"""Pages that are ready to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page
from watching import Open, Watch, settle, watch


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
