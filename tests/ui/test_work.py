"""The handler's page on a phone: nothing that was done is lost on a poor network."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import made_county
import make_coverage
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select
from watching import SCHEMES, Open, Watch, axe_violations, wait_until, watch

from geo_api.accounts.rules import Actor, Role
from geo_api.accounts.service import create_account
from geo_api.areas.service import area_ids_of
from geo_api.db.cipher import Cipher
from geo_api.db.session import SessionFactory
from geo_api.dispatch.rules import Location
from geo_api.duties.drafts import DutyDraft
from geo_api.duties.ledger import add_duties_many
from geo_api.duties.rules import DutyKind
from geo_api.people.drafts import PersonDraft
from geo_api.people.ledger import add_people_many
from geo_api.privacy.erasure import erase_person
from geo_api.privacy.subjects import find_by_number
from geo_api.requests.handle.bulk import By, Plan, PlannedAct, carry_many
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.requests.order.drafts import ContactDraft, OrderDraft
from geo_api.requests.rules import Verb
from geo_api.settings import Settings, StateSettings
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.ledger import add_zones_many
from geo_api.zones.rules import ZoneKind

PHONE = {"width": 390, "height": 844}
VILLAGE = "620171102299"
GROUP = f"{VILLAGE}000"
HOUSEHOLD = f"{GROUP}-0001"
HOSTILE = "${window.hurt = 1}<img src=x onerror='window.hurt = 2'>\u202e反`;//"
_START = date(2025, 1, 1)


@dataclass(frozen=True)
class Village:
    """One village's party member and cadre, and how a case reaches them."""

    sessions: SessionFactory
    cipher: Cipher
    settings: Settings
    lon: float
    lat: float

    def order(
        self,
        *acts: PlannedAct,
        age: timedelta = timedelta(hours=1),
        words: str = "停水",
    ) -> str:
        """A case for the party member; its number."""
        order = OrderDraft(
            Actor(),
            "XQ-SHUI",
            words,
            Location(lon=self.lon, lat=self.lat, crs="wgs84"),
            datetime.now(UTC) - age,
            contact=ContactDraft("孙某", "10012345671"),
        )
        with self.sessions.transaction() as session:
            (ordered,) = carry_many(
                session,
                [Plan(order, acts)],
                cipher=self.cipher,
                settings=self.settings,
            )
            return session.get_one(ServiceRequest, ordered.request_id).number

    def verbs(self, number: str) -> list[str]:
        """What has happened to a case, oldest first."""
        with self.sessions.transaction() as session:
            found = session.scalars(
                select(RequestEvent.verb)
                .join(ServiceRequest, ServiceRequest.id == RequestEvent.request_id)
                .where(ServiceRequest.number == number)
                .order_by(RequestEvent.sequence)
            )
            return list(found)


@pytest.fixture(scope="module")
def village(
    county_database: SessionFactory, cipher: Cipher, state_dir: Path
) -> Village:
    """Accounts ``worker`` and ``cadre``; the worker cares for a zone of one group."""
    shapes = {d.code: d.shape for d in make_coverage.wiggly(columns=8, rows=6).drafts}
    now = datetime.now(UTC)
    with county_database.transaction() as session:
        village_id, group_id = area_ids_of(session, [VILLAGE, GROUP], now.date())
        for name, role, areas in (
            ("worker", Role.HANDLER, []),
            ("cadre", Role.VILLAGE_CADRE, [village_id]),
        ):
            account = create_account(
                session,
                username=name,
                password=made_county.PASSWORD,
                name="钱联户",
                role=role,
                area_ids=areas,
                must_change_password=False,
                now=now,
            )
            if role is Role.HANDLER:
                person = PersonDraft("P-worker", "钱联户", account_id=account.id)
        people = add_people_many(session, [person], now=now)
        zone = ZoneDraft(
            f"{GROUP}001",
            "第一联户",
            group_id,
            ZoneKind.HOUSEHOLDS,
            _START,
            shapes[GROUP],
        )
        zones = add_zones_many(session, [zone])
        duty = DutyDraft(
            people["P-worker"],
            DutyKind.HOUSEHOLD_CARE,
            _START,
            zone_id=zones[f"{GROUP}001"],
        )
        add_duties_many(session, [duty])
    middle = shapes[GROUP].representative_point()
    return Village(
        county_database,
        cipher,
        Settings(state=StateSettings(state_dir=state_dir)),
        middle.x,
        middle.y,
    )


