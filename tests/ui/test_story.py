"""One request from its order to its second completion, by nothing but the pages.

With ``MINQING_PICTURES=folder`` every step leaves its pictures there, to be looked at.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import made_county
import make_coverage
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, ViewportSize, expect
from sqlalchemy import select
from watching import Open, settle, watch

from geo_api.accounts.rules import Role
from geo_api.accounts.service import create_account
from geo_api.db.session import SessionFactory
from geo_api.people.models import Person

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1366, height=768)
WALL = ViewportSize(width=3840, height=2160)
GROUP = "620171101279002"
VILLAGE = GROUP[:-3]
WORDS = "三社水管爆了，路上都是水"


@dataclass(frozen=True)
class Camera:
    """Takes a picture of each step where somebody wants to look."""

    folder: Path | None

    def take(self, page: Page, step: str, *sizes: ViewportSize) -> None:
        """What ``page`` shows now, at its own size or at each of ``sizes``."""
        if self.folder is None:
            return
        own = page.viewport_size
        assert own is not None
        for size in sizes or (own,):
            page.set_viewport_size(size)
            page.wait_for_timeout(600)  # until what moves with the size has moved
            page.screenshot(path=self.folder / f"{step}-{size['width']}.png")
        page.set_viewport_size(own)


@pytest.fixture
def camera() -> Camera:
    folder = os.environ.get("MINQING_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Camera(Path(folder) if folder else None)


@pytest.fixture
def place(county_database: SessionFactory) -> tuple[float, float]:
    """A place whose grid worker has the account ``grid``; its lon, lat."""
    now = datetime.now(UTC)
    with county_database.transaction() as session:
        account = create_account(
            session,
            username="grid",
            password=made_county.PASSWORD,
            name="钱干事",
            role=Role.HANDLER,
            area_ids=[],
            must_change_password=False,
            now=now,
        )
        person = session.scalars(
            select(Person).where(Person.code == f"P-{GROUP}")
        ).one()
        person.account_id = account.id
    drafts = make_coverage.wiggly(columns=8, rows=6).drafts
    shape = next(draft.shape for draft in drafts if draft.code == GROUP)
    middle = shape.representative_point()
    return middle.x, middle.y


def click_at(page: Page, lon: float, lat: float) -> None:
    """Clicks the map of the page where a place lies."""
    x, y = page.evaluate(
        """([lon, lat]) => {
          const point = map_main.latLngToContainerPoint([lat, lon]);
          return [point.x, point.y];
        }""",
        [lon, lat],
    )
    page.locator("#map_main").click(position={"x": x, "y": y})


def heat_at(page: Page, lon: float, lat: float) -> tuple[int, ...]:
    """Red, green, blue and opacity of the heat that the page shows at a place."""
    found = page.evaluate(
        """async ([lon, lat]) => {
          const spot = map_main.latLngToContainerPoint([lat, lon]);
          const frame = map_main.getContainer().getBoundingClientRect();
          const [x, y] = [frame.x + spot.x, frame.y + spot.y];
          for (const tile of heat_tiles_main.getContainer().querySelectorAll("img")) {
            const box = tile.getBoundingClientRect();
            if (x < box.x || y < box.y || x >= box.right || y >= box.bottom) continue;
            const reply = await fetch(tile.src);
            const bytes = new Uint8Array(await reply.arrayBuffer());
            const png = btoa(String.fromCharCode(...bytes));
            return [png, (x - box.x) / box.width, (y - box.y) / box.height];
          }
          return null;
        }""",
        [lon, lat],
    )
    if found is None:
        return (0, 0, 0, 0)
    png, across, down = found
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    colour = image.getpixel((int(across * image.width), int(down * image.height)))
    assert isinstance(colour, tuple)
    return colour


def a_photo() -> FilePayload:
    stream = io.BytesIO()
    Image.new("RGB", (640, 480), "steelblue").save(stream, "JPEG")
    return FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=stream.getvalue())


def test_the_whole_way_of_a_request_needs_nothing_but_the_pages(
    open_map: Open,
    strangers_page: Callable[..., Page],
    live_server: Any,
    place: tuple[float, float],
    camera: Camera,
) -> None:
    base = live_server.base_url
    # The leader has the village before him; the page is never loaded again.
    leader, seen_by_leader = open_map(
        f"&area={VILLAGE}&list=all", role="town_leader", is_live=True
    )
    leader.locator('[data-period="today"]').click()
    settle(leader)
    cold = heat_at(leader, *place)
    camera.take(leader, "1-leader-before", DESK, WALL)

    # A resident orders by the map.
    resident = strangers_page()
    resident.set_viewport_size(PHONE)
    seen_by_resident = watch(resident, base)
    resident.goto(f"{base}/order?lang=zh-CN")
    expect(resident.locator("#loading")).to_be_hidden()
    click_at(resident, *place)
    expect(resident.locator(".place__names")).to_contain_text("镇")
    camera.take(resident, "2-order-place", PHONE, DESK)
    resident.locator("#confirm").check()
    resident.locator("#service").select_option("XQ-SHUI")
    resident.locator("#description").fill(WORDS)
    resident.locator("#name").fill("孙某")
    resident.locator("#phone").fill("10012345670")
    resident.locator("#consent").check()
    resident.locator("#send").click()
    expect(resident.locator("#receipt-title")).to_be_focused()
    number = resident.locator("#receipt-number").text_content() or ""
    camera.take(resident, "3-order-receipt", PHONE, DESK)
    resident.locator("#receipt-follow").click()
    expect(resident.locator("#state-title")).to_have_text("等待接单")

    # The leader sees it come, in the list and on the map.
    row = leader.locator("#cases-rows button", has_text=number)
    expect(row).to_be_visible()
    settle(leader)
    hot = heat_at(leader, *place)
    assert hot != cold
    camera.take(leader, "4-leader-sees-it", DESK, WALL)

    # The handler accepts, and completes it where there is no network.
    handler = strangers_page(keeps=True)
    handler.set_viewport_size(PHONE)
    seen_by_handler = watch(handler, base)
    handler.goto(f"{base}/login?lang=zh-CN")
    handler.locator("#username").fill("grid")
    handler.locator("#password").fill(made_county.PASSWORD)
    handler.locator("#sign-in [type=submit]").click()
    handler.wait_for_url("**/work")
    camera.take(handler, "5-work-list")
    handler.locator(f'[data-number="{number}"]').click()
    handler.locator('[data-verb="accept"]').click()
    expect(handler.locator(".stage-mark")).to_have_text("已接单")
    # What the page foresees has arrived, too.
    expect(handler.locator("#said")).to_contain_text("已发送：接单")
    ready(handler)
    camera.take(handler, "6-work-accepted")
    handler.evaluate("navigator.serviceWorker.ready.then(() => true)")
    handler.context.set_offline(True)
    complete(handler, "已关阀，明早换管", photo=True)
    expect(handler.locator("#waiting-count")).to_have_text("尚未发送：2 项")
    camera.take(handler, "7-work-no-network")
    handler.context.set_offline(False)
    expect(handler.locator("#waiting")).to_be_hidden()

    # The resident is not satisfied and opens it again.
    resident.reload()
    expect(resident.locator("#state-title")).to_have_text("已办结，请评价")
    expect(resident.locator("#photos img")).to_have_count(1)
    camera.take(resident, "8-resident-rates", PHONE, DESK)
    resident.get_by_label("不满意").check()
    resident.locator("#rate-note").fill("水还在流")
    resident.locator("#rate button").click()
    expect(resident.locator("#state-title")).to_have_text("已评价，谢谢您")
    resident.locator("#reopen-reason").fill("管子没有换")
    resident.locator("#reopen button").click()
    expect(resident.locator("#state-title")).to_have_text("等待接单")
    camera.take(resident, "9-resident-reopened", PHONE, DESK)

    # The leader reads why, and reminds.
    row.click()
    history = leader.locator("#case-history")
    expect(history).to_contain_text("管子没有换")
    leader.locator("#remind-note").fill("请今天换好，晚上我来看")
    leader.locator("#remind-send").click()
    expect(history.locator("[data-verb=remind]")).to_contain_text("请今天换好")
    expect(history.locator("[data-verb=attach]")).to_contain_text("照片")
    camera.take(leader, "10-leader-reminds", DESK, WALL)

    # The handler learns it, accepts anew and completes.
    handler.locator("#back").click()
    handler.locator("#refresh").click()
    card = handler.locator(f'[data-number="{number}"]')
    expect(card).to_contain_text("督办")
    camera.take(handler, "11-work-list-reminded")
    card.click()
    expect(handler.locator(".events")).to_contain_text("请今天换好，晚上我来看")
    camera.take(handler, "12-work-reminded")
    handler.locator('[data-verb="accept"]').click()
    expect(handler.locator("#said")).to_contain_text("已发送：接单")
    ready(handler)
    complete(handler, "新管已换好，试水正常", photo=False)
    expect(handler.locator(".stage-mark")).to_have_text("办结")
    expect(handler.locator("#said")).to_contain_text("已发送：办结")
    camera.take(handler, "13-work-completed")

    resident.reload()
    expect(resident.locator("#state-title")).to_have_text("已办结，请评价")
    expect(resident.locator("#history")).to_contain_text("新管已换好")
    camera.take(resident, "14-resident-done", PHONE, DESK)
    leader.keyboard.press("Escape")
    expect(row).to_contain_text("待评价")
    camera.take(leader, "15-leader-done", DESK, WALL)
    for notes in (seen_by_leader, seen_by_resident):
        notes.assert_clean()
    assert seen_by_handler.outside() == []
    assert seen_by_handler.violations() == []


def ready(page: Page) -> None:
    """Until the page has drawn what it reads: a button drawn anew takes no click."""
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")


def complete(page: Page, words: str, *, photo: bool) -> None:
    page.locator('[data-verb="complete"]').click()
    page.locator(".deed textarea").fill(words)
    if photo:
        page.locator(".deed input[type=file]").set_input_files(a_photo())
    page.locator(".deed [type=submit]").click()
