"""Whatever people write is shown as text, keeps to itself, and leaves inert."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import hostile_county
import mapbox_vector_tile
import pytest
from fastapi.testclient import TestClient
from hostile_county import MARK, PASSWORD, SERVICE, HostileCounty, written_by_people
from httpx2 import Client, Response
from make_requests import tile_at
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from reading import foreign_words, read_page, sticking_out, turned
from serving import served, sessions_of_a_clone
from sqlalchemy import String, cast, exists, select
from watching import DESK, PHONE, Watch, settle, watch

from geo_api.app import create_app
from geo_api.db.cipher import Cipher
from geo_api.db.session import SessionFactory, make_engine
from geo_api.dispatch.simulation import simulate_file
from geo_api.http.context import Context
from geo_api.http.language import say
from geo_api.privacy.subject_export import export_person
from geo_api.privacy.subjects import find_by_number
from geo_api.settings import DatabaseSettings, Settings, StateSettings

Size = tuple[int, int]
LANGUAGES = ("zh-CN", pytest.param("en", marks=pytest.mark.long))
# What a formula, a template or a tag would call.
_TRAP = """
window.alert = window.hurt = () => { document.documentElement.dataset.hurt = "yes"; };
"""


@dataclass(frozen=True)
class Hostile:
    """The county, and where it is served."""

    county: HostileCounty
    sessions: SessionFactory
    url: str
    known: frozenset[str]


@pytest.fixture(scope="module")
def hostile(
    server: Any,
    template: str,
    cipher: Cipher,
    state_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hostile]:
    with sessions_of_a_clone(server, template) as sessions:
        folder = tmp_path_factory.mktemp("hostile")
        county = hostile_county.settle(sessions, cipher, state_dir, folder)
        known = hostile_county.texts_in(sessions) | set(county.texts.values())
        known |= {*county.users.values(), *county.codes}
        with served(sessions, cipher, state_dir) as live:
            yield Hostile(county, sessions, live.base_url, frozenset(known))


@dataclass
class Reader:
    """Somebody with a page, who looks at everything it shows in both sizes."""

    page: Page
    notes: Watch
    hostile: Hostile
    language: str

    def open(self, path: str) -> None:
        """The page of an address in the reader's language."""
        mark = "&" if "?" in path else "?"
        self.page.goto(f"{self.hostile.url}{path}{mark}lang={self.language}")

    def turn_to(self, view: str) -> None:
        """Another view of the same page."""
        self.page.goto(f"{self.page.url.partition('#')[0]}#{view}")

    def look(self, *names: str, sizes: Sequence[Size] = (DESK, PHONE)) -> None:
        """The texts of these names are shown whole, and nothing is out of order."""
        texts, known = read_page(self.page), self.hostile.known
        shown = "\n".join(found["text"] for found in texts)
        assert [n for n in names if self.hostile.county.texts[n] not in shown] == []
        assert turned(texts, known) == []
        assert foreign_words(texts, known, self.language) == set()
        for width, height in sizes:
            self.page.set_viewport_size({"width": width, "height": height})
            assert (width, sticking_out(self.page)) == (width, [])
        # Nothing of a text was run, and no element was made of it.
        assert self.page.locator("html").get_attribute("data-hurt") is None
        assert self.page.locator("img[src='x'], svg[onload]").count() == 0
        self.notes.assert_clean()

    def at_desk(self) -> None:
        """What a phone folds away is there again."""
        self.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})


@pytest.fixture
def reader(
    strangers_page: Callable[[], Page], hostile: Hostile
) -> Callable[..., Reader]:
    def open_(language: str, who: str = "") -> Reader:
        page = strangers_page()
        page.emulate_media(reduced_motion="reduce")
        page.add_init_script(_TRAP)
        if who:
            reply = page.context.request.post(
                f"{hostile.url}/api/session",
                data={
                    "username": hostile.county.users[who],
                    "password": hostile_county.PASSWORD,
                },
            )
            assert reply.ok, reply.text()
        return Reader(page, watch(page, hostile.url), hostile, language)

    return open_


def test_every_column_of_text_holds_the_worst(hostile: Hostile) -> None:
    """A new column is written by the hostile county, or said to hold a code."""
    bare = []
    with hostile.sessions.transaction() as session:
        for column in written_by_people():
            text = cast(column, String)
            marked = text.contains(MARK, autoescape=True)
            # In documents quotes and marks are written otherwise; tags are not.
            tagged = text.contains("<img src=x onerror=hurt()>", autoescape=True)
            if not session.scalar(select(exists().where(marked | tagged))):
                bare.append(str(column))
    assert bare == []


def ask(hostile: Hostile, who: str, path: str, **query: Any) -> Response:
    with Client(base_url=hostile.url) as client:
        signed = client.post(
            "/api/token",
            data={"username": hostile.county.users[who], "password": PASSWORD},
        )
        headers = {"Authorization": f"Bearer {signed.json()['access_token']}"}
        reply = client.get(path, params=query, headers=headers)
    assert reply.status_code < 500, reply.text
    return reply


