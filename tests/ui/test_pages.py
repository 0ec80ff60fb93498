"""The pages as they leave the server; no browser, no database."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from starlette.applications import Starlette
from starlette.testclient import TestClient

import map_ui
from geo_api.http.language import words
from map_ui import PagesSettings, create_pages
from map_ui.skeleton import compose_map
from map_ui.static_files import SCRIPTS, modules_for

FOLDER = Path(map_ui.__file__).parent


@pytest.fixture(scope="module")
def composed() -> Starlette:
    return create_pages(PagesSettings(), words, lambda _key: None)


@pytest.fixture
def pages(composed: Starlette) -> TestClient:
    """A visitor who has never been here."""
    return TestClient(composed)


@pytest.mark.parametrize("path", ["/", "/login", "/work", "/admin"])
def test_every_reply_has_a_policy_with_a_fresh_nonce(
    pages: TestClient, path: str
) -> None:
    nonces = set()
    for _ in range(3):
        reply = pages.get(path)
        policy = reply.headers["content-security-policy"]
        nonce = re.search(r"script-src 'self' 'nonce-([^']+)'", policy)
        assert nonce is not None
        nonces.add(nonce.group(1))
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert policy.endswith("frame-ancestors 'none'")
        tags = re.findall(r"<script\b[^>]*>", reply.text)
        assert tags
        assert all(f'nonce="{nonce.group(1)}"' in tag for tag in tags)
        assert reply.headers["referrer-policy"] == "same-origin"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "geolocation=()" in reply.headers["permissions-policy"]
        assert reply.headers["cache-control"] == "no-store"
    assert len(nonces) == 3


@pytest.mark.parametrize("path", ["/", "/login", "/work", "/admin", "/no-such-page"])
def test_no_page_names_another_host_or_carries_a_style(
    pages: TestClient, path: str
) -> None:
    text = pages.get(path, headers={"Accept": "text/html"}).text
    assert re.findall(r"(?:https?:)?//(?!www\.w3\.org)[\w.-]+\.\w", text) == []
    assert re.findall(r"\sstyle=|\son\w+=", text) == []


def test_what_folium_composes_names_only_our_tiles() -> None:
    skeleton = compose_map(PagesSettings())
    assert skeleton.html.strip() == '<div class="map__canvas" id="map_main"></div>'
    assert "http" not in skeleton.script
    assert "</" not in skeleton.script
    assert "/tiles/heat/{z}/{x}/{y}{r}.png?{query}" in skeleton.script


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "zh-CN"),
        ("", "fr", "zh-CN"),
        ("", "en-GB,en;q=0.8", "en"),
        ("", "en;q=0.3, zh;q=0.9", "zh-CN"),
        ("", "zh-CN;q=much, en", "en"),
        ("", "zh-TW", "zh-CN"),
        ("?lang=en", "zh-CN", "en"),
        ("?lang=zh-CN", "en", "zh-CN"),
        ("?lang=klingon", "en", "en"),
    ],
)
def test_the_language_is_the_visitors(
    pages: TestClient, query: str, header: str, language: str
) -> None:
    reply = pages.get(f"/login{query}", headers={"Accept-Language": header})
    assert f'<html lang="{language}"' in reply.text
    assert reply.headers["content-language"] == language


def test_every_word_of_the_pages_has_its_chinese() -> None:
    found = {
        message if isinstance(message, str) else message[0]
        for _file, _line, message, _comments, _context in extract_from_dir(
            FOLDER,
            [("templates/**.html", "jinja2"), ("static/js/**.js", "javascript")],
            keywords={"_": None, "ngettext": (1, 2)},
        )
    }
    assert len(found) > 80
    assert found - set(words("zh-CN")) == set()


def test_scripts_say_nothing_that_is_not_translated() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for path in [*SCRIPTS.rglob("*.js"), *(FOLDER / "templates").glob("*.html")]:
        lines = [
            line
            for line in path.read_text("utf-8").splitlines()
            # The name of a language is written in that language.
            if chinese.search(line) and "中文" not in line and "/*" not in line
        ]
        assert [
            line for line in lines if not line.strip().startswith(("*", "//"))
        ] == []


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/", "leaders"), ("/login", "login"), ("/order", "order"), ("/r/x", "track"),
        ("/work", "work"), ("/admin", "admin"), ("/embed", "embed"),
    ],
)  # fmt: skip
def test_a_page_has_every_element_that_its_scripts_ask_for(
    pages: TestClient, path: str, folder: str
) -> None:
    """What the type checker cannot tell: an element may be another page's."""
    there = set(re.findall(r'\sid="([\w-]+)"', pages.get(path).text))
    asked = {
        name
        for script in (SCRIPTS / folder).rglob("*.js")
        for name in re.findall(r'byId\("([\w-]+)"\)', script.read_text("utf-8"))
    }
    assert len(asked) > 5
    assert asked - there == set()


def test_modules_are_preloaded_with_all_they_import() -> None:
    modules = modules_for("leaders/page.js")
    assert "shared/words.js" in modules
    assert "map/labels.js" in modules
    for name in modules:
        assert (SCRIPTS / name).is_file()


def test_scripts_never_write_html() -> None:
    wild = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(")
    assert [p.name for p in SCRIPTS.rglob("*.js") if wild.search(p.read_text())] == []


def test_our_files_are_kept_by_the_browser_until_they_change(
    pages: TestClient,
) -> None:
    address = re.search(
        r"/static/[0-9a-f]{12}/css/shared/tokens\.css", pages.get("/").text
    )
    assert address is not None
    reply = pages.get(address.group(0))
    assert reply.status_code == 200
    assert "immutable" in reply.headers["cache-control"]


def test_a_form_sent_without_its_script_comes_back_unread(pages: TestClient) -> None:
    reply = pages.post(
        "/login?next=%2Fwork", data={"password": "secret"}, follow_redirects=False
    )
    assert reply.status_code == 303
    assert reply.headers["location"] == "/login?next=%2Fwork"


def test_what_is_not_there_is_told_to_people_and_programs(pages: TestClient) -> None:
    page = pages.get("/no-such-page", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<h1>" in page.text
    problem = pages.get("/no-such-page", headers={"Accept": "application/json"})
    assert problem.status_code == 404
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["detail"] == "没有这个页面"


def test_a_phone_keeps_every_file_that_the_page_for_handlers_asks_for(
    pages: TestClient,
) -> None:
    worker = pages.get("/work-sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    asked = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', pages.get("/work").text))
    assert len(asked) > 15
    assert {path for path in asked if f'"{path}"' not in worker.text} == set()
    manifest = pages.get("/work.webmanifest", headers={"Accept-Language": "zh-CN"})
    assert manifest.headers["content-type"] == "application/manifest+json"
    assert manifest.json()["start_url"] == "/work"
    assert manifest.json()["name"] == "民情地图 · 我的工作"