@pytest.fixture
def open_work(
    signed_in_as: Callable[..., Page], live_server: Any, village: Village
) -> Open:
    """Opens the page at the size of a phone as one of the village's accounts."""

    def open_(
        view: str = "mine", *, who: str = "worker", keeps: bool = False
    ) -> tuple[Page, Watch]:
        page = signed_in_as(who, keeps=keeps)
        page.set_viewport_size(PHONE)
        notes = watch(page, live_server.base_url)
        page.goto(f"{live_server.base_url}/work?lang=zh-CN#{view}")
        ready(page)
        return page, notes

    return open_


def ready(page: Page) -> None:
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#visitor-name")).not_to_be_empty()


def open_case(page: Page, number: str) -> None:
    page.locator(f'[data-number="{number}"]').click()
    expect(page.locator(".facts")).to_contain_text(number)
    expect(page.locator(".events")).to_be_visible()


def kept_on_the_phone(page: Page) -> None:
    """Waits until the page can be opened without a network."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def do(page: Page, verb: str) -> None:
    page.locator(f'[data-verb="{verb}"]').click()


def test_a_case_completed_without_a_network_arrives_exactly_once(
    open_work: Open, village: Village
) -> None:
    number = village.order()
    page, notes = open_work(keeps=True)
    open_case(page, number)
    do(page, "accept")
    expect(page.locator(".stage-mark")).to_have_text("已接单")
    expect(page.locator("#said")).to_have_text("已发送：接单 · 供水")
    ready(page)
    kept_on_the_phone(page)
    page.context.set_offline(True)
    do(page, "complete")
    page.locator(".deed textarea").fill("已换好阀门")
    photo = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(photo, "JPEG")
    page.locator(".deed input[type=file]").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    page.locator(".deed [type=submit]").click()
    expect(page.locator("#waiting-count")).to_have_text("尚未发送：2 项")
    expect(page.locator("#waiting-list")).to_contain_text("已换好阀门")
    assert axe_violations(page) == []
    assert village.verbs(number)[-1] == "accept"
    # The phone's owner opens the page anew, still without a network.
    page.reload()
    expect(page.locator("#waiting-count")).to_have_text("尚未发送：2 项")
    page.context.set_offline(False)
    expect(page.locator("#waiting")).to_be_hidden()
    assert village.verbs(number)[-2:] == ["attach", "complete"]
    ready(page)
    expect(page.locator(".photos img")).to_have_count(1)
    assert notes.outside() == []
    assert notes.violations() == []


def test_a_reply_that_is_lost_does_nothing_twice(
    open_work: Open, village: Village
) -> None:
    number = village.order(PlannedAct(Verb.ACCEPT, datetime.now(UTC)))
    page, _ = open_work()
    lost = []

    def lose(route: Any) -> None:
        route.fetch()
        lost.append(route.request.headers["idempotency-key"])
        route.abort()

    page.route("**/progress", lose, times=1)
    open_case(page, number)
    do(page, "progress")
    page.locator(".deed textarea").fill("明天来修")
    page.locator(".deed [type=submit]").click()
    expect(page.locator("#waiting-state")).to_have_text("暂未发出，将自动重试")
    assert len(lost) == 1
    page.locator("#waiting-again").click()
    expect(page.locator("#waiting")).to_be_hidden()
    assert village.verbs(number).count("progress") == 1


def test_an_older_answer_that_comes_late_takes_nothing_back(
    open_work: Open, village: Village
) -> None:
    number = village.order()
    page, _ = open_work()
    late: list[tuple[Any, Any]] = []
    page.route(
        re.compile(r"/api/requests/[0-9a-f-]{36}$"),
        lambda route: late.append((route, route.fetch())),
        times=1,
    )
    page.locator(f'[data-number="{number}"]').click()
    do(page, "accept")
    expect(page.locator("#said")).to_have_text("已发送：接单 · 供水")
    ready(page)
    # It is asked for beside the page, in its own time.
    wait_until(page, lambda: bool(late))
    ((route, answer),) = late
    route.fulfill(response=answer)
    page.evaluate(
        "fetch('/health').then(() => window.dispatchEvent(new Event('offline')))"
    )
    expect(page.locator(".stage-mark")).to_have_text("已接单")
    assert page.locator('[data-verb="complete"]').is_visible()


def stored(page: Page, store: str) -> list[Any]:
    """Everything that a store of the page's own database holds."""
    kept: list[Any] = page.evaluate(
        """(store) => new Promise((resolve) => {
          const asked = indexedDB.open("minqing-work");
          asked.onsuccess = () => {
            const database = asked.result;
            const all = database.transaction(store).objectStore(store).getAll();
            all.onsuccess = () => { database.close(); resolve(all.result); };
          };
        })""",
        store,
    )
    return kept


