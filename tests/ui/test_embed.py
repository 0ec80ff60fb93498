"""The map in a frame of another portal, seen from that portal's page in Chromium."""

from __future__ import annotations

import functools
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlparse

import made_county
import mapbox_vector_tile
import pytest
from playwright.sync_api import Frame, Locator, Page, expect
from starlette.applications import Starlette
from starlette.testclient import TestClient
from watching import axe_violations, wait_until, watch

from geo_api.accounts.portal_keys import create_portal_key, revoke_portal_key
from geo_api.accounts.rules import Actor
from geo_api.areas.service import area_ids_of
from geo_api.db.session import SessionFactory
from geo_api.http.language import words
from map_ui import PagesSettings, create_pages
from map_ui.static_files import FOLDER, LEAFLET, VENDOR

if TYPE_CHECKING:
    from conftest import LiveServer

ROOT = FOLDER.parents[1]

_FRAME = """<!doctype html><title>portal</title>
<iframe id="map" title="map" width="700" height="500"
  sandbox="allow-scripts allow-same-origin" src="{src}"></iframe>"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Say nothing: the run's output is not the portal's."""


@dataclass(frozen=True)
class Portal:
    """Another site on this machine."""

    origin: str
    folder: Path

    def page_with(self, src: str) -> str:
        """The address of a page that holds ``src`` in a frame."""
        name = f"{secrets.token_hex(4)}.html"
        frame = _FRAME.format(src=src.replace("&", "&amp;"))
        (self.folder / name).write_text(frame, "utf-8")
        return f"{self.origin}/{name}"


def _serve(folder: Path) -> ThreadingHTTPServer:
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def portals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Portal]]:
    """Two sites: one that has a key, and another one."""
    folders = [tmp_path_factory.mktemp(f"portal{i}") for i in (1, 2)]
    servers = [_serve(folder) for folder in folders]
    yield [
        Portal(f"http://127.0.0.1:{server.server_port}", folder)
        for server, folder in zip(servers, folders, strict=True)
    ]
    for server in servers:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Keys:
    """Keys of the first portal, both for the town alone."""

    valid: str
    revoked: str


@pytest.fixture(scope="module")
def keys(county_database: SessionFactory, portals: list[Portal]) -> Keys:
    now = datetime.now(UTC)
    made = []
    with county_database.transaction() as session:
        town = area_ids_of(session, [made_county.TOWN], now.date())
        for name in ("valid", "revoked"):
            key, secret = create_portal_key(
                session,
                name=name,
                origins=[portals[0].origin],
                layers=["heat", "areas"],
                area_ids=town,
                now=now,
            )
            made.append(secret)
        revoke_portal_key(session, key.public_id, now=now, actor=Actor())
    return Keys(*made)


@pytest.fixture
def embed(live_server: LiveServer) -> Callable[..., str]:
    """The address of the frame."""

    def address(**parameters: str) -> str:
        query = urlencode({"lang": "zh-CN", **parameters})
        return f"{live_server.base_url}/embed?{query}"

    return address


def _frame(page: Page) -> Frame:
    element = page.locator("#map").element_handle()
    assert element is not None
    frame = element.content_frame()
    assert frame is not None
    return frame


def _open(page: Page, address: str) -> Frame:
    page.goto(address)
    frame = _frame(page)
    expect(frame.locator("#embed")).not_to_have_attribute("aria-busy", "true")
    return frame


