"""The leaders' map in Chromium, against the real API with the demo county."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from watching import SCHEMES, SIZES, Open, axe_violations, number, resize, settle


def query_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def areas(page: Page) -> list[str]:
    return [
        row.get_attribute("data-area") or ""
        for row in page.locator("#children-rows tr[data-area]").all()
    ]


def crumbs(page: Page) -> list[str]:
    return page.locator("#crumbs .crumb").all_text_contents()


@pytest.mark.parametrize("sizes", SIZES)
def test_the_page_stays_at_home_and_is_accessible(
    open_map: Open, sizes: list[tuple[int, int]]
) -> None:
    def prepare(page: Page) -> None:
        resize(page, sizes[0])
        page.emulate_media(color_scheme="dark")

    page, notes = open_map(before=prepare)
    assert notes.tiles()
    for size in sizes:
        resize(page, size)
        settle(page)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-theme", scheme)
            assert axe_violations(page) == []
    notes.assert_clean()


@pytest.mark.long
def test_a_desk_screen_needs_no_scrolling(open_map: Open) -> None:
    page, _ = open_map()
    wide, high = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert (wide, high) == (1366, 768)


@pytest.mark.long
def test_invented_boundaries_say_so(open_map: Open) -> None:
    page, _ = open_map()
    expect(page.locator("#invented")).to_be_visible()
    expect(page.locator("#invented")).to_have_text("演示数据：边界为虚构")


def test_drilling_down_by_the_table_changes_address_and_breadcrumbs(
    open_map: Open,
) -> None:
    page, notes = open_map()
    names = crumbs(page)
    assert len(names) == 1
    for depth in (2, 3, 4):
        button = page.locator("#children-rows button").first
        code = areas(page)[0]
        name = button.text_content()
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#crumbs .crumb")).to_have_count(depth)
        settle(page)
        assert query_of(page)["area"] == [code]
        assert crumbs(page) == [*names, name]
        expect(page.locator("#place-name")).to_have_text(name or "")
        names = crumbs(page)
    expect(page.locator("#children-empty")).to_be_visible()
    page.locator("#crumbs a").first.click()
    expect(page.locator("#crumbs .crumb")).to_have_count(1)
    assert "area" not in query_of(page)
    page.go_back()
    expect(page.locator("#crumbs .crumb")).to_have_count(4)
    notes.assert_clean()


@pytest.mark.long
def test_a_click_on_the_map_goes_one_level_down(open_map: Open) -> None:
    page, notes = open_map()
    towns = areas(page)
    label = page.evaluate(
        """async (code) => {
          const reply = await fetch("/api/areas.geojson?type=town");
          const { features } = await reply.json();
          const town = features.find(({ properties }) => properties.code === code);
          const [lon, lat] = town.properties.label;
          const { x, y } = map_main.latLngToContainerPoint([lat, lon]);
          return [x, y];
        }""",
        towns[0],
    )
    box = page.locator("#map_main").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + label[0], box["y"] + label[1])
    page.mouse.move(box["x"] + label[0] + 2, box["y"] + label[1])
    expect(page.locator("#tip")).to_be_visible()
    page.mouse.click(box["x"] + label[0] + 2, box["y"] + label[1])
    expect(page.locator("#crumbs .crumb")).to_have_count(2)
    assert query_of(page)["area"] == [towns[0]]
    notes.assert_clean()


@pytest.mark.long
def test_the_table_is_in_the_order_of_codes(open_map: Open) -> None:
    page, _ = open_map()
    towns = areas(page)
    assert towns == sorted(towns)
    page.locator("#children-rows button").first.click()
    expect(page.locator("#crumbs .crumb")).to_have_count(2)
    settle(page)
    villages = areas(page)
    assert len(villages) > 1
    assert villages == sorted(villages)
    services = [
        row.get_attribute("data-service") or ""
        for row in page.locator("#services-table tr").all()
    ]
    assert services == sorted(services)


def test_a_period_changes_heat_figures_and_address(open_map: Open) -> None:
    page, notes = open_map()
    month = number(page, "ordered")
    already = len(notes.tiles())
    page.locator('[data-period="year"]').click()
    expect(page.locator('[data-period="year"]')).to_have_attribute(
        "aria-pressed", "true"
    )
    settle(page)
    assert number(page, "ordered") > month
    asked = query_of(page)
    assert asked["from"][0].endswith("-01-01")
    fresh = [parse_qs(urlsplit(url).query) for url in notes.tiles()[already:]]
    assert fresh
    assert all(tile["from"] == asked["from"] for tile in fresh)
    assert all(tile["to"] == asked["to"] for tile in fresh)
    notes.assert_clean()


@pytest.mark.long
def test_dates_of_ones_own_include_the_last_day(open_map: Open) -> None:
    page, _ = open_map()
    page.locator("#own-period-button").click()
    page.locator("#own-first").fill("2026-02-27")
    page.locator("#own-last").fill("2026-02-28")
    page.locator("#own-period button[type=submit]").click()
    expect(page.locator("#own-period")).to_be_hidden()
    asked = query_of(page)
    assert (asked["from"], asked["to"]) == (["2026-02-27"], ["2026-03-01"])
    expect(page.locator("#period-text")).to_have_text("2026-02-27 至 2026-02-28")


@pytest.mark.long
def test_a_last_day_before_the_first_is_not_asked_for(open_map: Open) -> None:
    page, _ = open_map()
    before = page.url
    page.locator("#own-period-button").click()
    page.locator("#own-first").fill("2026-02-28")
    page.locator("#own-last").fill("2026-02-27")
    page.locator("#own-period button[type=submit]").click()
    expect(page.locator("#own-period")).to_be_visible()
    assert page.url == before


def test_a_category_changes_heat_and_figures(open_map: Open) -> None:
    page, notes = open_map("&from=2000-01-01&to=2100-01-01")
    everything = number(page, "ordered")
    bar = page.locator("#services-table tr").first
    code = bar.get_attribute("data-service")
    shown = int((bar.locator("td").first.text_content() or "").replace(",", ""))
    already = len(notes.tiles())
    page.select_option("#service", code)
    expect(page.locator(f'[data-service="{code}"]')).to_have_attribute(
        "aria-current", "true"
    )
    settle(page)
    assert 0 < number(page, "ordered") == shown < everything
    assert query_of(page)["service"] == [code]
    fresh = [parse_qs(urlsplit(url).query) for url in notes.tiles()[already:]]
    assert fresh
    assert all(tile["service_code"] == [code] for tile in fresh)


def test_the_address_alone_restores_what_was_seen(open_map: Open) -> None:
    page, _ = open_map("&from=2000-01-01&to=2100-01-01")
    page.locator("#children-rows button").first.click()
    expect(page.locator("#crumbs .crumb")).to_have_count(2)
    settle(page)
    seen = (page.locator("#place-name").text_content(), number(page, "ordered"))
    page.reload()
    settle(page)
    assert (page.locator("#place-name").text_content(), number(page, "ordered")) == seen


def test_the_figures_of_the_parts_add_up_to_the_whole(open_map: Open) -> None:
    page, _ = open_map("&from=2000-01-01&to=2100-01-01")
    cells = page.locator('#children-rows [data-column="ordered"]').all_text_contents()
    parts = sum(int(cell.replace(",", "")) for cell in cells)
    assert parts == number(page, "ordered") > 0
    stages = page.locator("#stages .stage__number").all_text_contents()
    assert sum(int(cell.replace(",", "")) for cell in stages) == parts
    weeks = page.locator("#weeks-table td:nth-child(2)").all_text_contents()
    assert sum(int(cell.replace(",", "")) for cell in weeks) == parts
    # Of a hundred years only those are shown in which there were cases.
    assert 50 < len(weeks) < 60


@pytest.mark.long
def test_a_period_without_cases_says_so(open_map: Open) -> None:
    page, notes = open_map("&from=1999-01-01&to=1999-02-01")
    assert number(page, "ordered") == 0
    rate = page.locator('[data-figure="on_time_rate"] .figure__number')
    expect(rate).to_have_text("—")
    expect(page.locator("#year")).to_be_visible()
    page.locator("#year").click()
    expect(page.locator("#year")).to_be_hidden()
    notes.assert_clean()


def test_a_failing_service_is_told_and_can_be_asked_again(open_map: Open) -> None:
    page, _ = open_map()
    page.route("**/api/summary?*", lambda route: route.abort())
    page.locator('[data-period="year"]').click()
    expect(page.locator("#trouble")).to_be_visible()
    expect(page.locator("#trouble-text")).to_contain_text("无法连接服务")
    page.unroute("**/api/summary?*")
    page.locator("#trouble-again").click()
    expect(page.locator("#trouble")).to_be_hidden()
    settle(page)
    assert number(page, "ordered") > 0


def test_an_ended_session_leads_to_the_sign_in_and_back(open_map: Open) -> None:
    page, _ = open_map()
    page.context.clear_cookies()
    page.locator('[data-period="year"]').click()
    page.wait_for_url("**/login?next=*")
    asked = parse_qs(urlsplit(page.url).query)["next"][0]
    assert asked.startswith("/?")
    assert "-01-01" in asked


@pytest.mark.long
def test_signing_out_ends_the_session(open_map: Open) -> None:
    page, _ = open_map()
    page.locator("#logout").click()
    page.wait_for_url("**/login")
    assert page.evaluate("fetch('/api/me').then((reply) => reply.status)") == 401


@pytest.mark.long
def test_a_town_leader_begins_at_the_own_town(open_map: Open) -> None:
    page, notes = open_map(role="town_leader")
    assert len(crumbs(page)) == 1
    name = crumbs(page)[0]
    expect(page.locator("#place-name")).to_have_text(name)
    assert len(areas(page)) > 1
    notes.assert_clean()


@pytest.mark.long
def test_the_heat_can_be_weakened_and_switched_off(open_map: Open) -> None:
    page, _ = open_map()
    tiles = page.locator("#map_main .leaflet-tile-pane .leaflet-layer")
    strong = float(tiles.evaluate("(node) => node.style.opacity"))
    page.locator('[data-heat="light"]').click()
    assert float(tiles.evaluate("(node) => node.style.opacity")) < strong
    page.locator('[data-heat="off"]').click()
    expect(tiles).to_have_count(0)
    expect(page.locator("#legend")).to_be_hidden()


def test_the_page_speaks_english_when_asked(open_map: Open, live_server: Any) -> None:
    page, _ = open_map()
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    settle(page)
    expect(page.locator("#logout")).to_have_text("Sign out")
    # The choice outlives the address.
    page.goto(f"{live_server.base_url}/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    words = page.locator("header, .card__head, .figure__name").all_text_contents()
    foreign = [text for text in words if re.search(r"诉求|超期|办结|退出", text)]
    assert foreign == []


@pytest.mark.long
def test_controls_speak_chinese_and_zoom(open_map: Open) -> None:
    page, _ = open_map()
    expect(page.get_by_role("button", name="放大")).to_be_visible()
    expect(page.locator(".scale__text")).to_have_text(re.compile(r"^\d+ (公里|米)$"))
    before = page.evaluate("map_main.getZoom()")
    page.get_by_role("button", name="放大").click()
    page.wait_for_function("(zoom) => map_main.getZoom() > zoom", arg=before)


@pytest.mark.long
def test_the_whole_stays_in_view_when_the_window_changes_until_a_hand_moves_it(
    open_map: Open,
) -> None:
    page, _ = open_map()
    zoom = "() => map_main.getZoom()"
    whole = page.evaluate(zoom)
    page.set_viewport_size({"width": 900, "height": 560})
    page.wait_for_function("(whole) => map_main.getZoom() < whole", arg=whole)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.wait_for_function("(whole) => map_main.getZoom() === whole", arg=whole)
    page.get_by_role("button", name="放大").click()
    page.wait_for_function("(whole) => map_main.getZoom() > whole", arg=whole)
    near, wide = page.evaluate("[map_main.getZoom(), map_main.getSize().x]")
    page.set_viewport_size({"width": 900, "height": 560})
    page.wait_for_function("(wide) => map_main.getSize().x < wide", arg=wide)
    assert page.evaluate(zoom) == near
