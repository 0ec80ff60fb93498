"""The charts of the leaders' map: drawn late, by ECharts, and told as tables, too."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from watching import DESK, Open, axe_violations, number, settle

# What the page may transfer before its charts; a wall has more tiles.
VERY_LARGE = (3840, 2160)
MOST_BYTES = {DESK: 300_000, VERY_LARGE: 500_000}


def drawn(page: Page) -> None:
    """Waits until both charts show their figures."""
    page.wait_for_function(
        """() => window.echarts && ["services", "weeks"].every((id) => {
          const chart = window.echarts.getInstanceByDom(document.getElementById(id));
          return chart && chart.getOption().series;
        })"""
    )


def series(page: Page, chart: str) -> list[list[int]]:
    """The numbers that a chart draws, series by series."""
    found: list[list[int]] = page.evaluate(
        """(id) => window.echarts.getInstanceByDom(document.getElementById(id))
          .getOption().series
          .map(({ data }) => data.map((item) => item.value ?? item))""",
        chart,
    )
    return found


def column(page: Page, table: str, place: int) -> list[int]:
    cells = page.locator(f"#{table}-table td:nth-child({place})").all_text_contents()
    return [int(cell.replace(",", "")) for cell in cells]


@pytest.mark.parametrize(
    "size", [DESK, pytest.param(VERY_LARGE, marks=pytest.mark.long)]
)
def test_charts_show_the_figures_and_a_click_on_a_bar_filters(
    open_map: Open, size: tuple[int, int]
) -> None:
    arrived: list[tuple[str, int]] = []

    def prepare(page: Page) -> None:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        names: dict[str, str] = {}
        network.on(
            "Network.requestWillBeSent",
            lambda e: names.update({e["requestId"]: e["request"]["url"]}),
        )
        network.on(
            "Network.loadingFinished",
            lambda e: arrived.append((names[e["requestId"]], e["encodedDataLength"])),
        )

    page, notes = open_map(before=prepare)
    drawn(page)
    # ECharts is the last thing that the page asks for.
    library = next(i for i, (url, _) in enumerate(arrived) if "echarts" in url)
    before = [url for url, _ in arrived[:library]]
    assert any("/tiles/heat/" in url for url in before)
    assert all(url in before for url in notes.tiles())
    assert sum(length for _, length in arrived[:library]) < MOST_BYTES[size]

    overdue, others = series(page, "services")
    totals = [a + b for a, b in zip(overdue, others, strict=True)]
    assert totals == column(page, "services", 2)
    assert overdue == column(page, "services", 3)
    assert sum(totals) == number(page, "ordered") > 0
    assert series(page, "weeks") == [column(page, "weeks", i) for i in (2, 3)]

    row = max(i for i, total in enumerate(totals) if total)
    code = page.locator("#services-table tr").nth(row).get_attribute("data-service")
    page.locator("#services").evaluate("(box) => box.parentElement.scrollTo(0, 9999)")
    box = page.locator("#services").bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    y = box["y"] + box["height"] * (row + 0.5) / len(totals)
    # ECharts's own words at the pointer would break the policy.
    page.mouse.move(x, y)
    tip = page.locator("#services .tip")
    name = page.locator("#services-table th").nth(row).text_content() or ""
    expect(tip).to_contain_text(name)
    expect(tip).to_contain_text(f"受理 {totals[row]}")
    for _ in range(2):
        page.mouse.click(x, y)
        settle(page)
        is_chosen = parse_qs(urlsplit(page.url).query).get("service") == [code]
        expect(page.locator("#service")).to_have_value(code if is_chosen else "")
        shown = number(page, "ordered")
        assert shown == (totals[row] if is_chosen else sum(totals))
    assert not is_chosen
    assert axe_violations(page) == []
    notes.assert_clean()


@pytest.mark.long
def test_without_echarts_the_tables_are_shown(open_map: Open) -> None:
    page, notes = open_map(
        before=lambda page: page.route("**/echarts*.js", lambda route: route.abort())
    )
    expect(page.locator("#weeks")).to_be_hidden()
    for table in ("services", "weeks"):
        expect(page.locator(f"#{table}-table tr").first).to_be_visible()
    assert notes.errors == []