def test_a_portals_page_shows_the_map_of_its_area(
    strangers_page, live_server, portals, keys, embed
) -> None:
    page = strangers_page()
    notes = watch(page, live_server.base_url)
    frame = _open(page, portals[0].page_with(embed(key=keys.valid, theme="dark")))
    expect(frame.locator("#refusal")).to_be_hidden()
    expect(frame.locator("#place")).to_have_text("东坪镇")
    expect(frame.locator("#invented")).to_be_visible()
    expect(frame.locator("#period option:checked")).to_have_text("最近十二个月")
    expect(frame.locator("#told")).to_have_text(re.compile("公布，按档显示"))
    expect(frame.locator("canvas.names")).to_have_attribute(
        "data-names", re.compile("^[1-9]")
    )
    assert frame.evaluate("document.documentElement.dataset.theme") == "dark"
    frame.wait_for_function("() => !heat_tiles_main.isLoading()")
    tiles = frame.locator("img.leaflet-tile")
    expect(tiles).not_to_have_count(0)
    widths = tiles.evaluate_all("images => images.map(image => image.naturalWidth)")
    assert min(widths) >= 256
    assert frame.locator("#heat-rows tr").count() > 0
    # The frame asks its own service only; the page around it is the other site.
    assert set(notes.outside()) <= {
        url for url in notes.requested if url.startswith(portals[0].origin)
    }
    assert frame.evaluate("window.violations") == []
    assert notes.errors == []
    assert [u for u in notes.refused if "favicon" not in u] == []
    assert page.context.cookies() == []


def test_the_visitor_chooses_among_what_is_published(
    strangers_page, live_server, embed
) -> None:
    page = strangers_page()
    notes = watch(page, live_server.base_url)
    page.goto(embed())
    expect(page.locator("#embed")).not_to_have_attribute("aria-busy", "true")
    document = page.request.get(f"{live_server.base_url}/tiles/heat.json").json()
    offered = [f"{p['from']}/{p['to']}" for p in document["published"]["periods"]]
    options = page.locator("#period option")
    values = options.evaluate_all("options => options.map(({value}) => value)")
    assert values == offered
    assert page.locator("#period optgroup").evaluate_all(
        "groups => groups.map(({label}) => label)"
    ) == ["按季度", "按月"]
    month = offered[-1].split("/")
    legend = page.locator("#legend-bands li")
    assert legend.all_text_contents() == ["很低", "低", "中等", "高", "很高", "不公布"]
    colours = legend.locator("span").evaluate_all(
        "spans => spans.map((span) => getComputedStyle(span).backgroundColor)"
    )
    assert len(set(colours)) == 6
    with page.expect_request(re.compile(r"/tiles/heat/.*png")) as asked:
        page.locator("#period").select_option(offered[-1])
    query = parse_qs(urlparse(asked.value.url).query)
    assert [query["from"], query["to"]] == [[month[0]], [month[1]]]
    expect(page.locator("#period")).to_have_value(offered[-1])
    with page.expect_request(re.compile(r"/tiles/heat/.*png")) as asked:
        page.locator("#group").select_option("基础设施")
    assert parse_qs(urlparse(asked.value.url).query)["group"] == ["基础设施"]
    expect(page.locator("#period option:checked")).to_have_text("最近十二个月")
    expect(page.locator("#period optgroup")).to_have_count(1)
    page.wait_for_function("() => !heat_tiles_main.isLoading()")
    assert page.locator("img.leaflet-tile").count() > 0
    notes.assert_clean()


@pytest.mark.long
def test_who_does_not_see_the_heat_is_told_the_same_villages_by_code(
    strangers_page, live_server, embed
) -> None:
    page = strangers_page()
    notes = watch(page, live_server.base_url)
    shape = "POLYGON ((0 0, 9 0, 9 9, 0 0))"
    villages = [
        {
            "geometry": shape,
            "properties": {"code": code, "name": name, "rate_band": band},
        }
        for code, name, band in (("62-3", "<b>三村", 5), ("62-1", "一村", 1))
    ]
    tile = mapbox_vector_tile.encode([{"name": "villages", "features": villages}])
    page.route(
        "**/tiles/heat/*/*/*.mvt?*", lambda route: route.fulfill(status=200, body=tile)
    )
    page.goto(embed())
    expect(page.locator("#embed")).not_to_have_attribute("aria-busy", "true")
    rows = [row.all_text_contents() for row in _cells(page)]
    assert rows == [["一村", "很低"], ["<b>三村", "很高"]]
    notes.assert_clean()