def test_what_is_typed_outlives_the_page(open_work: Open, village: Village) -> None:
    number = village.order(PlannedAct(Verb.ACCEPT, datetime.now(UTC)))
    page, _ = open_work()
    open_case(page, number)
    do(page, "complete")
    page.locator(".deed textarea").press_sequentially("修到一半")
    wait_until(page, lambda: "修到一半" in str(stored(page, "drafts")))
    page.reload()
    expect(page.locator(".deed textarea")).to_have_value("修到一半")


def test_a_case_is_given_back_with_a_reason_of_the_list(
    open_work: Open, village: Village
) -> None:
    number = village.order()
    page, notes = open_work()
    open_case(page, number)
    do(page, "decline")
    page.locator(".deed select").select_option("beyond_my_power")
    page.locator(".deed textarea").fill("要请水务站来人")
    page.locator(".deed [type=submit]").click()
    expect(page.locator("#said")).to_have_text("已发送：退单 · 供水")
    assert village.verbs(number)[-2:] == ["decline", "dispatch"]
    expect(page.locator(".events")).to_contain_text("超出本人能力")
    notes.assert_clean()


def test_a_case_is_handed_to_another_of_the_chain(
    open_work: Open, village: Village
) -> None:
    number = village.order()
    page, _ = open_work()
    open_case(page, number)
    do(page, "transfer")
    choice = page.locator(".deed select")
    choice.select_option(index=1)
    page.locator(".deed [type=submit]").click()
    expect(page.locator("#said")).to_contain_text("转办")
    assert village.verbs(number)[-1] == "transfer"


def test_what_is_drawn_anew_closes_no_form_that_is_still_coming(
    open_work: Open, village: Village
) -> None:
    number = village.order()
    page, _ = open_work()
    open_case(page, number)
    late: list[Any] = []
    page.route(re.compile(r"/dispatch$"), lambda route: late.append(route), times=1)
    do(page, "transfer")
    wait_until(page, lambda: bool(late))
    page.locator("#refresh").click()
    ready(page)
    (route,) = late
    route.continue_()
    expect(page.locator(".deed select")).to_be_visible()


def test_a_form_that_was_sent_does_not_open_again(
    open_work: Open, village: Village
) -> None:
    number = village.order(PlannedAct(Verb.ACCEPT, datetime.now(UTC)))
    page, _ = open_work()
    open_case(page, number)
    do(page, "progress")
    page.locator(".deed textarea").press_sequentially("明天来修")
    wait_until(page, lambda: "明天来修" in str(stored(page, "drafts")))
    page.locator(".deed [type=submit]").click()
    expect(page.locator("#said")).to_contain_text("已发送")
    ready(page)
    expect(page.locator(".deed")).to_have_count(0)


