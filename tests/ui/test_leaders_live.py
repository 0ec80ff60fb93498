"""What happens to requests is seen on the leaders' map without reloading it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect
from watching import Open, number

# A little more than the page waits between two looks.
SOON_MS = 30_000


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
    page, notes = open_map("&list=all")
    expect(page.locator("#cases-rows button").first).to_be_visible()
    before = number(page, "ordered")
    tiles = len(notes.tiles())
    view = page.evaluate("map_main.getCenter().toString() + map_main.getZoom()")
    page.locator("#children-rows button").nth(1).focus()
    name = page.evaluate("document.activeElement.textContent")
    asked = order(page, live_server.base_url)
    row = page.locator("#cases-rows button", has_text=asked)
    expect(row).to_be_visible(timeout=SOON_MS)
    assert number(page, "ordered") > before
    assert len(notes.tiles()) > tiles
    # Whoever reads meanwhile is not disturbed.
    assert page.evaluate("document.activeElement.textContent") == name
    assert page.evaluate("map_main.getCenter().toString() + map_main.getZoom()") == view
    notes.assert_clean()


def test_without_news_the_page_works_as_before(open_map: Open) -> None:
    def prepare(page: Page) -> None:
        page.route("**/api/events", lambda route: route.fulfill(status=503))

    page, notes = open_map(before=prepare)
    page.wait_for_function(
        "performance.getEntriesByName(origin + '/api/events').length"
    )
    assert number(page, "ordered") > 0
    page.locator("#refresh").click()
    expect(page.locator("#trouble")).to_be_hidden()
    assert notes.errors == []