def _cells(page: Page) -> list[Locator]:
    return [row.locator("th, td") for row in page.locator("#heat-rows tr").all()]


def test_the_frame_never_shows_what_a_signed_in_visitor_may_see(
    signed_in_page, live_server, portals, keys, embed
) -> None:
    """A leader's cookie is there, and is sent with nothing."""
    page = signed_in_page("county_leader")
    sent = []
    page.on("request", lambda r: sent.append((r.url, r.all_headers().get("cookie"))))
    frame = _open(page, portals[0].page_with(embed(key=keys.valid)))
    frame.wait_for_function("() => !heat_tiles_main.isLoading()")
    asked = [cookie for url, cookie in sent if "/tiles/" in url or "/api/" in url]
    assert len(asked) > 5
    assert set(asked) == {None}


def test_a_portals_page_fetches_a_tile_with_its_key(
    strangers_page, live_server, portals, keys
) -> None:
    page = strangers_page()
    page.goto(portals[0].page_with("about:blank"))
    fetched = """async ([url, headers]) => {
      const reply = await fetch(url, {headers});
      return [reply.status, reply.headers.get("content-type")];
    }"""
    stem = f"{live_server.base_url}/tiles/heat/9/403/200"
    key = {"X-Portal-Key": keys.valid}
    # A header of its own makes the browser ask first (preflight).
    assert page.evaluate(fetched, [f"{stem}.png", key]) == [200, "image/png"]
    mvt = [200, "application/vnd.mapbox-vector-tile"]
    assert page.evaluate(fetched, [f"{stem}.mvt?portal_key={keys.valid}", {}]) == mvt
    refused = page.evaluate(fetched, [f"{stem}.png?portal_key={keys.revoked}", {}])
    assert refused == [401, "application/problem+json"]
    page.goto(portals[1].page_with("about:blank"))
    wrong = page.evaluate(fetched, [f"{stem}.png?portal_key={keys.valid}", {}])
    assert wrong == [403, "application/problem+json"]


@pytest.mark.long
def test_a_wrong_page_and_a_revoked_key_are_told_why(
    strangers_page, portals, keys, embed
) -> None:
    page = strangers_page()
    for portal, address, why in (
        (portals[1], embed(key=keys.valid), portals[1].origin),
        (portals[0], embed(key=keys.revoked), "门户密钥不存在或已吊销"),
        (portals[0], embed(), "没有门户密钥"),
    ):
        page.goto(portal.page_with(address))
        frame = _frame(page)
        expect(frame.locator("h1")).to_have_text("此处无法显示该地图")
        expect(frame.locator("main")).to_contain_text(why)
        assert frame.locator(".map").count() == 0
        assert axe_violations_in(frame) == []


def test_a_page_that_hides_itself_is_stopped_by_the_browser(
    strangers_page, portals, keys, embed
) -> None:
    page = strangers_page()
    address = portals[1].page_with(embed(key=keys.valid))
    file = portals[1].folder / address.rpartition("/")[2]
    hidden = file.read_text("utf-8").replace(
        "<iframe", '<iframe referrerpolicy="no-referrer"'
    )
    file.write_text(hidden, "utf-8")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(address)
    wait_until(page, lambda: any("frame-ancestors" in text for text in said))
    assert _frame(page).locator("#embed").count() == 0


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"area": made_county.COUNTY}, made_county.COUNTY),
        ({"area": "999999"}, "999999"),
        ({"layer": "requests"}, "requests"),
        ({"from": "yesterday"}, None),
        ({"from": "2025-01-01", "to": "2025-02-01"}, "只能查询已公布的时段"),
        ({"group": "投诉举报"}, None),
    ],
)
def test_what_the_key_does_not_cover_is_refused_in_words(
    strangers_page, portals, keys, embed, wrong: dict[str, str], why: str | None
) -> None:
    page = strangers_page()
    frame = _open(page, portals[0].page_with(embed(key=keys.valid, **wrong)))
    expect(frame.locator("#refusal")).to_be_visible()
    expect(frame.locator(".embed__map")).to_be_hidden()
    text = frame.locator("#refusal-text").text_content() or ""
    assert re.search("[\u4e00-\u9fff]", text)
    assert why is None or why in text


