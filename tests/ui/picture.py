"""The picture of the leaders' map in the README: ``scripts/screenshot`` makes it."""

from __future__ import annotations

import argparse
import io
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from chromium import launch
from PIL import Image
from playwright.sync_api import expect, sync_playwright
from watching import settle

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "leaders-map.png"
MOST_BYTES = 400_000
# A first start loads a whole year.
START_SECONDS = 300


def wait_until_ready(url: str) -> None:
    """Waits for a demo that has just been started."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(f"{url}/ready", timeout=5):
                return
        except (URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def take(url: str, *, query: str, width: int, height: int) -> Image.Image:
    """What the county's leader sees."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="light"
        )
        reply = page.request.post(
            f"{url}/api/session",
            data={"username": "county", "password": "minqing-demo"},
        )
        assert reply.ok, reply.text()
        page.goto(f"{url}/?lang=zh-CN{query}")
        settle(page)
        # The charts come when all else stands.
        expect(page.locator("[data-chart] canvas")).to_have_count(2)
        page.wait_for_timeout(800)  # until the last tile has faded in, the bars grown
        image = Image.open(io.BytesIO(page.screenshot()))
        image.load()
        browser.close()
    return image


def small(image: Image.Image) -> bytes:
    """A PNG of 256 colours, rare ones (a red spot, a late case) among them."""
    palette = image.convert("RGB").quantize(
        256, method=Image.Quantize.MAXCOVERAGE, kmeans=3
    )
    out = io.BytesIO()
    palette.save(out, "PNG", optimize=True)
    if out.tell() > MOST_BYTES:
        raise SystemExit(f"the picture has {out.tell()} bytes, {MOST_BYTES} at most")
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="address of a running demo")
    parser.add_argument("--query", default="", help="state of the page: &area=…&from=…")
    parser.add_argument("--out", type=Path, default=PICTURE)
    parser.add_argument("--size", default="1440x810")
    wanted = parser.parse_args()
    url = wanted.url.rstrip("/")
    width, height = map(int, wanted.size.split("x"))
    wait_until_ready(url)
    picture = small(take(url, query=wanted.query, width=width, height=height))
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    wanted.out.write_bytes(picture)
    sys.stdout.write(f"· {wanted.out}: {len(picture) // 1000} KB\n")


if __name__ == "__main__":
    main()
