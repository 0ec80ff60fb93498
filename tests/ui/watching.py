"""What a page must never do, noted while it runs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response, expect

import map_ui

# Patient, because the machine may do ten other things; what is ready does not wait.
PATIENCE_MS = 90_000

AXE = Path(map_ui.__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
_SOME = re.compile(r"^[1-9]")

SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")

# A page is laid out anew for each size; opened in each of them where there is time.
DESK, WALL, PHONE = (1366, 768), (1920, 1080), (390, 844)
SIZES = [
    pytest.param([DESK, PHONE], id="desk and phone"),
    *(pytest.param([size], marks=pytest.mark.long) for size in (DESK, WALL, PHONE)),
]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]

# What passed is many times what did not: it stays in the page.
_FIND_VIOLATIONS = """
async (rules) => {
  const { violations } = await axe.run(document, {
    runOnly: { type: "tag", values: rules },
    resultTypes: ["violations"],
  });
  return violations.map(({ id, nodes }) =>
    ({ id, targets: nodes.map(({ target }) => target) }));
}
"""

_NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Watch:
    """Everything a page asked for and complained of."""

    page: Page
    host: str
    requested: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    # What the service refused, by address; a test that means it takes it out.
    refused: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """Requests that left our host."""
        return [
            url
            for url in self.requested
            if urlsplit(url).scheme not in ("data", "blob")
            and urlsplit(url).netloc != self.host
        ]

    def tiles(self) -> list[str]:
        """Addresses of heat tiles, in the order they were asked for."""
        return [url for url in self.requested if "/tiles/heat/" in url]

    def violations(self) -> list[str]:
        """What the Content-Security-Policy refused."""
        found: list[str] = self.page.evaluate("window.violations")
        return found

    def assert_clean(self) -> None:
        """No request left, nothing was refused, nothing was thrown."""
        assert self.outside() == []
        assert self.violations() == []
        assert self.errors == []
        assert self.refused == []


def watch(page: Page, base_url: str) -> Watch:
    """Begin to note; call it before the page goes anywhere."""
    notes = Watch(page, urlsplit(base_url).netloc)
    page.add_init_script(_NOTE_VIOLATIONS)
    page.on("request", lambda request: notes.requested.append(request.url))
    page.on("pageerror", lambda error: notes.errors.append(str(error)))

    def look(response: Response) -> None:
        if response.status >= 400:
            notes.refused.append(f"{response.status} {response.url}")

    page.on("response", look)
    return notes


def axe_violations(page: Page) -> list[str]:
    """Rules of axe-core that the page breaks, with the elements at fault."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(_FIND_VIOLATIONS, RULES)
    return [f"{one['id']}: {one['targets']}" for one in found]


def wait_until(page: Page, is_so: Callable[[], bool]) -> None:
    """Lets a page go on until a test has seen of it what it waits for."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while not is_so():
        assert time.monotonic() < until, "what was waited for did not happen"
        page.wait_for_timeout(20)


def resize(page: Page, size: tuple[int, int]) -> None:
    """Gives a page another size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})


# Opens a page and says what it did meanwhile.
Open = Callable[..., tuple[Page, Watch]]


def settle(page: Page) -> None:
    """Waits until map, names, table and cards show the present state."""
    expect(page.locator("#loading")).to_be_hidden()
    expect(page.locator("#children-scroll")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#figures")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("canvas.names")).to_have_attribute("data-names", _SOME)
    page.wait_for_function("() => !heat_tiles_main.isLoading()")


def number(page: Page, figure: str) -> int:
    """The number on a card of the overview."""
    card = page.locator(f'[data-figure="{figure}"] .figure__number')
    return int((card.text_content() or "").replace(",", ""))
