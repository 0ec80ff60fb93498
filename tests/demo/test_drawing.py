"""The demo county's boundaries: real names, invented lines, no gap between them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import shapely

from geo_api.demo.boundaries import draw_county
from geo_api.demo.files import DECLARATION, SHAPES, as_geojson, read_places
from geo_api.demo.seeds import GROUPS
from geo_api.ingest.declaration import read_declaration

PUBLIC_LIST = SHAPES.parents[2].parent / "shared/data/lanzhou_new_area_villages.csv"


@cache
def _features() -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads(SHAPES.read_text("utf-8"))["features"]
    return features


def _shapes(type_: str) -> dict[str, Any]:
    return {
        f["properties"]["code"]: shapely.from_geojson(json.dumps(f["geometry"]))
        for f in _features()
        if f["properties"]["type"] == type_
    }


def test_the_committed_file_is_what_the_generator_draws() -> None:
    assert SHAPES.read_text("utf-8") == as_geojson(draw_county(read_places()))


def test_the_committed_file_is_small_enough_to_review() -> None:
    assert SHAPES.stat().st_size < 2_000_000


def test_the_county_has_its_real_towns_and_villages() -> None:
    counts = Counter(f["properties"]["type"] for f in _features())
    assert counts == {"town": 4, "village": 88, "group": GROUPS}
    names = {f["properties"]["code"]: f["properties"]["name"] for f in _features()}
    assert names["620171103202"] == "岘子村"
    assert names["620171101209"] == names["620171103205"] == "陈家井村"


def test_names_and_codes_are_those_of_the_public_list() -> None:
    if not PUBLIC_LIST.exists():
        pytest.skip(f"the public list {PUBLIC_LIST.name} is not beside the project")
    with Path(PUBLIC_LIST).open(encoding="utf-8") as lines:
        public = {
            row["code"]: row["name"].replace("村委会", "村")
            for row in csv.DictReader(lines)
        }
    ours = {p.code: p.name for p in read_places() if p.type == "village"}
    assert ours == public


@pytest.mark.parametrize("type_", ["town", "village", "group"])
def test_neighbours_share_their_borders_without_gap_or_overlap(type_: str) -> None:
    shapes = list(_shapes(type_).values())
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.coverage_union_all(shapes)
    assert whole.geom_type == "Polygon" or len(whole.geoms) == 1
    assert sum(len(p.interiors) for p in shapely.get_parts(whole)) == 0


def test_the_levels_are_unions_of_each_other() -> None:
    groups, villages = _shapes("group"), _shapes("village")
    for code, village in villages.items():
        inside = [shape for key, shape in groups.items() if key.startswith(code)]
        assert shapely.coverage_union_all(inside).equals(village), code


def test_there_is_one_exclave_and_a_hole_for_it_and_one_inside_a_village() -> None:
    villages = _shapes("village")
    parts = {c: shapely.get_num_geometries(s) for c, s in villages.items()}
    assert [c for c, n in parts.items() if n > 1] == ["620171101209"]
    holes = {
        code: sum(len(p.interiors) for p in shapely.get_parts(shape))
        for code, shape in villages.items()
    }
    # Around the other town's group, and around the community in the village's midst.
    assert {c for c, n in holes.items() if n} == {"620171103205", "620171102211"}


def test_borders_wiggle() -> None:
    for code, shape in _shapes("village").items():
        length = shape.length / shapely.simplify(shape, 0.003).length
        assert length > 1.02, code
        assert shapely.get_num_coordinates(shape) > 50, code


def test_the_declaration_says_that_the_lines_are_invented() -> None:
    declaration = read_declaration(DECLARATION)
    assert declaration.is_invented
    assert "虚构" in declaration.name
