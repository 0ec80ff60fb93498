"""The keepers' page: accounts, portal keys and the audit, as people use them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import made_county
import pytest
from playwright.sync_api import Locator, Page, expect
from watching import SCHEMES, Open, Watch, axe_violations, watch

import geo_api
from geo_api.accounts.rules import Role
from geo_api.accounts.service import create_account
from geo_api.db.session import SessionFactory
from map_ui.static_files import SCRIPTS

PHONE = {"width": 390, "height": 844}
OWN_PASSWORD = "seven stones by the well"
PORTAL = "https://portal.example"
HOSTILE = "${window.hurt=1}<img src=x onerror='hurt=2'>\u202e反`;"


@pytest.fixture(scope="module")
def keepers(county_database: SessionFactory) -> None:
    """Accounts ``keeper``, an administrator, and ``carer``, a handler."""
    with county_database.transaction() as session:
        for username, role in (("keeper", Role.ADMIN), ("carer", Role.HANDLER)):
            create_account(
                session,
                username=username,
                password=made_county.PASSWORD,
                name="吴管理",
                role=role,
                area_ids=[],
                must_change_password=False,
                now=datetime.now(UTC),
            )


def add_auditor(page: Page, notes: Watch, username: str) -> str:
    """Adds an account by the page; its first password."""
    page.locator("#account-add").click()
    page.locator("#account-user").fill("keeper")
    page.locator("#account-name").fill("冯守正")
    page.locator("#account-role").select_option("auditor")
    expect(page.locator("#account-areas")).to_be_hidden()
    page.locator("#account-form [type=submit]").click()
    field = page.locator("#account-user")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    described = page.locator(f"#{field.get_attribute('aria-describedby')}")
    expect(described).to_contain_text("用户名 keeper 已被使用")
    assert notes.refused.pop().startswith("409 ")
    assert axe_violations(page) == []
    field.fill(username)
    page.locator("#account-form [type=submit]").click()
    expect(page.locator("#secret")).to_be_visible()
    password = page.get_by_label("初始密码", exact=True).input_value()
    # What is shown once is not lost by a slip of the hand.
    page.keyboard.press("Escape")
    expect(page.locator("#secret")).to_be_visible()
    page.get_by_role("button", name="已记下").click()
    expect(page.locator("#said")).to_have_text(f"已新增：{username}")
    expect(page.locator("#accounts-list")).to_contain_text(username)
    assert password not in page.content()
    return password


def make_key(page: Page) -> str:
    """Makes a portal key for a town by the page; its secret."""
    page.get_by_role("link", name="门户密钥").click()
    expect(page.locator("#keys-title")).to_be_focused()
    page.locator("#key-add").click()
    page.locator("#key-name").fill(HOSTILE)
    page.locator("#key-origins").fill(f"{PORTAL}/")
    page.locator("#key-areas select").first.select_option(label="东坪镇")
    page.locator("#key-form [type=submit]").click()
    secret = page.get_by_label("密钥", exact=True).input_value()
    expect(page.get_by_label("嵌入门户网页的代码", exact=True)).to_have_value(
        f'<iframe title="民情地图" width="100%" height="480" loading="lazy"\n'
        f'  sandbox="allow-scripts allow-same-origin"\n'
        f'  src="{page.evaluate("location.origin")}/embed?key={secret}"></iframe>'
    )
    assert axe_violations(page) == []
    page.get_by_role("button", name="已记下").click()
    cells = own_key(page).locator("th, td")
    expect(cells.nth(0)).to_have_text(HOSTILE)
    expect(cells.nth(1)).to_have_text(PORTAL)
    expect(cells.nth(3)).to_have_text("东坪镇")
    return secret


def own_key(page: Page) -> Locator:
    """The line of the key that was made here; the county has others."""
    return page.locator("#keys-list tbody").get_by_role("row").filter(has_text=PORTAL)


def revoke_key(page: Page) -> None:
    revoke = own_key(page).get_by_role("button", name="吊销")
    revoke.click()
    page.get_by_role("button", name="取消").click()
    expect(revoke).to_be_focused()
    revoke.click()
    page.locator("#sure-yes").click()
    expect(page.locator("#said")).to_contain_text("密钥已吊销")
    expect(revoke).to_be_hidden()


def sign_in_first(page: Page, url: str, username: str, first: str) -> None:
    """Signs in with a first password and replaces it, as the page demands."""
    page.goto(f"{url}/login?lang=zh-CN")
    page.locator("#username").fill(username)
    page.locator("#password").fill(first)
    page.locator("#sign-in [type=submit]").click()
    page.locator("#new-password").fill(OWN_PASSWORD)
    page.locator("#again-password").fill(OWN_PASSWORD)
    page.locator("#change [type=submit]").click()


def test_another_system_s_key_is_made_apart_from_those_that_stand_in_pages(
    open_admin: Open, live_server: Any, keepers: None
) -> None:
    page, _notes = open_admin("keeper", "servers")
    expect(page.locator("#servers-title")).to_have_text("服务密钥")
    page.locator("#server-add").click()
    page.locator("#server-name").fill(HOSTILE)
    page.locator("#server-form [value=read]").uncheck()
    page.locator("#server-areas select").first.select_option(label="东坪镇")
    page.locator("#server-form [type=submit]").click()
    secret = page.locator("#secret-0").input_value()
    assert secret.startswith("mqs.")
    assert axe_violations(page) == []
    page.get_by_role("button", name="已记下").click()
    expect(page.locator("#said")).to_contain_text("密钥已生成")
    own = (
        page.locator("#servers-list tbody").get_by_role("row").filter(has_text=HOSTILE)
    )
    for place, text in enumerate([HOSTILE, "提交诉求", "东坪镇", "从未"]):
        expect(own.locator("th, td").nth(place)).to_have_text(text)
    assert secret not in page.content()
    headers = {"Authorization": f"Bearer {secret}"}
    me = f"{live_server.base_url}/api/me"
    assert page.context.request.get(me, headers=headers).json()["kind"] == "server"
    own.get_by_role("button", name="吊销").click()
    page.locator("#sure-yes").click()
    expect(page.locator("#said")).to_contain_text("密钥已吊销")
    expect(own.get_by_role("button", name="吊销")).to_be_hidden()
    assert page.context.request.get(me, headers=headers).status == 401
    assert page.evaluate("window.hurt") is None


def test_what_a_keeper_does_by_the_page_works_and_is_found_by_the_auditor(
    open_admin: Open,
    strangers_page: Callable[[], Page],
    live_server: Any,
    keepers: None,
) -> None:
    page, notes = open_admin("keeper", "accounts")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert axe_violations(page) == []
    # Nobody shuts the door on oneself.
    page.get_by_role("button", name="keeper").click()
    expect(page.locator("#account-deeds")).to_be_hidden()
    page.keyboard.press("Escape")
    first = add_auditor(page, notes, "reader")
    secret = make_key(page)
    by_key = {"X-Portal-Key": secret, "Origin": PORTAL}
    covered = f"{live_server.base_url}/api/portal-key"
    outside = strangers_page()
    reply = outside.context.request.get(covered, headers=by_key)
    assert [area["name"] for area in reply.json()["areas"]] == ["东坪镇"]
    revoke_key(page)
    assert outside.context.request.get(covered, headers=by_key).status == 401
    assert page.evaluate("window.hurt") is None
    page.go_back()
    expect(page.locator("#accounts-title")).to_be_focused()

    # The new person, on a phone, comes to the audit by signing in.
    outside.set_viewport_size(PHONE)
    read = watch(outside, live_server.base_url)
    sign_in_first(outside, live_server.base_url, "reader", first)
    rows = outside.locator("#audit-list tbody tr")
    expect(outside).to_have_url(f"{live_server.base_url}/admin")
    expect(outside.locator("#views a:visible")).to_have_text(["审计"])
    # The county has keys that others made.
    outside.locator("#audit-account").fill("keeper")
    outside.locator("#audit-action").select_option(label="生成门户密钥")
    outside.locator("#audit-filter [type=submit]").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("keeper")
    expect(rows).to_contain_text(HOSTILE)
    outside.locator("#audit-account").fill("")
    outside.locator("#audit-action").select_option("")
    rows.get_by_role("button").click()
    expect(rows).to_have_count(2)
    for scheme in SCHEMES:
        outside.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert axe_violations(outside) == []
    assert outside.evaluate("window.hurt") is None
    read.assert_clean()

    # An account that ends ends at once.
    page.get_by_role("button", name="reader").click()
    page.locator("#account-end").click()
    page.locator("#sure-yes").click()
    expect(page.locator("#said")).to_have_text("账号已停用：reader")
    outside.reload()
    expect(outside.locator("#sign-in")).to_be_visible()
    notes.assert_clean()


def test_every_act_on_record_has_its_word() -> None:
    """An auditor reads what was done, not what it is called inside."""
    script = (SCRIPTS / "admin" / "audit-words.js").read_text("utf-8")
    known = set(re.findall(r'^  "?([a-z_.]+)"?: _\(', script, re.MULTILINE))
    acts: set[str] = set()
    for path in Path(geo_api.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("audit"):
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                texts = [one.value for one in given if isinstance(one, ast.Constant)]
                acts |= {t for t in texts if isinstance(t, str) and "." in t}
    assert len(acts) > 30
    assert acts - known == set()


def test_who_keeps_nothing_is_told_so_and_led_to_the_own_page(
    open_admin: Open, keepers: None
) -> None:
    page, notes = open_admin("carer", "accounts")
    page.set_viewport_size(PHONE)
    expect(page.locator("#elsewhere")).to_be_visible()
    expect(page.locator("#elsewhere-way")).to_have_attribute("href", "/work")
    expect(page.locator("#views")).to_be_hidden()
    expect(page.locator("#accounts-view")).to_be_hidden()
    assert axe_violations(page) == []
    notes.assert_clean()
