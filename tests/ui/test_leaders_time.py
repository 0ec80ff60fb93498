"""A year played on the leaders' map, month by month or week by week."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from watching import SCHEMES, Open, axe_violations, number, settle


def period(page: Page) -> tuple[str, str]:
    query = parse_qs(urlsplit(page.url).query)
    return query["from"][0], query["to"][0]


def test_a_month_of_the_slider_changes_heat_figures_and_address(
    open_map: Open,
) -> None:
    page, notes = open_map()
    before = page.url
    page.locator("#play-open").click()
    expect(page.locator("#playing")).to_be_visible()
    slider = page.locator("#play-at")
    for _ in range(2):
        slider.press("ArrowLeft")
    settle(page)
    first, end = period(page)
    assert first.endswith("-01")
    assert end.endswith("-01")
    assert 28 <= (date.fromisoformat(end) - date.fromisoformat(first)).days <= 31
    last = date.fromisoformat(end) - timedelta(days=1)
    expect(page.locator("#play-text")).to_have_text(f"{first} 至 {last}")
    expect(slider).to_have_attribute("aria-valuetext", f"{first} 至 {last}")
    assert parse_qs(urlsplit(notes.tiles()[-1]).query)["from"] == [first]
    seen = number(page, "ordered")
    assert seen > 0
    page.reload()
    settle(page)
    assert (period(page), number(page, "ordered")) == ((first, end), seen)
    expect(page.locator("#playing")).to_be_visible()
    page.go_back()
    settle(page)
    assert page.url == before
    expect(page.locator("#playing")).to_be_hidden()
    notes.assert_clean()


@pytest.mark.long
def test_playing_goes_on_by_itself_until_the_end(open_map: Open) -> None:
    page, notes = open_map()
    page.locator("#play-open").click()
    expect(page.locator("#playing")).to_be_visible()
    page.locator("#play-at").press("ArrowLeft")
    settle(page)
    month = period(page)
    page.get_by_role("button", name="播放").click()
    page.wait_for_function("(from) => !location.search.includes(from)", arg=month[0])
    assert period(page)[0] == month[1]
    # The last month: there is nothing more to play.
    expect(page.get_by_role("button", name="播放")).to_be_visible()
    notes.assert_clean()


@pytest.mark.long
def test_weeks_can_be_played_and_the_period_comes_back(open_map: Open) -> None:
    page, _ = open_map("&play=week")
    first, end = period(page)
    days = date.fromisoformat(end) - date.fromisoformat(first)
    assert days == timedelta(days=7)
    expect(page.locator("#play-at")).to_have_attribute("max", "51")
    page.locator("#play-open").click()
    expect(page.locator('[data-period="month"]')).to_have_attribute(
        "aria-pressed", "true"
    )


@pytest.mark.long
def test_whoever_wants_less_motion_moves_the_slider_alone(open_map: Open) -> None:
    def prepare(page: Page) -> None:
        page.emulate_media(reduced_motion="reduce", color_scheme="dark")

    page, notes = open_map("&play=month", before=prepare)
    expect(page.locator("#play")).to_be_hidden()
    expect(page.locator("#play-at")).to_be_visible()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert axe_violations(page) == []
    notes.assert_clean()


@pytest.mark.long
def test_on_a_wall_the_panels_are_as_on_a_desk_but_larger(open_map: Open) -> None:
    def prepare(page: Page) -> None:
        page.set_viewport_size({"width": 3840, "height": 2160})

    page, _ = open_map(before=prepare)
    card = page.locator(".card--overview").bounding_box()
    figure = page.locator(".figure__number").first.bounding_box()
    assert card is not None
    assert figure is not None
    assert card["width"] > 650
    assert figure["height"] > 55
    wide, high = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert (wide, high) == (3840, 2160)
    assert axe_violations(page) == []