def test_a_refusal_is_shown_until_it_was_seen(
    open_work: Open, village: Village
) -> None:
    number = village.order()
    page, _ = open_work()
    open_case(page, number)
    page.context.set_offline(True)
    do(page, "accept")
    expect(page.locator("#waiting-count")).to_have_text("尚未发送：1 项")
    with village.sessions.transaction() as session:
        row = session.scalars(
            select(ServiceRequest).where(ServiceRequest.number == number)
        ).one()
        row.stage, row.status = "withdrawn", "closed"
    page.context.set_offline(False)
    expect(page.locator("#waiting-count")).to_have_text("服务未接受")
    page.reload()
    expect(page.locator(".unsent--refused")).to_contain_text("可能已有人先处理")
    page.locator(".unsent--refused button").click()
    expect(page.locator("#waiting")).to_be_hidden()


def test_what_is_overdue_says_so_in_words_and_comes_first(
    open_work: Open, village: Village
) -> None:
    late = village.order(age=timedelta(days=40))
    village.order()
    page, notes = open_work()
    card = page.locator(f'[data-number="{late}"]')
    expect(card.locator(".due--late")).to_have_text(re.compile(r"^超期 \d+ 天$"))
    assert page.locator(".case").first.get_attribute("data-number") == late
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        assert axe_violations(page) == []
    open_case(page, late)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        do(page, "decline")
        assert axe_violations(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide == PHONE["width"]
    notes.assert_clean()


def test_a_contact_is_shown_when_asked_for(open_work: Open, village: Village) -> None:
    number = village.order()
    page, _ = open_work()
    open_case(page, number)
    assert "10012345671" not in page.content()
    page.locator(".contact button").click()
    expect(page.locator(".contact a")).to_have_attribute("href", "tel:10012345671")
    expect(page.locator(".contact")).to_contain_text("会被记录")


@pytest.mark.long
def test_an_erased_contact_is_said_to_be_erased(
    open_work: Open, village: Village
) -> None:
    number = village.order()
    with village.sessions.transaction() as session:
        held = find_by_number(session, number)
        erase_person(session, held, now=datetime.now(UTC), force=True)
    page, notes = open_work()
    open_case(page, number)
    page.locator(".contact button").click()
    expect(page.locator(".contact__shown")).to_have_text("联系方式已清除")
    notes.assert_clean()


def test_the_cadre_who_called_back_rates_what_another_did(
    open_work: Open, village: Village
) -> None:
    done = datetime.now(UTC)
    number = village.order(
        PlannedAct(Verb.ACCEPT, done), PlannedAct(Verb.COMPLETE, done, By.HANDLER)
    )
    page, notes = open_work("closed", who="cadre")
    open_case(page, number)
    do(page, "rate")
    page.locator(".deed select").select_option("satisfied")
    page.locator(".deed [type=submit]").click()
    expect(page.locator(".facts")).to_contain_text("满意")
    assert village.verbs(number)[-1] == "rate"
    notes.assert_clean()


def test_the_cadre_orders_for_a_household(open_work: Open, village: Village) -> None:
    page, notes = open_work("order", who="cadre")
    page.locator("#household-q").fill(HOUSEHOLD)
    page.locator("#household-find").click()
    page.locator(".pick").first.click()
    page.locator("#order-service").select_option("XQ-SHUI")
    page.locator("#order-words").fill("老人家停水")
    page.locator("#order-channel").select_option("phone")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert axe_violations(page) == []
    page.locator("#order [type=submit]").click()
    expect(page.locator("#said")).to_contain_text("已点单，单号 ")
    number = (page.locator("#said").text_content() or "").rsplit(" ", 1)[1]
    assert village.verbs(number)[0] == "order"
    expect(page.locator("#household-chosen")).to_be_hidden()
    notes.assert_clean()


@pytest.mark.long
def test_nothing_can_be_typed_that_nothing_would_keep(
    open_work: Open, village: Village
) -> None:
    page, _ = open_work("mine", who="cadre")
    page.route("**/api/services", lambda route: route.abort())
    page.locator('#views [href="#order"]').click()
    expect(page.locator("#trouble")).to_be_visible()
    expect(page.locator("#order")).to_be_hidden()
    page.unroute("**/api/services")
    page.locator("#trouble-again").click()
    expect(page.locator("#order")).to_be_visible()


@pytest.mark.long
def test_services_once_read_are_known_without_a_network(
    open_work: Open, village: Village
) -> None:
    page, _ = open_work("order", who="cadre", keeps=True)
    expect(page.locator("#order")).to_be_visible()
    kept_on_the_phone(page)
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#order-service option")).not_to_have_count(1)
    page.locator("#order-words").fill("路灯不亮")
    page.locator("#order-address").fill("村口")
    page.locator("#order-service").select_option("XQ-SHUI")
    page.locator("#order [type=submit]").click()
    expect(page.locator("#waiting-list")).to_contain_text("路灯不亮")
    page.context.set_offline(False)
    expect(page.locator("#said")).to_contain_text("已点单，单号 ")


def test_leave_is_entered_and_cancelled(open_work: Open, village: Village) -> None:
    page, notes = open_work("leave")
    first = date.today() + timedelta(days=300)  # noqa: DTZ011  a day far ahead
    page.locator("#leave-first").fill(first.isoformat())
    page.locator("#leave-last").fill((first + timedelta(days=2)).isoformat())
    page.locator("#leave [type=submit]").click()
    expect(page.locator(".leave")).to_have_count(1)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert axe_violations(page) == []
    page.locator(".leave button").click()
    expect(page.locator(".leave")).to_have_count(0)
    notes.assert_clean()


def test_hostile_words_are_shown_as_words(open_work: Open, village: Village) -> None:
    number = village.order(words=HOSTILE)
    page, notes = open_work()
    expect(page.locator(f'[data-number="{number}"] .case__words')).to_have_text(HOSTILE)
    open_case(page, number)
    expect(page.locator(".one__words")).to_have_text(HOSTILE)
    page.context.set_offline(True)
    do(page, "decline")
    page.locator(".deed select").select_option("other")
    page.locator(".deed textarea").fill(HOSTILE)
    page.locator(".deed [type=submit]").click()
    expect(page.locator(".unsent__words")).to_have_text(HOSTILE)
    assert page.evaluate("window.hurt") is None
    assert notes.violations() == []


def test_signing_out_asks_before_it_deletes_what_is_unsent(
    open_work: Open, village: Village
) -> None:
    number = village.order()
    page, _ = open_work()
    page.route("**/accept", lambda route: route.abort())
    open_case(page, number)
    do(page, "accept")
    expect(page.locator("#waiting")).to_be_visible()
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append("no"), dialog.dismiss()))
    page.locator("#logout").click()
    wait_until(page, lambda: asked == ["no"])
    expect(page.locator("#waiting")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#logout").click()
    page.wait_for_url("**/login")
    kept = stored(page, "outbox")
    assert kept == []
    assert "accept" not in village.verbs(number)


def test_what_another_account_left_unsent_is_not_sent_in_ones_own_name(
    open_work: Open, village: Village, live_server: Any
) -> None:
    number = village.order()
    page, _ = open_work()
    page.route("**/accept", lambda route: route.abort())
    open_case(page, number)
    do(page, "accept")
    expect(page.locator("#waiting")).to_be_visible()
    reply = page.context.request.post(
        f"{live_server.base_url}/api/session",
        data={"username": "cadre", "password": made_county.PASSWORD},
    )
    assert reply.ok
    page.unroute("**/accept")
    page.locator("#waiting-again").click()
    expect(page.locator("#waiting")).to_be_hidden()
    assert "accept" not in village.verbs(number)


def test_the_kept_page_holds_no_answer_of_the_api(
    open_work: Open, village: Village
) -> None:
    village.order()
    page, _ = open_work(keeps=True)
    kept_on_the_phone(page)
    page.reload()
    ready(page)
    kept = page.evaluate(
        """async () => {
          const paths = [];
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            paths.push(...(await cache.keys()).map(({ url }) => new URL(url).pathname));
          }
          return paths;
        }"""
    )
    assert "/work" in kept
    assert [p for p in kept if not re.match(r"/work$|/static/[0-9a-f]{12}/", p)] == []


def test_who_handles_cases_begins_at_them(open_login: Open, village: Village) -> None:
    page, _ = open_login()
    page.locator("#username").fill("worker")
    page.locator("#password").fill(made_county.PASSWORD)
    page.locator("#sign-in [type=submit]").click()
    page.wait_for_url("**/work")
