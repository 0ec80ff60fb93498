"""The list of cases beside the leaders' map, and one case in full."""

from __future__ import annotations

import io
from itertools import product
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, Route, expect
from watching import (
    SCHEMES,
    SIZES,
    Open,
    axe_violations,
    number,
    resize,
    settle,
    wait_until,
)

YEARS = "&from=2000-01-01&to=2100-01-01"


def ids(page: Page) -> list[str]:
    return [
        row.get_attribute("data-id") or ""
        for row in page.locator("#cases-rows button").all()
    ]


def ready(page: Page) -> None:
    expect(page.locator("#cases-rows")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#cases-rows button").first).to_be_visible()


def listed(page: Page, query: str) -> list[dict[str, Any]]:
    reply = page.request.get(f"{page.url.split('/?')[0]}/api/requests?{query}")
    assert reply.ok, reply.text()
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


@pytest.mark.parametrize("sizes", SIZES)
def test_list_and_case_are_accessible_in_every_size(
    open_map: Open, sizes: list[tuple[int, int]]
) -> None:
    def prepare(page: Page) -> None:
        resize(page, sizes[0])
        # Colours on their way from dark to light are nobody's choice.
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")

    page, notes = open_map("&list=overdue" + YEARS, before=prepare)
    ready(page)
    for opens in ("#cases", "#case"):
        if opens == "#case":
            page.locator("#cases-rows button").first.click()
            expect(page.locator("#case-history li").first).to_be_visible()
        for size, scheme in product(sizes, SCHEMES):
            resize(page, size)
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-theme", scheme)
            assert axe_violations(page) == []
        resize(page, sizes[0])
    notes.assert_clean()


@pytest.mark.long
def test_what_is_overdue_the_longest_comes_first(open_map: Open) -> None:
    page, notes = open_map()
    late = number(page, "overdue")
    page.locator("#open-cases").click()
    ready(page)
    assert parse_qs(urlsplit(page.url).query)["list"] == ["overdue"]
    shown = ids(page)
    assert len(shown) == min(late, 30)
    asked = parse_qs(
        urlsplit(next(u for u in notes.requested if "/requests?" in u)).query
    )
    found = listed(
        page, f"overdue=true&sort=due&from={asked['from'][0]}&to={asked['to'][0]}"
    )
    assert shown == [item["id"] for item in found][:30]
    assert [item["due_at"] for item in found] == sorted(i["due_at"] for i in found)
    row = page.locator("#cases-rows button").first
    for text in (
        found[0]["number"],
        found[0]["service_name"],
        found[0]["handler"]["name"],
    ):
        expect(row).to_contain_text(text)
    expect(row.locator(".row__due")).to_contain_text("已超期")
    assert "*" in found[0]["handler"]["name"]


@pytest.mark.long
def test_the_list_goes_on_where_it_ended(open_map: Open) -> None:
    page, notes = open_map("&list=all" + YEARS)
    ready(page)
    first = ids(page)
    assert len(first) == 30
    page.locator("#cases-more").click()
    expect(page.locator("#cases-rows button")).to_have_count(60)
    both = ids(page)
    assert both[:30] == first
    assert len(set(both)) == 60
    # Whoever reads with a keyboard goes on reading.
    assert page.evaluate("document.activeElement.dataset.id") == both[30]
    notes.assert_clean()


@pytest.mark.long
def test_news_do_not_undo_that_somebody_asks_for_more(open_map: Open) -> None:
    page, notes = open_map("&list=all" + YEARS)
    ready(page)
    first = ids(page)
    held: list[Route] = []
    page.route("**/api/requests?*cursor=*", lambda route: held.append(route))
    page.locator("#cases-more").click()
    wait_until(page, lambda: bool(held))
    page.locator("#refresh").click()
    rows = page.locator("#cases-rows")
    expect(rows).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    expect(rows).not_to_have_attribute("aria-busy", "true")
    expect(rows.locator("button")).to_have_count(60)
    assert len(set(ids(page))) == 60
    assert ids(page)[:30] == first
    notes.assert_clean()


def test_words_and_numbers_are_found_and_stay_out_of_the_address(
    open_map: Open,
) -> None:
    page, _ = open_map("&list=all" + YEARS)
    ready(page)
    wanted = page.locator("#cases-rows .row__number").nth(7).text_content() or ""
    page.locator("#cases-search").fill(wanted)
    expect(page.locator("#cases-rows button")).to_have_count(1)
    expect(page.locator("#cases-rows button")).to_contain_text(wanted)
    assert wanted not in page.url
    page.locator("#cases-search").fill("没有这样的话")
    expect(page.locator("#cases-note")).to_have_text("这里没有诉求")


@pytest.mark.long
def test_the_list_follows_place_and_category(open_map: Open) -> None:
    page, _ = open_map("&list=all" + YEARS)
    ready(page)
    everything = ids(page)
    newest = listed(page, "limit=1")[0]["service_code"]
    code = next(
        item["service_code"]
        for item in listed(page, "limit=100")
        if item["service_code"] != newest
    )
    page.select_option("#service", code)
    expect(page.locator("#cases-rows button").first).not_to_have_attribute(
        "data-id", everything[0]
    )
    settle(page)
    ready(page)
    found = listed(page, f"service_code={code}&limit=30")
    assert ids(page) == [item["id"] for item in found]


@pytest.mark.long
def test_a_case_is_read_by_keyboard_and_given_back(open_map: Open) -> None:
    page, notes = open_map("&list=open" + YEARS)
    ready(page)
    row = page.locator("#cases-rows button").nth(2)
    row.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog").filter(has=page.locator("#case-title"))
    expect(dialog).to_be_visible()
    expect(page.locator("#case-history li").first).to_contain_text("已点单")
    expect(page.locator("#case-decisions [data-verdict=chosen]").first).to_be_visible()
    expect(page.locator("#case-facts")).to_contain_text("钱干事")
    assert page.evaluate("document.activeElement.closest('#case') !== null")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(row).to_be_focused()
    assert "case" not in parse_qs(urlsplit(page.url).query)
    page.keyboard.press("Escape")
    expect(page.locator("#cases")).to_be_hidden()
    notes.assert_clean()


@pytest.mark.long
def test_the_address_alone_opens_the_case(open_map: Open) -> None:
    page, _ = open_map("&list=open" + YEARS)
    ready(page)
    page.locator("#cases-rows button").nth(1).click()
    title = page.locator("#case-title")
    expect(page.locator("#case-body")).to_be_visible()
    seen = title.text_content() or ""
    page.reload()
    expect(title).to_have_text(seen)
    page.go_back()
    expect(page.locator("#case")).to_be_hidden()


def test_a_leaders_instruction_is_in_the_history(open_map: Open) -> None:
    page, notes = open_map("&list=overdue" + YEARS, role="town_leader")
    ready(page)
    page.locator("#cases-rows button").first.click()
    expect(page.locator("#remind")).to_be_visible()
    page.locator("#remind-note").fill("请今天上门 <b>=1+1</b>")
    page.locator("#remind-send").click()
    reminder = page.locator("#case-history [data-verb=remind]")
    expect(reminder).to_contain_text("请今天上门 <b>=1+1</b>")
    expect(page.locator("#remind-note")).to_have_value("")
    expect(page.locator("#case-facts")).to_contain_text("督办时间")
    notes.assert_clean()


def test_the_list_can_be_taken_away_as_a_workbook(open_map: Open) -> None:
    page, _ = open_map("&list=overdue")
    ready(page)
    with page.expect_download() as download:
        page.locator("#cases-file").click()
    asked = parse_qs(urlsplit(download.value.url).query)
    assert asked["overdue"] == ["true"]
    assert {"from", "to"} <= set(asked)
    content = io.BytesIO(download.value.path().read_bytes())
    lines = load_workbook(content, read_only=True).active
    shown = len(ids(page))
    assert lines is not None
    numbers = [str(row[0]) for row in lines.iter_rows(min_row=2, values_only=True)]
    assert len(numbers) == shown


@pytest.mark.long
def test_on_paper_the_page_is_light_and_fits(open_map: Open) -> None:
    def prepare(page: Page) -> None:
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.emulate_media(color_scheme="dark")

    page, notes = open_map("&list=overdue", before=prepare)
    ready(page)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1030})
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    for shown in ("#figures", "#map_main", "#children-table", "#cases-rows"):
        box = page.locator(shown).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 718
    for hidden in ("#service", "#cases-search", "#zoom-in", "#open-cases"):
        expect(page.locator(hidden)).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    notes.assert_clean()


@pytest.mark.long
def test_nothing_of_the_list_is_fetched_before_it_is_opened(open_map: Open) -> None:
    page, notes = open_map()
    assert not [
        url for url in notes.requested if url.endswith(("/cases.js", "/case.js"))
    ]
    page.locator("#open-cases").click()
    ready(page)
    assert [url for url in notes.requested if url.endswith("/cases.js")]