def test_a_workbook_holds_texts_and_no_formula(hostile: Hostile) -> None:
    texts = hostile.county.texts
    reply = ask(hostile, "leader", "/api/requests.xlsx")
    name = reply.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="requests-\d{8}\.xlsx"', name)
    book = load_workbook(io.BytesIO(reply.content))
    cells = [cell for row in book.worksheets[0] for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [c.value for c in cells if c.value[0] in "=+-@\t\r"] == []
    assert max(len(cell.value) for cell in cells) < 32_767
    values = {cell.value for cell in cells}
    for name in ("service", "town", "zone", "long address"):
        assert f"'{texts[name]}" in values
    # XML knows one kind of line.
    assert f"'{texts['long']}".replace("\r\n", "\n") in values


def test_a_simulation_is_a_table_without_a_formula(
    hostile: Hostile, state_dir: Path
) -> None:
    out = io.StringIO()
    point = hostile.county.point
    with hostile.sessions.transaction() as session:
        simulate_file(
            session,
            [
                "lon,lat,crs,service_code",
                f"{point['lon']},{point['lat']},wgs84,{SERVICE}",
                f"=1,-1e0,+1,@{SERVICE}",
            ],
            out,
            now=datetime.now(UTC),
            settings=Settings(state=StateSettings(state_dir=state_dir)),
            say=partial(say, language="en"),
        )
    _, good, bad = csv.reader(io.StringIO(out.getvalue()))
    assert float(good[0]) == point["lon"]
    assert hostile.county.texts["village"] in good[4]
    assert [cell for cell in good[2:] + bad if cell[:1] in ("=", "+", "@")] == []
    assert good[4].startswith("'-1county")


def test_live_news_have_no_line_that_somebody_wrote(hostile: Hostile) -> None:
    # News are of the last minute: something has to happen first.
    with Client(base_url=hostile.url) as client:
        ordered = client.post(
            "/api/requests",
            json={
                "service_code": SERVICE,
                "description": hostile.county.texts["long"],
                "location": hostile.county.point,
            },
        )
    assert ordered.status_code == 201, ordered.text
    stream = ask(hostile, "leader", "/api/events", seconds=0).text
    blocks = [block for block in re.split("\r\n|\r|\n", stream) if block]
    assert {block.partition(":")[0] for block in blocks} <= {
        "", "id", "event", "data", "retry",
    }  # fmt: skip
    heard = [json.loads(b[6:]) for b in blocks if b.startswith("data: ")]
    assert heard
    assert blocks.count("event: request") == len(heard)


def test_other_portals_get_names_as_they_were_written(hostile: Hostile) -> None:
    county = hostile.county
    name, code = county.texts["village"], county.ids["village"]
    shapes = ask(hostile, "leader", "/api/areas.geojson", type="village").json()
    assert name in {found["properties"]["name"] for found in shapes["features"]}
    path = tile_at(county.point["lon"], county.point["lat"], 12, ".mvt")
    tile = ask(hostile, "leader", path.replace("heat", "areas"))
    found = [
        feature["properties"]
        for layer in mapbox_vector_tile.decode(tile.content).values()
        for feature in layer["features"]
    ]
    assert name in {p["name"] for p in found if p.get("code") == code}


def test_a_persons_data_are_handed_over_as_they_are(
    hostile: Hostile, cipher: Cipher
) -> None:
    texts = hostile.county.texts
    with hostile.sessions.transaction() as session:
        held = find_by_number(session, hostile.county.numbers["long"])
        told = json.dumps(
            export_person(session, cipher, held, now=datetime.now(UTC)),
            ensure_ascii=False,
        )
        session.rollback()
    for name in ("long", "long address", "long contact", "rate", "reopen"):
        assert json.dumps(texts[name], ensure_ascii=False) in told


def test_a_refusal_repeats_a_text_as_text(hostile: Hostile) -> None:
    asked = "<img src=x>\u2069\u202e\nforged"
    reply = ask(hostile, "leader", "/api/summary", area=asked)
    assert reply.headers["content-type"] == "application/problem+json"
    detail = reply.json()["detail"]
    assert asked in detail
    assert turned([{"text": detail, "place": "", "isAlone": False}], {detail}) == []


def test_a_log_has_no_line_that_somebody_wrote(
    settings: Settings, cipher: Cipher, caplog: pytest.LogCaptureFixture
) -> None:
    # Nothing listens there.
    engine = make_engine("postgresql://nobody@127.0.0.1:1/none", DatabaseSettings())
    context = Context(
        settings=settings,
        sessions=SessionFactory(engine, "minqing"),
        cipher=cipher,
        clock=lambda: datetime.now(UTC),
    )
    with TestClient(create_app(context)) as client:
        client.get("/api/areas/x%0AERROR%20forged%1B%5B31m")
    engine.dispose()
    (line,) = [r.getMessage() for r in caplog.records if r.name.startswith("geo_api")]
    assert line == "database error on /api/areas/x%0AERROR%20forged%1B%5B31m"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_leaders_map(reader: Callable[..., Reader], language: str) -> None:
    here = reader(language, "leader")
    page, county = here.page, here.hostile.county
    here.at_desk()
    here.open(f"/?area={county.ids['village']}&play=month")
    settle(page)
    page.locator("#own-period-button").click()
    here.look("county", "town", "village", "group", "service", "source")
    here.at_desk()
    here.open("/?list=all")
    expect(page.locator("#cases-rows button").first).to_be_visible()
    here.look("county", "town", "service")
    here.at_desk()
    page.locator(f"#cases-rows button:has-text('{county.numbers['long']}')").click()
    expect(page.locator("#case-history li").first).to_be_visible()
    happened = ("progress", "complete", "rate", "reopen", "remind")
    here.look("service", "long", "long address", "village", *happened)
    page.emulate_media(media="print")
    here.look(sizes=[DESK])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_handlers_page(reader: Callable[..., Reader], language: str) -> None:
    here = reader(language, "handler")
    page, ids = here.page, here.hostile.county.ids
    here.open("/work")
    expect(page.locator(".case").first).to_be_visible()
    here.look("service", "long", "long address", "handler name")
    here.turn_to(f"case/{ids['long']}")
    expect(page.locator(".events")).to_be_visible()
    happened = ("progress", "complete", "rate", "reopen", "remind")
    here.look("service", "long", "long address", *happened)
    for verb in ("decline", "transfer"):
        page.locator(f'[data-verb="{verb}"]').click()
        expect(page.locator(".deed select option")).not_to_have_count(1)
        here.look()
    here.turn_to("closed")
    expect(page.locator(".case").first).to_be_visible()
    here.look("withdrawn")
    here.turn_to("order")
    expect(page.locator("#order")).to_be_visible()
    page.locator("#household-q").fill(f"{ids['group']}-0001")
    page.locator("#household-find").click()
    expect(page.locator(".pick")).to_have_count(1)
    here.look("service", "service group", "household address")
    page.locator(".pick").click()
    here.look("household address")
    here.turn_to("leave")
    expect(page.locator(".leave")).to_have_count(1)
    here.look()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_residents_pages(reader: Callable[..., Reader], language: str) -> None:
    here = reader(language)
    page, county = here.page, here.hostile.county
    here.open("/order")
    expect(page.locator("#loading")).to_be_hidden()
    for level in ("town", "village", "group"):
        page.locator(f"#{level}").select_option(county.ids[level])
    expect(page.locator(".place__names")).to_contain_text(county.texts["group"])
    page.locator("#service").select_option(SERVICE)
    page.locator("#send").click()
    page.locator("#find [type=submit]").click()
    expect(page.locator("#find-number-error")).to_be_visible()
    places = ("town", "village", "group", "source")
    here.look(*places, "service", "service group", "service description")
    here.open(f"/r/{county.link}")
    expect(page.locator("#history li").first).to_be_visible()
    here.look("service", "long", "progress", "complete", "rate")


@pytest.mark.parametrize("language", LANGUAGES)
def test_doors_and_dead_ends(reader: Callable[..., Reader], language: str) -> None:
    here = reader(language)
    page = here.page
    here.open("/login")
    page.locator("#username").fill("@nobody")
    page.locator("#password").fill("wrong")
    page.locator("#sign-in [type=submit]").click()
    expect(page.locator("#sign-in-error")).to_be_visible()
    here.notes.refused.clear()
    here.look()
    here.open("/r/nothing")
    expect(page.locator("#trouble")).to_be_visible()
    here.notes.refused.clear()
    here.look()
    here.open("/nowhere")
    here.notes.refused.clear()
    here.look()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_map_for_portals(reader: Callable[..., Reader], language: str) -> None:
    here = reader(language)
    here.open(f"/embed?key={here.hostile.county.portal_key}")
    expect(here.page.locator("#embed")).not_to_have_attribute("aria-busy", "true")
    here.look("county", "source")
    here.open("/embed?key=nothing")
    here.notes.refused.clear()
    here.look()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keepers_page(reader: Callable[..., Reader], language: str) -> None:
    here = reader(language, "admin")
    page = here.page
    here.open("/admin")
    for view, names, opener in (
        ("accounts", [], "#account-add"),
        ("keys", ["portal"], "#key-add"),
        ("servers", ["system"], "#server-add"),
        ("people", [], "#person-add"),
        ("duties", [], ""),
        ("zones", ["zone"], "#zone-add"),
    ):
        here.turn_to(view)
        expect(page.locator(f"#{view}-view tbody tr").first).to_be_visible()
        here.look(*names)
        if opener:
            page.locator(opener).click()
            expect(page.locator("dialog[open]")).to_be_visible()
            here.look()
            page.keyboard.press("Escape")
    here = reader(language, "auditor")
    here.open("/admin")
    expect(here.page.locator("#audit-view tbody tr").first).to_be_visible()
    here.look("question")
