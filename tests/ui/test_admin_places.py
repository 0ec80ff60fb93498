"""The keepers' page for people, duties and zones: what it changes, orders follow."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import made_county
import pytest
from playwright.sync_api import Locator, Page, expect
from watching import SCHEMES, Open, Watch, axe_violations

from geo_api.accounts.rules import Role
from geo_api.accounts.service import create_account
from geo_api.areas.service import area_ids_of
from geo_api.db.session import SessionFactory
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.rules import DutyKind
from geo_api.people.drafts import PersonDraft
from geo_api.people.ledger import add_people_many
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.ledger import add_zones_many
from geo_api.zones.rules import ZoneKind

DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
TOWN = "620171101"
VILLAGE = f"{TOWN}267"
GROUP = f"{VILLAGE}000"
FIRST, SECOND = f"{GROUP}001", f"{GROUP}002"
HOSTILE = "${window.hurt=1}<img src=x onerror='hurt=2'>\u202e反`;"
_START = date(2025, 1, 1)


@pytest.fixture(scope="module")
def village(county_database: SessionFactory) -> None:
    """Two zones, somebody who cares for the first, a keeper of all and of one."""
    now = datetime.now(UTC)
    with county_database.transaction() as session:
        group, home = area_ids_of(session, [GROUP, VILLAGE], now.date())
        for username, role, ids in (
            ("registrar", Role.ADMIN, []),
            ("secretary", Role.VILLAGE_CADRE, [home]),
        ):
            create_account(
                session,
                username=username,
                password=made_county.PASSWORD,
                name="吴文书",
                role=role,
                area_ids=ids,
                must_change_password=False,
                now=now,
            )
        zones = add_zones_many(
            session,
            [
                ZoneDraft(code, name, group, ZoneKind.HOUSEHOLDS, _START)
                for code, name in ((FIRST, "东头联户"), (SECOND, "西头联户"))
            ],
        )
        people = add_people_many(session, [PersonDraft("Z-care", "冯联户")], now=now)
        add_duties_many(
            session,
            [
                DutyDraft(
                    people["Z-care"],
                    DutyKind.HOUSEHOLD_CARE,
                    _START,
                    zone_id=zones[FIRST],
                )
            ],
        )


def ask(page: Page, path: str, **params: str) -> list[dict[str, Any]]:
    """A list of the API as the page's visitor gets it."""
    reply = page.context.request.get(
        f"{page.url.split('/admin')[0]}{path}", params=params
    )
    assert reply.ok, reply.text()
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


def answerer(page: Page) -> str:
    """To whom an order for the village's household goes now."""
    [household] = ask(page, "/api/households", area=GROUP)
    reply = page.request.post(
        f"{page.url.split('/admin')[0]}/api/requests",
        headers={"X-CSRF-Token": page.evaluate("document.cookie").split("csrf=")[1]},
        data={
            "service_code": "XQ-SHUI",
            "description": "停水",
            "location": {"household_id": household["id"]},
        },
    )
    assert reply.ok, reply.text()
    name: str = reply.json()["handler"]["name"]
    return name


def choose(group: Locator, *codes: str) -> None:
    """Chooses an area level by level."""
    for level, code in enumerate(codes):
        group.locator("select").nth(level).select_option(code)


def assert_accessible(page: Page) -> None:
    """Dark on a phone, light at a desk."""
    for size, scheme in zip((PHONE, DESK), SCHEMES, strict=True):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert axe_violations(page) == []


