"""The leaders' page beside a stock folium page: the same villages and points, one run.

    PYTHONPATH=bench:. .venv/bin/python bench/leaders_page.py http://127.0.0.1:8000

See bench/README.md for what the columns mean.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, fields

from playwright.sync_api import APIRequestContext, Browser, sync_playwright
from stock_folium import Data, install, served

SLOWED = (1, 6)
SIZE = {"width": 1366, "height": 768}
PATIENCE_MS = 120_000
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

# Usable: boundaries, names and figures stand. Both pages end with their heat, too.
OURS = """() => document.getElementById("loading").hidden
  && document.querySelector("canvas.names")
  && document.getElementById("figures").childElementCount
  && !document.querySelector("#figures[aria-busy], #children-scroll[aria-busy=true]")"""
OURS_WHOLE = "() => heat_tiles_main._map && !heat_tiles_main.isLoading()"
STOCK = """() => document.readyState === "complete"
  && document.querySelector("path.leaflet-interactive")"""
STOCK_WHOLE = "() => document.querySelector('canvas.leaflet-heatmap-layer')"

_LOOK = """(() => {
  window.seen = {};
  window.waited = 0;
  new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => {
    window.waited += duration - 50;
  })).observe({ type: "longtask", buffered: true });
  // Not by animation frames: asking for them would be the page's dearest work.
  const note = (name) => requestAnimationFrame(() => {
    window.seen[name] = performance.now();
  });
  let isUsable = false;
  const look = () => {
    if (!isUsable && (USABLE)()) {
      isUsable = true;
      note("usable");
    }
    if (isUsable && (WHOLE)()) note("whole");
    else setTimeout(look, 15);
  };
  document.addEventListener("DOMContentLoaded", look);
})()"""


@dataclass(frozen=True)
class Page:
    """What is opened, and what says that it stands."""

    name: str
    address: str
    usable: str
    whole: str


@dataclass(frozen=True)
class Figures:
    """One loading, into an empty cache; times in milliseconds."""

    usable: float
    whole: float
    cpu: float
    script: float
    layout: float
    tbt: float
    kb: float
    requests: float
    nodes: float


def load(browser: Browser, page: Page, *, slowed: int, state: object) -> Figures:
    """Open the page in a browser that has never been there."""
    context = browser.new_context(
        viewport=SIZE,  # type: ignore[arg-type]
        locale="zh-CN",
        storage_state=state,  # type: ignore[arg-type]
    )
    tab = context.new_page()
    tab.add_init_script(
        _LOOK.replace("USABLE", page.usable).replace("WHOLE", page.whole)
    )
    protocol = context.new_cdp_session(tab)
    arrived: list[float] = []
    protocol.on(
        "Network.loadingFinished", lambda e: arrived.append(e["encodedDataLength"])
    )
    protocol.send("Network.enable")
    # Of the thread, not of the clock: what else the machine does counts little.
    protocol.send("Performance.enable", {"timeDomain": "threadTicks"})
    protocol.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    tab.goto(page.address)
    tab.wait_for_function("() => window.seen.whole", timeout=PATIENCE_MS)
    transferred = list(arrived)
    seen = tab.evaluate("window.seen")
    told = protocol.send("Performance.getMetrics")["metrics"]
    spent = {metric["name"]: metric["value"] * 1000 for metric in told}
    figures = Figures(
        usable=seen["usable"],
        whole=seen["whole"],
        cpu=spent["TaskDuration"],
        script=spent["ScriptDuration"],
        layout=spent["LayoutDuration"] + spent["RecalcStyleDuration"],
        tbt=tab.evaluate("window.waited"),
        kb=sum(transferred) / 1000,
        requests=len(transferred),
        nodes=tab.evaluate("document.querySelectorAll('*').length"),
    )
    context.close()
    return figures


def read_data(api: APIRequestContext, address: str, most: int) -> Data:
    """All villages, and a point of the village of each of the latest requests."""
    villages = api.get(f"{address}/api/areas.geojson?type=village").json()
    points: list[tuple[float, float]] = []
    query = "limit=1000"
    while len(points) < most:
        found = api.get(f"{address}/api/requests?{query}").json()
        points += [
            (item["location"]["lat"], item["location"]["lon"])
            for item in found["items"]
            if item.get("location")
        ]
        if not found["next"]:
            break
        query = f"limit=1000&cursor={found['next']}"
    return Data(villages, points[:most])


def rows(found: dict[str, list[Figures]]) -> Iterator[str]:
    """The medians of each page, and ours as a ratio of the peer's."""
    names = [field.name for field in fields(Figures)]
    medians = {
        page: [statistics.median(getattr(run, name) for run in runs) for name in names]
        for page, runs in found.items()
    }
    for page, values in medians.items():
        yield f"| {page} | " + " | ".join(f"{value:.0f}" for value in values) + " |"
    ours, stock = medians.values()
    ratios = (f"{a / b:.2f}" if b else "—" for a, b in zip(ours, stock, strict=True))
    yield "| ours ÷ stock | " + " | ".join(ratios) + " |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="address of a running demo")
    parser.add_argument("--user", default="county")
    parser.add_argument("--password", default="minqing-demo")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--points", type=int, default=1000)
    wanted = parser.parse_args()
    url = wanted.url.rstrip("/")
    install()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        visitor = browser.new_context()
        reply = visitor.request.post(
            f"{url}/api/session",
            data={"username": wanted.user, "password": wanted.password},
        )
        if not reply.ok:
            raise SystemExit(reply.text())
        data = read_data(visitor.request, url, wanted.points)
        with served(data) as stock:
            pages = (
                Page("leaders' page", f"{url}/?lang=zh-CN", OURS, OURS_WHOLE),
                Page("stock folium", stock, STOCK, STOCK_WHOLE),
            )
            villages = len(data.villages["features"])
            print(f"{villages} villages, {len(data.points)} points")
            print("| page | " + " | ".join(f.name for f in fields(Figures)) + " |")
            for slowed in SLOWED:
                print(f"CPU slowed {slowed} times, median of {wanted.runs}")
                found: dict[str, list[Figures]] = {page.name: [] for page in pages}
                for _ in range(wanted.runs):
                    # In turn, so that what else the machine does meets both.
                    for page in pages:
                        state = visitor.storage_state()
                        found[page.name].append(
                            load(browser, page, slowed=slowed, state=state)
                        )
                print("\n".join(rows(found)))
        browser.close()


if __name__ == "__main__":
    main()
