"""The sign-in page in Chromium."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from watching import DESK, PHONE, SCHEMES, Open, axe_violations, resize

PASSWORD = "minqing-demo"


def test_the_page_stays_at_home_and_is_accessible(open_login: Open) -> None:
    page, notes = open_login()
    for size, scheme in product((DESK, PHONE), SCHEMES):
        resize(page, size)
        page.emulate_media(color_scheme=scheme)
        page.reload()
        expect(page.locator("#username")).to_be_focused()
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        assert axe_violations(page) == []
    notes.assert_clean()


@pytest.mark.long
def test_the_keyboard_alone_signs_in(open_login: Open) -> None:
    page, notes = open_login("&next=%2F%3Ffrom%3D2026-01-01%26to%3D2026-02-01")
    expect(page.locator("#username")).to_be_focused()
    page.keyboard.type("county")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?from=2026-01-01&to=2026-02-01")
    notes.assert_clean()


def test_signing_in_never_leads_to_another_site(
    open_login: Open, live_server: Any
) -> None:
    page, notes = open_login()
    page.evaluate(
        "(next) => window.history.replaceState("
        "null, '', '/login?next=' + encodeURIComponent(next))",
        "//example.org/",
    )
    page.locator("#username").fill("county")
    page.locator("#password").fill(PASSWORD)
    page.locator("#sign-in button[type=submit]").click()
    page.wait_for_url(lambda url: "/login" not in url, wait_until="commit")
    assert page.url.split("?")[0] == f"{live_server.base_url}/"
    assert notes.outside() == []


def test_a_wrong_password_is_told_and_read_out(open_login: Open) -> None:
    page, _ = open_login()
    page.locator("#username").fill("nobody-at-all")
    page.locator("#password").fill("wrong")
    page.locator("#sign-in button[type=submit]").click()
    error = page.locator("#sign-in-error")
    expect(error).to_be_visible()
    expect(error).to_be_focused()
    expect(error).to_have_attribute("role", "alert")
    assert (error.text_content() or "").strip()
    assert axe_violations(page) == []


def test_who_typed_too_many_wrong_passwords_is_told_when_to_come_back(
    open_login: Open,
) -> None:
    page, _ = open_login()
    # The limits of the API are tested there; here is what a page makes of them.
    page.route(
        "**/api/session",
        lambda route: route.fulfill(
            status=429,
            content_type="application/problem+json",
            headers={"Retry-After": "870"},
            body='{"type": "/problems/locked-out", "detail": "输错太多次"}',
        ),
    )
    page.locator("#username").fill("county")
    page.locator("#password").fill("wrong")
    page.locator("#sign-in button[type=submit]").click()
    expect(page.locator("#sign-in-error")).to_contain_text("输错太多次")
    expect(page.locator("#sign-in-error")).to_contain_text("15 分钟后重试")


def test_a_first_password_must_be_replaced(open_login: Open) -> None:
    page, notes = open_login()
    sent: list[Any] = []

    def keep(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(status=204)

    page.route(
        "**/api/session",
        lambda route: route.fulfill(
            json={"role": "county_leader", "must_change_password": True}
        ),
    )
    page.route(
        "**/api/password",
        keep,
    )
    page.locator("#username").fill("county")
    page.locator("#password").fill("given-by-others")
    page.locator("#sign-in button[type=submit]").click()
    expect(page.locator("#new-password")).to_be_focused()
    expect(page.locator("#sign-in")).to_be_hidden()
    page.locator("#new-password").fill("my-own-password")
    page.locator("#again-password").fill("another-password")
    page.locator("#change button[type=submit]").click()
    expect(page.locator("#change-error")).to_contain_text("不一致")
    assert sent == []
    page.locator("#again-password").fill("my-own-password")
    page.locator("#change button[type=submit]").click()
    page.wait_for_url(lambda url: "/login?lang" not in url)
    assert sent == [
        {"old_password": "given-by-others", "new_password": "my-own-password"}
    ]
    assert notes.outside() == []


def test_the_password_can_be_shown(open_login: Open) -> None:
    page, _ = open_login()
    page.locator("#password").fill("secret")
    page.get_by_role("button", name="显示密码").first.click()
    expect(page.locator("#password")).to_have_attribute("type", "text")


def test_who_signs_in_is_told_of_other_places_and_ends_them(
    open_login: Open, signed_in_as: Any, live_server: Any
) -> None:
    elsewhere = signed_in_as("town").context.request
    page, notes = open_login()
    page.locator("#username").fill("town")
    page.locator("#password").fill(PASSWORD)
    page.locator("#sign-in button[type=submit]").click()
    told = page.locator(".elsewhere")
    expect(told.locator("h2")).to_contain_text("还在另外")
    expect(told.locator("li").first).to_contain_text("网页")
    for size in (DESK, PHONE):
        resize(page, size)
        assert axe_violations(page) == []
    told.get_by_role("button", name="让那里退出").click()
    expect(told).to_have_count(0)
    assert elsewhere.get(f"{live_server.base_url}/api/me").status == 401
    page.reload()
    expect(page.locator("#visitor-name")).not_to_be_empty()
    expect(told).to_have_count(0)
    notes.assert_clean()