def test_the_example_of_the_documentation_draws_our_tiles(
    strangers_page, live_server, portals, keys
) -> None:
    """Leaflet's, whose files are here; the other libraries are not in the project."""
    text = (ROOT / "docs" / "embedding.md").read_text("utf-8")
    found = re.search(r"### Leaflet\n\n```html\n(.*?)```", text, re.DOTALL)
    assert found is not None
    example = found[1].replace("https://minqing.example", live_server.base_url)
    example = example.replace('KEY = "KEY"', f'KEY = "{keys.valid}"')
    folder = portals[0].folder
    shutil.copytree(VENDOR / LEAFLET, folder / "leaflet")
    (folder / "example.html").write_text(f"<!doctype html>{example}", "utf-8")
    page = strangers_page()
    notes = watch(page, live_server.base_url)
    kept = []
    page.on("response", lambda r: kept.append(r.headers.get("cache-control")))
    page.goto(f"{portals[0].origin}/example.html")
    expect(page.locator("img.leaflet-tile-loaded").first).to_be_attached()
    assert "public, max-age=31536000, immutable" in kept
    assert notes.errors == []
    assert [url for url in notes.refused if "favicon" not in url] == []


def axe_violations_in(frame: Frame) -> list[str]:
    """As of a page: the rules only need a document."""
    return axe_violations(frame)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layer", "scheme"),
    [
        ("heat", "dark"),
        ("areas", "light"),
        pytest.param("heat", "light", marks=pytest.mark.long),
        pytest.param("areas", "dark", marks=pytest.mark.long),
    ],
)
def test_everybody_can_use_the_frame(
    strangers_page, live_server, embed, scheme, layer: str
) -> None:
    page = strangers_page()
    notes = watch(page, live_server.base_url)
    page.set_viewport_size({"width": 390, "height": 520})
    page.emulate_media(color_scheme=scheme)
    page.goto(embed(layer=layer, lang="en"))
    expect(page.locator("#embed")).not_to_have_attribute("aria-busy", "true")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert axe_violations(page) == []
    assert page.locator("#legend").is_visible() is (layer == "heat")
    notes.assert_clean()


@pytest.fixture(scope="module")
def framed() -> Starlette:
    """Pages that ask their own state which origins a key may stand in."""
    settings = PagesSettings(frame_ancestors=("https://c.example",))
    pages = create_pages(settings, words, lambda _key: pages.state.origins)
    return pages


@pytest.mark.parametrize(
    ("origins", "referer", "status", "ancestors"),
    [
        (["https://a.example"], "https://a.example/x", 200, "https://a.example https://c.example"),
        (["https://a.example"], None, 200, "https://a.example https://c.example"),
        (["https://a.example"], "https://b.example/", 403, "*"),
        (["https://a.example"], "https://c.example/", 200, "https://a.example https://c.example"),
        ([], "https://b.example/", 200, "*"),
        (["https://a.example;script-src"], None, 200, "https://c.example"),
        (None, "https://a.example/", 401, "*"),
    ],
)  # fmt: skip
def test_frame_ancestors_are_the_keys_origins_and_the_configured_ones(
    framed: Starlette, origins, referer: str | None, status: int, ancestors: str
) -> None:
    pages = TestClient(framed)
    framed.state.origins = origins
    headers = {"Referer": referer} if referer else {}
    reply = pages.get("/embed?key=k&lang=en", headers=headers)
    assert reply.status_code == status
    policy = reply.headers["content-security-policy"]
    assert policy.endswith(f"; frame-ancestors {ancestors}")
    assert "set-cookie" not in reply.headers
    assert "no-store" in reply.headers["cache-control"]
    if status != 200:
        assert "embed/page.js" not in reply.text
