"""The pure modules of the page, run where they live."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

from playwright.sync_api import Page
from watching import Open

from geo_api.directions import isolated


def run(page: Page, module: str, body: str, argument: Any = None) -> Any:
    """Calls ``body`` with the module's exports as ``m`` and ``argument`` as ``x``."""
    return page.evaluate(
        """async ([module, body, x]) => {
          const entry = document.querySelector("script[type=module]").src;
          const m = await import(new URL(`../${module}`, entry).href);
          const calls = {
            weeks: () => m.weeksOf(...x), before: () => m.before(x), today:
            () => m.today(x[0], new Date(x[1])), isDay: () => x.map(m.isDay),
            lines: () => m.linesOf(x), place: () => m.placeLabels(x.labels, x.size,
            { obstacles: x.obstacles }), isolated: () => x.map(m.isolated),
          };
          return calls[body]();
        }""",
        [module, body, argument],
    )


def square(x: int, y: int, parent: str) -> dict[str, Any]:
    ring = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
    return {
        "properties": {"parent_code": parent},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def length(lines: list[list[list[float]]]) -> float:
    return sum(
        abs(a[0] - b[0]) + abs(a[1] - b[1]) for line in lines for a, b in pairwise(line)
    )


def test_a_shared_border_is_drawn_once(open_login: Open) -> None:
    page, _ = open_login()
    towns = [square(0, 0, "a"), square(1, 0, "a"), square(2, 0, "b")]
    lines = run(page, "map/edges.js", "lines", towns)
    assert lines["inner"] == [[[1, 0], [1, 1]]]
    assert lines["between"] == [[[2, 0], [2, 1]]]
    assert length(lines["outer"]) == 8
    # One ring, closed.
    assert len(lines["outer"]) == 1
    assert lines["outer"][0][0] == lines["outer"][0][-1]


def test_a_hole_is_an_outline_of_its_own(open_login: Open) -> None:
    page, _ = open_login()
    around = [square(x, y, "a") for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    lines = run(page, "map/edges.js", "lines", around)
    assert sorted(length([line]) for line in lines["outer"]) == [4, 12]
    assert length(lines["inner"]) == 8


def test_names_never_lie_on_each_other(open_login: Open) -> None:
    page, _ = open_login()
    labels = [
        {
            "x": 40 + 47 * i % 220,
            "y": 90 + 31 * i % 90,
            "width": 60,
            "height": 14,
            "rank": i,
            "key": i,
        }
        for i in range(30)
    ]
    wall = {"left": 0, "top": 0, "right": 300, "bottom": 80}
    placed = run(
        page,
        "map/labels.js",
        "place",
        {"labels": labels, "size": {"width": 300, "height": 200}, "obstacles": [wall]},
    )
    assert 8 <= len(placed) < 30
    assert placed[0]["key"] == 0
    boxes = [*placed, wall]
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert (
                a["right"] <= b["left"]
                or b["right"] <= a["left"]
                or a["bottom"] <= b["top"]
                or b["bottom"] <= a["top"]
            )


def test_days_begin_in_the_countys_zone(open_login: Open) -> None:
    page, _ = open_login()
    late = ["Asia/Shanghai", "2026-11-23T16:30:00Z"]
    assert run(page, "shared/periods.js", "today", late) == "2026-11-24"
    early = ["Asia/Shanghai", "2026-11-23T15:30:00Z"]
    assert run(page, "shared/periods.js", "today", early) == "2026-11-23"


def test_the_period_before_is_as_long(open_login: Open) -> None:
    page, _ = open_login()
    month = {"from": "2024-02-01", "to": "2024-03-01"}
    earlier = run(page, "shared/periods.js", "before", month)
    assert earlier == {"from": "2024-01-03", "to": "2024-02-01"}


def test_weeks_begin_on_mondays_and_end_with_their_period(open_login: Open) -> None:
    page, _ = open_login()
    # From a Thursday to a Tuesday.
    period = {"from": "2026-01-01", "to": "2026-01-14"}
    assert run(page, "shared/periods.js", "weeks", [period]) == [
        {"monday": "2025-12-29", "from": "2026-01-01", "to": "2026-01-05"},
        {"monday": "2026-01-05", "from": "2026-01-05", "to": "2026-01-12"},
        {"monday": "2026-01-12", "from": "2026-01-12", "to": "2026-01-14"},
    ]
    century = {"from": "2000-01-01", "to": "2100-01-01"}
    assert run(page, "shared/periods.js", "weeks", [century]) == []
    weeks = run(
        page, "shared/periods.js", "weeks", [century, ["2026-01-05", "2026-01-19"]]
    )
    assert [week["monday"] for week in weeks] == [
        "2026-01-05",
        "2026-01-12",
        "2026-01-19",
    ]


def test_days_that_do_not_exist_are_refused(open_login: Open) -> None:
    page, _ = open_login()
    days = ["2026-02-28", "2026-02-30", "2026-13-01", "", "20260228", "2026-2-8"]
    assert run(page, "shared/periods.js", "isDay", days) == [True] + [False] * 5


def test_names_are_set_apart_as_the_service_does(open_login: Open) -> None:
    page, _ = open_login()
    signs = ("a", "\u202e", "\u2066", "\u2069", "\u05d0")
    texts = ["".join(found) for n in range(5) for found in product(signs, repeat=n)]
    assert run(page, "shared/directions.js", "isolated", texts) == list(
        map(isolated, texts)
    )
