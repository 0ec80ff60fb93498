"""What happens to requests is seen on the leaders' map without reloading it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect
from sqlalchemy import func, update
from watching import Open, axe_violations, number, settle, wait_until

from geo_api.accounts.models import Token
from geo_api.accounts.tokens import hash_secret
from geo_api.db.session import SessionFactory


def order(page: Page, base_url: str) -> str:
    """A resident orders where a group lies, and gets the number."""
    areas = page.request.get(f"{base_url}/api/areas.geojson?type=village").json()
    lon, lat = areas["features"][0]["properties"]["label"]
    reply = page.request.post(
        f"{base_url}/api/requests",
        data={
            "service_code": "XQ-SHUI",
            "description": "三社停水",
            "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        },
        headers={
            "X-CSRF-Token": page.evaluate(
                "document.cookie.match(/minqing_csrf=([^;]*)/)[1]"
            ),
            "Origin": base_url,
        },
    )
    assert reply.ok, reply.text()
    found: str = reply.json()["number"]
    return found


def test_an_order_appears_in_figures_heat_and_list(
    open_map: Open, live_server: Any
) -> None:
    page, notes = open_map("&list=all", is_live=True)
    expect(page.locator("#cases-rows button").first).to_be_visible()
    before = number(page, "ordered")
    tiles = len(notes.tiles())
    view = page.evaluate("map_main.getCenter().toString() + map_main.getZoom()")
    page.locator("#children-rows button").nth(1).focus()
    name = page.evaluate("document.activeElement.textContent")
    asked = order(page, live_server.base_url)
    row = page.locator("#cases-rows button", has_text=asked)
    expect(row).to_be_visible()
    assert number(page, "ordered") > before
    assert len(notes.tiles()) > tiles
    # Whoever reads meanwhile is not disturbed.
    assert page.evaluate("document.activeElement.textContent") == name
    assert page.evaluate("map_main.getCenter().toString() + map_main.getZoom()") == view
    notes.assert_clean()


def _asked_by_itself(request: Request) -> bool:
    is_asked = "/api/summary?" in request.url
    return is_asked and request.headers.get("x-background") == "1"


def _asked_by_hand(request: Request) -> bool:
    return "/api/summary?" in request.url and "x-background" not in request.headers


@pytest.mark.long
def test_without_news_or_anybody_there_the_page_ends_in_order(
    open_map: Open, county_database: SessionFactory
) -> None:
    refused = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=503)

    def prepare(page: Page) -> None:
        page.clock.install()
        page.route("**/api/events", refuse)
        # What moves by itself runs after a clock that is turned.
        page.route("**/echarts*", lambda route: route.abort())

    page, notes = open_map("&from=2026-01-01", is_live=True, before=prepare)
    wait_until(page, lambda: bool(refused))
    assert number(page, "ordered") > 0
    with page.expect_request(_asked_by_hand):
        page.locator("#refresh").click()
    expect(page.locator("#trouble")).to_be_hidden()
    settle(page)
    # A minute later it tries again to listen, and looks what was missed meanwhile.
    with (
        page.expect_request(_asked_by_itself),
        page.expect_request("**/api/events"),
    ):
        page.clock.fast_forward(75_000)
        page.clock.fast_forward(15_000)
    assert notes.errors == []
    cookies = {c["name"]: c["value"] for c in page.context.cookies()}
    session_of = hash_secret(cookies["minqing_session"])
    with county_database.transaction() as session:
        session.execute(
            update(Token)
            .where(Token.token_hash == session_of)
            .values(revoked_at=func.now())
        )
    # Unless it has asked by itself meanwhile.
    page.evaluate("() => document.getElementById('refresh')?.click()")
    page.wait_for_url("**/login?next=*from%3D2026-01-01*")
    expect(page.locator("#ended")).to_be_visible()
    assert axe_violations(page) == []