def add_person(page: Page, notes: Watch) -> None:
    """Adds 沈立新 with the care of the second zone; a taken code is refused first."""
    page.locator("#person-add").click()
    form = page.locator("#person-form")
    form.locator("[name=name]").fill("沈立新")
    form.locator("[name=phone]").fill("10012345671")
    form.locator("[name=code]").fill("Z-care")
    form.locator("[name=kind]").select_option("household_care")
    choose(form.locator("[data-field=area_code]"), TOWN, VILLAGE, GROUP)
    form.locator("[name=zone_id]").select_option(label=f"西头联户 · {SECOND}")
    form.locator("[type=submit]").click()
    code = form.locator("[name=code]")
    expect(code).to_be_focused()
    described = page.locator(f"#{code.get_attribute('aria-describedby')}")
    expect(described).to_contain_text("Z-care")
    assert notes.refused.pop().startswith("409 ")
    assert_accessible(page)
    code.fill("")
    form.locator("[type=submit]").click()
    expect(page.locator("#said")).to_have_text("已新增：沈立新")
    page.locator("#people-q").fill("立新")
    page.locator("#people-filter [type=submit]").click()
    rows = page.locator("#people-list tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("联户 · 西头联户")
    # Whoever gave the name reads it, and finds it; a village finds what it is shown.
    expect(rows).to_contain_text("沈立新")


def move_household(page: Page) -> None:
    """Moves the only household from the first zone's list into the second's."""
    page.get_by_role("link", name="责任区").click()
    choose(page.locator("#zones-areas"), TOWN, VILLAGE, GROUP)
    page.locator("#zones-filter [type=submit]").click()
    page.get_by_role("button", name="东头联户").click()
    page.locator("#zone-add-more summary").click()
    page.locator("#zone-unlisted input").check()
    page.locator("#zone-add-form [type=submit]").click()
    expect(page.locator("#zone-count")).to_have_text("户（1）")
    assert answerer(page) == "冯*"
    page.locator("#zone-form [name=name]").fill(HOSTILE)
    page.locator("#zone-members input").check()
    page.locator("#zone-target").select_option(label="西头联户 · 沈*")
    assert_accessible(page)
    page.locator("#zone-move [type=submit]").click()
    expect(page.locator("#zone-count")).to_have_text("户（0）")
    page.locator("#zone-form [name=name]").fill(HOSTILE)
    page.locator("#zone-save").click()
    expect(page.locator("#zones-list tbody tr")).to_contain_text(
        [f"{HOSTILE}{FIRST}", f"西头联户{SECOND}"]
    )
    assert page.evaluate("window.hurt") is None


def end_person(page: Page) -> None:
    """Ends 沈立新; the page asks, and names what nobody would answer for."""
    page.get_by_role("link", name="人员").click()
    page.locator("#people-list tbody button").click()
    expect(page.locator("#person-title")).to_have_text("沈立新")
    only_duty = page.locator("#person-duties").get_by_role(
        "button", name="联户 · 西头联户"
    )
    whole = page.locator("#person-end")
    for end, answer in ((only_duty, "取消"), (whole, "取消"), (whole, "结束此人")):
        end.click()
        said = page.locator("#sure-text")
        expect(said).to_contain_text("此后将无人负责：联户 · 西头联户")
        page.locator("#sure").get_by_role("button", name=answer).click()
    expect(page.locator("#said")).to_have_text("已结束：沈立新")
    expect(page.locator("#people-list .listing__note")).to_have_text("没有找到")


def enter_and_delete_phone(page: Page) -> None:
    """Enters a telephone for the only person listed, and deletes it again."""
    opener = page.locator("#people-list tbody button")
    on_record = page.locator("#person-phone-now")
    gone = page.get_by_label("删除在册电话")
    save = page.locator("#person-save")
    opener.click()
    expect(page.locator("#person-title")).to_have_text("沈名册")
    expect(gone).to_be_hidden()
    page.locator("#person-phone").fill("10012345671")
    save.click()
    opener.click()
    expect(on_record).to_have_text("在册电话：10012345671")
    assert_accessible(page)
    gone.check()
    save.click()
    opener.click()
    expect(page.locator("#person-title")).to_have_text("沈名册")
    expect(on_record).to_have_text("")
    expect(gone).to_be_hidden()
    page.locator("#person-form [data-close]").click()


def fill_gap(page: Page) -> None:
    """Gives the vacant zone to somebody new, from the list of gaps."""
    page.get_by_role("link", name="职责", exact=True).click()
    choose(page.locator("#duties-areas"), TOWN, VILLAGE)
    gap = page.get_by_role("button", name="交给某人负责：联户 · 西头联户")
    expect(gap).to_be_visible()
    assert_accessible(page)
    gap.click()
    page.locator("#assign-is-new").check()
    page.locator("#assign-name").fill("何接手")
    page.locator("#assign-form [type=submit]").click()
    expect(page.locator("#said")).to_have_text("已交付：联户 · 西头联户")
    expect(gap).to_be_hidden()
    expect(page.locator("#duties-list")).to_contain_text("西头联户联户何*")


def test_orders_follow_what_the_page_says_of_people_duties_and_zones(
    open_admin: Open, village: None
) -> None:
    page, notes = open_admin("registrar", "people")
    add_person(page, notes)
    move_household(page)
    assert answerer(page) == "沈*"
    end_person(page)
    assert answerer(page) == "钱*"  # the group's own grid worker is next
    fill_gap(page)
    assert answerer(page) == "何*"
    notes.assert_clean()


def test_a_ledger_is_looked_through_and_only_then_written_within_ones_village(
    open_admin: Open, village: None
) -> None:
    page, notes = open_admin("secretary", "people")
    # Nobody of another village, and nothing of what others keep.
    expect(page.locator("#views a:visible")).to_have_text(["人员", "职责", "责任区"])
    codes = page.locator("#people-list tbody td:nth-child(2)").all_text_contents()
    foreign = f"P-{TOWN}277"
    assert f"P-{VILLAGE}" in codes
    assert foreign not in codes
    page.locator("#people-q").fill(foreign)
    page.locator("#people-filter [type=submit]").click()
    expect(page.locator("#people-list .listing__note")).to_have_text("没有找到")
    page.locator("#person-add").click()
    kinds = page.locator("#person-form [name=kind] option")
    expect(kinds).to_have_text(["请选择", "联户", "网格员"])
    page.locator("#person-form [data-close]").click()

    page.locator("#people-import").click()
    header = "人员编码,姓名,职责,区划或责任区编码"
    good = f"L-1,沈名册,网格,{GROUP}"
    before = ask(page, "/api/people")

    def look_through(*lines: str) -> None:
        text = "\n".join((header, *lines)).encode()
        page.locator("#import-file").set_input_files(
            [{"name": "people.csv", "mimeType": "text/csv", "buffer": text}]
        )
        page.locator("#import-form [type=submit]").click()

    look_through(good, f"L-2,沈外村,网格,{TOWN}277000")
    faults = page.locator("#import-problems tbody tr")
    expect(faults).to_have_text(["3区划或责任区编码该地点不在您的范围内请由镇里办理"])
    expect(page.locator("#import-write")).to_be_hidden()
    assert_accessible(page)
    header += ",备注"
    look_through(f"{good},新来的")
    expect(page.locator("#import-remarks")).to_have_text("未读取“备注”列")
    expect(page.locator("#import-sum")).to_contain_text("新增 1")
    assert ask(page, "/api/people") == before
    page.locator("#import-write").click()
    expect(page.locator("#said")).to_have_text("已写入。新增 1，更新 0")
    for words in ("名册", "沈*"):
        page.locator("#people-q").fill(words)
        page.locator("#people-filter [type=submit]").click()
        if words == "名册":
            expect(page.locator("#people-list .listing__note")).to_have_text("没有找到")
    expect(page.locator("#people-list tbody tr")).to_contain_text("L-1")
    enter_and_delete_phone(page)
    refuse_older(page)
    assert [line.split()[0] for line in notes.refused] == ["412"]
    notes.refused.clear()
    notes.assert_clean()


def refuse_older(page: Page) -> None:
    """What somebody else saved meanwhile is not overwritten, and the page says so."""
    [person] = ask(page, "/api/people", q="L-1")
    page.locator("#people-list tbody button").first.click()
    expect(page.locator("#person-title")).to_have_text("沈名册")
    address = f"{page.url.split('/admin')[0]}/api/people/{person['id']}"
    reply = page.request.patch(
        address,
        headers={"X-CSRF-Token": page.evaluate("document.cookie").split("csrf=")[1]},
        data={"name": "沈另名"},
    )
    assert reply.ok, reply.text()
    page.locator("#person-form [name=name]").fill("沈又名")
    page.locator("#person-save").click()
    expect(page.locator("#person-form .refusal")).to_contain_text("已有人改过")
    assert page.request.get(address).json()["name"] == "沈另名"
    page.locator("#person-form [data-close]").click()
