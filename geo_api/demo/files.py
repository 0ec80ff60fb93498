"""The demo's committed files: ``python -m geo_api.demo.files`` draws them anew."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import shapely

import geo_api
from geo_api.demo.boundaries import Drawn, draw_county
from geo_api.demo.places import Named
from geo_api.errors import Unavailable

BOUNDARIES = Path(geo_api.__file__).parent.parent / "data" / "boundaries"
# Real towns and villages; their names and codes are public.
PLACES = BOUNDARIES / "lanzhou_new_area.csv"
# Invented shapes for them.
SHAPES = BOUNDARIES / "lanzhou_new_area.geojson"
DECLARATION = BOUNDARIES / "lanzhou_new_area.toml"


def check_files() -> None:
    """Raise Unavailable where the service was installed without its demo data."""
    for path in (PLACES, SHAPES, DECLARATION):
        if not path.exists():
            raise Unavailable(
                "The demo's file %(path)s is missing",
                mend="Run the demo from a copy of the whole repository",
                path=path,
            )


def read_places() -> list[Named]:
    """Towns and villages of the public list, by code."""
    with PLACES.open(encoding="utf-8", newline="") as lines:
        return [Named(**row) for row in csv.DictReader(lines)]


def as_geojson(areas: Sequence[Drawn]) -> str:
    """A FeatureCollection with one feature to a line, so that a diff can be read."""
    features = []
    for area in areas:
        properties = {
            "code": area.place.code,
            "name": area.place.name,
            "type": area.place.type,
            "parent": area.place.parent_code,
        }
        if area.place.civil_code:
            properties["civil_code"] = area.place.civil_code
        head = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
        shape = shapely.to_geojson(shapely.normalize(area.shape)).replace(" ", "")
        features.append(f'{{"type":"Feature","properties":{head},"geometry":{shape}}}')
    lines = ",\n".join(features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


if __name__ == "__main__":
    SHAPES.write_text(as_geojson(draw_county(read_places())), encoding="utf-8")
