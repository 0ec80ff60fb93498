"""The demo as it is started: loaded once, checked over HTTP, told apart from others."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from make_folders import open_folder
from sqlalchemy import create_engine, text

import geo_api
from geo_api.demo.service import Wish
from geo_api.embedded.cluster import EmbeddedCluster

ROOT = Path(geo_api.__file__).parent.parent
TOWNSHIPS = ROOT.parent / "shared/data/cn_townships/330110_yuhang_townships.geojson"
DECLARED = ROOT / "data/boundaries/yuhang_townships.example.toml"
UNTIL = "2026-11-01"

DECLARATION = """
name = "四镇"
source = "drawn for this test"
licence = "none"
is_invented = true
crs = "wgs84"
valid_from = 2021-01-01
reason = "initial"
county = { code = "620199", name = "四岭县" }
fields = { name = "name" }
values = { type = "town" }
"""

pytestmark = pytest.mark.slow


@dataclass
class Demo:
    """A state folder and the command that uses it."""

    state: Path

    def run(
        self, *options: str, port: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        return self.call("demo", *options, port=port)

    def call(
        self, *words: str, port: int | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        if port is None:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
        return subprocess.run(
            [sys.executable, "-m", "geo_api.cli", *words],
            cwd=ROOT,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("MINQING_")},
                "MINQING_STATE_DIR": str(self.state),
                "MINQING_PORT": str(port),
                "LANG": "C.UTF-8",
                **more,
            },
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with open_folder() as folder:
        yield Demo(folder)


def a_square(name: str, west: float, south: float) -> dict[str, object]:
    ring = [[west + x, south + y] for x, y in ((0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1))]
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }


@dataclass
class Loaded:
    """A demo that was loaded and checked."""

    schema: str
    options: tuple[str, ...]
    done: subprocess.CompletedProcess[str]


@pytest.fixture(
    scope="module",
    params=["four towns", pytest.param("county", marks=pytest.mark.long)],
)
def loaded(request: pytest.FixtureRequest, demo: Demo) -> Loaded:
    """The county with its villages or, as fast as it goes, four towns elsewhere."""
    options: tuple[str, ...] = ("--check", "--until", UNTIL)
    wish = Wish(date.fromisoformat(UNTIL))
    if request.param == "four towns":
        file = demo.state / "towns.geojson"
        towns = [
            a_square(name, 103.4 + 0.1 * (n % 2), 36.3 + 0.1 * (n // 2))
            for n, name in enumerate(("东岭镇", "西岭镇", "南岭镇", "北岭镇"))
        ]
        collection = {"type": "FeatureCollection", "features": towns}
        file.write_text(json.dumps(collection), encoding="utf-8")
        file.with_suffix(".toml").write_text(DECLARATION, encoding="utf-8")
        options += ("--boundaries", str(file))
        wish = replace(wish, boundaries=file)
    return Loaded(f"minqing{wish.suffix}", options, demo.run(*options))


@pytest.fixture(scope="module")
def rows(demo: Demo, loaded: Loaded) -> Iterator[dict[str, int]]:
    assert loaded.done.returncode == 0, loaded.done.stderr
    with EmbeddedCluster(demo.state) as cluster:
        engine = create_engine(cluster.owner_url)
        with engine.connect() as connection:
            connection.execute(text(f"SET search_path = {loaded.schema}, public"))
            yield {
                name: connection.scalar(text(statement)) or 0
                for name, statement in _COUNTS.items()
            }
        engine.dispose()


_COUNTS = {
    "groups": "SELECT count(*) FROM edition_area WHERE type = 'group'",
    "villages": "SELECT count(*) FROM edition_area WHERE type = 'village'",
    "households": "SELECT count(*) FROM household",
    "placed in a group": "SELECT count(*) FROM household_place"
    " WHERE group_id IS NOT NULL",
    "in a zone": "SELECT count(*) FROM zone_household",
    "party members": "SELECT count(DISTINCT person_id) FROM duty"
    " WHERE kind = 'household_care'",
    "requests": "SELECT count(*) FROM service_request",
    "without a decision": "SELECT count(*) FROM service_request r WHERE NOT EXISTS"
    " (SELECT 1 FROM dispatch_decision d WHERE d.request_id = r.id)",
    "with a broken history": "SELECT count(*) FROM ("
    " SELECT request_id FROM request_event GROUP BY request_id"
    " HAVING max(sequence) <> count(*) OR min(sequence) <> 1) AS broken",
    "after the end": "SELECT count(*) FROM request_event"
    " WHERE at >= '2026-11-01T00:00+08' AND at < '2026-11-02T00:00+08'",
    "stages": "SELECT count(DISTINCT stage) FROM service_request",
    "overdue": "SELECT count(*) FROM service_request"
    " WHERE status = 'open' AND due_at < '2026-11-01T00:00+08'",
    "confidential": "SELECT count(*) FROM service_request WHERE is_confidential",
    "confidential below the desks": "SELECT count(*) FROM service_request r"
    " JOIN duty d ON d.id = r.handler_duty_id WHERE r.is_confidential"
    " AND d.kind NOT IN ('town_desk', 'county_desk')",
}


def test_the_check_goes_a_whole_round_and_sees_the_heat_change(loaded: Loaded) -> None:
    said = loaded.done.stdout
    assert loaded.done.returncode == 0, loaded.done.stderr
    for word in ("ordered", "dispatched", "accepted", "completed", "rated"):
        assert re.search(rf"^· {word}", said, re.MULTILINE), word
    assert "order → dispatch → accept → complete → rate" in said
    pixel = re.search(r"pixel (\(.+\)) → (\(.+\))", said)
    assert pixel is not None
    assert pixel[1] != pixel[2]


def test_no_state_is_invented(rows: dict[str, int]) -> None:
    assert rows["requests"] > 0
    assert rows["without a decision"] == 0
    assert rows["with a broken history"] == 0
    assert rows["after the end"] == 0
    assert rows["stages"] >= 5
    assert rows["overdue"] > 0
    assert rows["confidential"] > 0
    assert rows["confidential below the desks"] == 0


@pytest.mark.long
def test_the_second_start_does_not_load_again(demo: Demo, loaded: Loaded) -> None:
    assert loaded.done.returncode == 0, loaded.done.stderr
    again = demo.run(*loaded.options)
    assert again.returncode == 0, again.stderr
    assert "loading" not in again.stdout


@pytest.mark.long
@pytest.mark.parametrize("loaded", ["county"], indirect=True)
def test_the_county_is_loaded_as_it_is_described(rows: dict[str, int]) -> None:
    assert rows["villages"] == 88
    assert rows["groups"] == 430
    assert rows["party members"] == 2_155
    assert 24_000 < rows["households"] < 26_000
    assert rows["placed in a group"] == rows["in a zone"] == rows["households"]
    assert 9_000 < rows["requests"] < 11_000


@pytest.mark.long
@pytest.mark.parametrize("loaded", ["county"], indirect=True)
def test_the_whole_year_is_decided_alike_when_it_is_decided_again(
    demo: Demo, loaded: Loaded, rows: dict[str, int]
) -> None:
    done = demo.call("dispatch", "replay", MINQING_SCHEMA=loaded.schema)
    assert done.returncode == 0, done.stderr
    said = re.fullmatch(
        r"(\d+) decisions, 0 differences, 0 not replayable\n", done.stdout
    )
    assert said is not None, done.stdout
    assert int(said[1]) > rows["requests"]


@pytest.mark.long
def test_real_boundaries_are_served_by_their_names(demo: Demo) -> None:
    if not TOWNSHIPS.exists():
        pytest.skip(f"{TOWNSHIPS.name} is not beside the project")
    done = demo.run(
        "--check", "--boundaries", str(TOWNSHIPS), "--declaration", str(DECLARED)
    )
    assert done.returncode == 0, done.stderr
    assert "(town_desk)" in done.stdout
    assert re.search(r"pixel (\(.+\)) → (?!\1)", done.stdout)


def test_a_taken_port_is_one_clear_line(demo: Demo) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = demo.run("--check", port=port)
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_declaration_needs_its_boundaries(demo: Demo) -> None:
    done = demo.run("--declaration", str(ROOT / "pyproject.toml"))
    assert done.returncode == 2
    assert "--boundaries" in done.stderr
