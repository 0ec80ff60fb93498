"""The resident's pages in Chromium: ordering by map and by area, following, rating."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from make_heic import a_heic
from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select, update
from watching import (
    DESK,
    PHONE,
    SCHEMES,
    Open,
    Watch,
    axe_violations,
    resize,
    wait_until,
    watch,
)

from geo_api.accounts.rules import Actor, CallerKind, Role
from geo_api.db.models import Counter as Count
from geo_api.db.session import SessionFactory
from geo_api.requests.handle.held import act_on, lock_request
from geo_api.requests.models import ServiceRequest
from geo_api.requests.outcomes import Act, Said
from geo_api.requests.rules import Verb
from geo_api.settings import Settings

HOSTILE = "${window.hurt = 1}`<img src=x onerror='window.hurt = 2'>\u202e反向<b>粗</b>"


@pytest.fixture
def open_order(strangers_page: Callable[[], Page], live_server: Any) -> Open:
    """Opens the page for orders as a stranger and waits for its map."""

    def open_(query: str = "") -> tuple[Page, Watch]:
        page = strangers_page()
        notes = watch(page, live_server.base_url)
        page.goto(f"{live_server.base_url}/order?lang=zh-CN{query}")
        expect(page.locator("#loading")).to_be_hidden()
        expect(page.locator("#town option")).not_to_have_count(1)
        return page, notes

    return open_


def a_photo() -> bytes:
    """A small picture that a camera might have taken."""
    stream = io.BytesIO()
    Image.new("RGB", (320, 240), "steelblue").save(stream, "PNG")
    return stream.getvalue()


def click_the_map(page: Page) -> None:
    """Puts the pin a little beside the middle of the county."""
    page.locator("#map_main").click(position={"x": 190, "y": 150})
    expect(page.locator(".place__names")).to_contain_text("镇")


def describe(page: Page, text: str = "三社停水两天了") -> None:
    page.locator("#service").select_option("XQ-SHUI")
    page.locator("#description").fill(text)
    page.locator("#confirm").check()
    page.locator("#consent").check()


def send(page: Page) -> str:
    """Sends the order; the path of its tracking page."""
    page.locator("#send").click()
    expect(page.locator("#receipt")).to_be_visible()
    link = page.locator("#receipt-link").text_content() or ""
    return link[link.index("/r/") :]


@pytest.fixture
def settle_request(county_database: SessionFactory) -> Callable[[str], None]:
    """Accepts and completes a request as its handler, who has no account here."""

    def settle_(number: str) -> None:
        now = datetime.now(UTC)
        with county_database.transaction() as session:
            request = session.scalars(
                select(ServiceRequest).where(ServiceRequest.number == number)
            ).one()
            handler = Actor(
                kind=CallerKind.ACCOUNT,
                role=Role.HANDLER,
                person_id=request.handler_id,
            )
            for verb, said in (
                (Verb.ACCEPT, Said()),
                (Verb.COMPLETE, Said(note=HOSTILE)),
            ):
                held = lock_request(session, handler, request.public_id)
                act = Act(verb, handler, now, said)
                act_on(session, [(held, act)], settings=Settings())

    return settle_


def everybody_can_use(page: Page) -> None:
    """In both sizes and colours: no rule is broken, nothing sticks out."""
    for size, scheme in product((DESK, PHONE), SCHEMES):
        resize(page, size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]


def test_the_page_stays_at_home_and_is_accessible(
    open_order: Open, live_server: Any
) -> None:
    page, notes = open_order()
    expect(page.locator("#invented")).to_be_visible()
    click_the_map(page)
    everybody_can_use(page)
    small = page.locator("button, a, select, input:not([type=checkbox]), textarea")
    for box in (target.bounding_box() for target in small.all()):
        assert box is None or box["height"] >= 44
    describe(page)
    page.goto(live_server.base_url + send(page))
    expect(page.locator("#state-title")).to_have_text("等待接单")
    everybody_can_use(page)
    notes.assert_clean()


def test_an_order_by_map_is_followed_rated_and_reopened(
    open_order: Open, live_server: Any, settle_request: Callable[[str], None]
) -> None:
    page, notes = open_order()
    click_the_map(page)
    expect(page.locator("#place")).to_contain_text("WGS84")
    describe(page, HOSTILE)
    path = send(page)
    expect(page.locator("#receipt-handler")).to_have_text(re.compile("^钱"))
    number = page.locator("#receipt-number").text_content() or ""
    page.locator("#receipt-follow").click()
    page.wait_for_url(f"**{path}")
    expect(page.locator("#facts")).to_contain_text(number)
    expect(page.locator("#facts")).to_contain_text(HOSTILE)
    expect(page.locator("#rate")).to_be_hidden()
    expect(page.locator("#withdraw")).to_be_visible()

    page.locator("#photo").set_input_files(
        {"name": "tap.png", "mimeType": "image/png", "buffer": a_photo()}
    )
    expect(page.locator("#photos img")).to_have_count(1)
    assert page.locator("#photos img").evaluate("img => img.decode()") is None

    settle_request(number)
    page.reload()
    expect(page.locator("#photos img")).to_have_count(1)
    expect(page.locator("#state-title")).to_have_text("已办结，请评价")
    expect(page.locator("#history")).to_contain_text(HOSTILE)
    page.get_by_label("不满意").check()
    page.locator("#rate-note").fill("水还是小")
    page.locator("#rate button").click()
    expect(page.locator("#state-title")).to_have_text("已评价，谢谢您")
    expect(page.locator("#facts")).to_contain_text("不满意")
    page.locator("#reopen-reason").fill("又停水了")
    page.locator("#reopen button").click()
    expect(page.locator("#state-title")).to_have_text("等待接单")
    expect(page.locator("#history")).to_contain_text("又停水了")
    assert page.evaluate("window.hurt") is None
    notes.assert_clean()
    # The secret is in the address of its page and in no other.
    secret = path.rsplit("/", 1)[1]
    assert not [u for u in notes.requested if secret in u and not u.endswith(path)]


@pytest.mark.long
def test_the_keyboard_alone_orders_for_an_area(open_order: Open) -> None:
    page, notes = open_order()
    page.locator("#here").focus()
    page.keyboard.press("Tab")
    for level in ("town", "village", "group"):
        box = page.locator(f"#{level}")
        expect(box).to_be_enabled()
        expect(box.locator("option")).not_to_have_count(1)
        if level != "town":
            page.keyboard.press("Tab")
        expect(box).to_be_focused()
        page.keyboard.press("ArrowDown")
        chosen = box.locator("option:checked").text_content() or ""
        expect(page.locator(".place__names")).to_contain_text(chosen)
    for field in ("confirm", "service", "description", "name", "phone", "consent"):
        page.keyboard.press("Tab")
        expect(page.locator(f"#{field}")).to_be_focused()
        match field:
            case "confirm" | "consent":
                page.keyboard.press("Space")
            case "service":
                page.keyboard.press("ArrowDown")
            case "description":
                page.keyboard.type("水管漏了")
            case "phone":
                page.keyboard.type("100 1234 5678")
    page.keyboard.press("Tab")
    with page.expect_request("**/api/requests") as sent:
        page.keyboard.press("Enter")
    expect(page.locator("#receipt-title")).to_be_focused()
    body = sent.value.post_data_json
    assert re.fullmatch(r"\d{15}", body["area_code"])
    assert "location" not in body
    assert body["contact"] == {"name": "", "phone": "10012345678"}
    notes.assert_clean()


def test_a_cut_network_and_a_reload_make_one_order(
    open_order: Open, county_database: SessionFactory
) -> None:
    page, _ = open_order()
    click_the_map(page)
    describe(page, "断网也只点一次")
    keys: list[str] = []

    def cut_after_arrival(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.abort()

    page.route("**/api/requests", cut_after_arrival)
    page.locator("#send").click()
    expect(page.locator("#order-error")).to_contain_text("不会重复下单")
    expect(page.locator("#description")).to_be_disabled()
    page.unroute("**/api/requests")
    page.reload()
    expect(page.locator("#order-error")).to_contain_text("不会重复下单")
    expect(page.locator("#description")).to_have_value("断网也只点一次")
    with page.expect_request("**/api/requests") as again:
        send(page)
    assert [again.value.headers["idempotency-key"]] == keys
    with county_database.transaction() as session:
        found = session.scalars(
            select(ServiceRequest).where(ServiceRequest.description == "断网也只点一次")
        ).all()
    assert len(found) == 1


def test_what_is_missing_or_refused_is_said_at_its_field(open_order: Open) -> None:
    page, _ = open_order()
    page.locator("#send").click()
    expect(page.locator("#place-error")).to_have_text("请先选地点")
    expect(page.locator("#confirm")).to_be_focused()
    for field in ("service", "description", "consent"):
        expect(page.locator(f"#{field}-error")).to_be_visible()
        expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    page.locator("#map_main").click(position={"x": 12, "y": 12})
    expect(page.locator("#place-error")).to_contain_text("县")
    expect(page.locator("#place")).to_contain_text("还没有选地点")
    click_the_map(page)
    expect(page.locator("#place-error")).to_be_hidden()
    describe(page, "字" * 4001)
    expect(page.locator("#service-error")).to_be_hidden()
    page.locator("#send").click()
    expect(page.locator("#description-error")).to_contain_text("4000")
    page.locator("#description").fill("字" * 4000)
    page.route(
        "**/api/requests",
        lambda route: route.fulfill(
            status=422,
            content_type="application/problem+json",
            body='{"type": "/problems/invalid-input", "status": 422, "detail": "无效",'
            '"errors": [{"loc": ["body", "contact", "phone"], "msg": "不像电话",'
            '"mend": "请核对"}]}',
        ),
    )
    page.locator("#send").click()
    expect(page.locator("#phone-error")).to_have_text("不像电话 · 请核对")
    expect(page.locator("#phone")).to_be_focused()
    page.unroute("**/api/requests")
    send(page)


@pytest.mark.long
def test_the_position_of_the_browser_is_a_place(
    open_order: Open, live_server: Any
) -> None:
    page, notes = open_order()
    shapes = page.context.request.get(
        f"{live_server.base_url}/api/areas.geojson?type=village"
    ).json()
    corners = Counter(
        tuple(corner)
        for feature in shapes["features"]
        for corner in feature["geometry"]["coordinates"][0][0][1:]
    )
    found, sides = corners.most_common(1)[0]
    assert sides > 1
    page.context.grant_permissions(["geolocation"], origin=live_server.base_url)
    page.context.set_geolocation(
        {"longitude": found[0], "latitude": found[1], "accuracy": 250}
    )
    page.locator("#here").click()
    expect(page.locator(".place__care").first).to_contain_text("250 米")
    expect(page.locator(".place__care").last).to_contain_text("边界")
    expect(page.locator("#confirm")).not_to_be_checked()
    notes.assert_clean()


def test_a_page_without_https_says_why_there_is_no_position(
    strangers_page: Callable[[], Page], live_server: Any
) -> None:
    page = strangers_page()
    page.add_init_script(
        "Object.defineProperty(window, 'isSecureContext', {get: () => false})"
    )
    page.goto(f"{live_server.base_url}/order?lang=zh-CN")
    expect(page.locator("#here")).to_be_disabled()
    expect(page.locator("#here-note")).to_contain_text("https")


def test_a_photo_goes_with_the_receipt_even_after_a_cut(open_order: Open) -> None:
    page, _ = open_order()
    click_the_map(page)
    describe(page)
    send(page)
    keys: list[str] = []

    def cut_after_arrival(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.abort()

    page.route("**/attachments", cut_after_arrival)
    page.locator("#photo").set_input_files(
        {"name": "tap.png", "mimeType": "image/png", "buffer": a_photo()}
    )
    expect(page.locator("#photo-again")).to_be_visible()
    page.unroute("**/attachments")
    with page.expect_request("**/attachments") as again:
        page.locator("#photo-again").click()
    expect(page.locator("#photos img")).to_have_count(1)
    assert [again.value.headers["idempotency-key"]] == keys
    assert axe_violations(page) == []
    page.locator("#receipt-follow").click()
    expect(page.locator("#photos img")).to_have_count(1)


@pytest.mark.long
def test_a_photo_is_taken_as_the_telephone_has_it(open_order: Open) -> None:
    page, notes = open_order()
    click_the_map(page)
    describe(page)
    send(page)
    page.locator("#photo").set_input_files(
        {"name": "IMG_0001.HEIC", "mimeType": "image/heic", "buffer": a_heic()}
    )
    shown = page.locator("#photos img")
    expect(shown).to_have_count(1)
    # What is shown is the JPEG that the service keeps: this browser reads no HEIC.
    wait_until(page, lambda: shown.evaluate("image => image.naturalWidth") == 64)
    notes.assert_clean()


def test_where_no_more_photos_are_taken_the_order_stands_and_the_page_says_so(
    open_order: Open, county_database: SessionFactory
) -> None:
    def spent(total: int) -> None:
        with county_database.transaction() as session:
            mine = Count.kind == "photo"
            session.execute(update(Count).where(mine).values(total=total))

    page, notes = open_order()
    click_the_map(page)
    describe(page)
    send(page)
    photo = {"name": "tap.png", "mimeType": "image/png", "buffer": a_photo()}
    page.locator("#photo").set_input_files(photo)
    expect(page.locator("#photos img")).to_have_count(1)
    spent(10**9)
    try:
        page.locator("#photo").set_input_files(photo)
        expect(page.locator("#photo-note")).to_contain_text("诉求已收下")
        assert [line[:3] for line in notes.refused] == ["429"]
        page.locator("#another").click()
        click_the_map(page)
        describe(page)
        send(page)
        expect(page.locator("#photo-note")).to_contain_text("诉求已收下")
        expect(page.locator("#photo-note")).to_contain_text("照片已达上限")
        assert axe_violations(page) == []
    finally:
        spent(0)


def test_number_and_last_digits_find_an_order_again(open_order: Open) -> None:
    page, notes = open_order()
    click_the_map(page)
    describe(page)
    page.locator("#phone").fill("10012345671")
    send(page)
    number = page.locator("#receipt-number").text_content() or ""
    page.locator("#another").click()
    page.locator("#find-number").fill(number)
    page.locator("#find-tail").fill("9999")
    page.locator("#find button").click()
    expect(page.locator("#find-number-error")).to_be_visible()
    expect(page.locator("#find-number")).to_be_focused()
    notes.refused.clear()
    page.locator("#find-tail").fill("5671")
    page.locator("#find button").click()
    page.wait_for_url("**/r/*")
    expect(page.locator("#facts")).to_contain_text(number)
    notes.assert_clean()


@pytest.mark.long
def test_without_the_map_an_area_can_be_ordered_for_and_withdrawn(
    strangers_page: Callable[[], Page], live_server: Any
) -> None:
    page = strangers_page()
    page.route("**/api/areas.geojson*", lambda route: route.abort())
    page.goto(f"{live_server.base_url}/order?lang=zh-CN")
    expect(page.locator("#place-error")).to_contain_text("地图没能载入")
    page.locator("#town").select_option(index=2)
    page.locator("#town").select_option(index=1)
    expect(page.locator("#place-error")).to_be_hidden()
    # Six villages of the one town that was chosen last, and the empty choice.
    expect(page.locator("#village option")).to_have_count(7)
    describe(page)
    page.goto(live_server.base_url + send(page))
    page.locator("#withdraw summary").click()
    page.locator("#withdraw-reason").fill("水来了")
    page.locator("#withdraw button").click()
    expect(page.locator("#state-title")).to_have_text("您已撤回")
    expect(page.locator("#state-title")).to_be_focused()
    expect(page.locator("#history")).to_contain_text("水来了")
    for gone in ("#withdraw", "#rate", "#reopen", ".photo-box", "#way"):
        expect(page.locator(gone)).to_be_hidden()


@pytest.mark.long
def test_an_unknown_address_opens_nothing(
    strangers_page: Callable[[], Page], live_server: Any
) -> None:
    page = strangers_page()
    page.goto(f"{live_server.base_url}/r/no-such-secret?lang=zh-CN")
    expect(page.locator("#trouble")).to_contain_text("不存在或已失效")
    expect(page.locator("#found")).to_be_hidden()
    assert axe_violations(page) == []


def test_only_the_page_for_orders_may_ask_for_the_position(
    strangers_page: Callable[[], Page], live_server: Any
) -> None:
    page = strangers_page()
    for path, word in (("/order", "(self)"), ("/r/x", "()"), ("/login", "()")):
        reply = page.context.request.get(live_server.base_url + path)
        policy = reply.headers["permissions-policy"]
        assert f"geolocation={word}" in policy
        assert "camera=()" in policy
