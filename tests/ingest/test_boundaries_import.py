"""An import from file to areas in force: dry unless told, whole or not at all."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path

import boundary_files as files
import geopandas
import make
import pytest
import shapely
from sqlalchemy import select

import geo_api
from geo_api.areas.locate import locate_many
from geo_api.areas.models import AreaCode, EditionArea
from geo_api.areas.queries import AreaView, label_points
from geo_api.areas.service import current_edition, get_area, get_county
from geo_api.errors import Conflict, NotFound
from geo_api.households.ledger import add_many
from geo_api.households.rules import HouseholdDraft
from geo_api.http.language import say
from geo_api.ingest.boundaries import import_boundaries
from geo_api.ingest.declaration import read_declaration
from geo_api.ingest.report import Report

ROOT = Path(geo_api.__file__).parent.parent
DAY = date(2026, 3, 2)


@pytest.fixture
def bring(session, now, settings, tmp_path):
    """Import areas, by default for good; the report."""

    def run(rows=None, *, commit: bool = True, **declared) -> Report:
        path = files.write_geojson(tmp_path / "areas.geojson", files.frame_of(rows))
        return import_boundaries(
            session,
            path,
            files.a_declaration(**declared),
            commit=commit,
            now=now,
            settings=settings,
        )

    return run


def _without(code: str) -> list[files.Row]:
    return [row for row in make.county_tree() if row[0] != code]


def _with(code: str, **changes) -> list[files.Row]:
    keys = ("code", "name", "kind", "parent", "shape")
    return [
        tuple(changes.get(k, v) for k, v in zip(keys, row, strict=True))
        if row[0] == code
        else row
        for row in make.county_tree()
    ]


def _towns(session) -> dict[str, AreaView]:
    edition = current_edition(session, day=DAY)
    rows = session.scalars(
        select(EditionArea).where(
            EditionArea.edition_id == edition.id, EditionArea.type == "town"
        )
    )
    return {row.name: get_area(session, row.code, day=DAY) for row in rows}


@pytest.fixture
def household(session, cipher, now):
    """Add a household at a point of the edition in force."""

    def add(lon: float, lat: float) -> None:
        add_many(
            session,
            cipher,
            [
                HouseholdDraft(
                    code="H-1",
                    address="一社1号",
                    head_name="赵户主",
                    lon=lon,
                    lat=lat,
                    crs="wgs84",
                )
            ],
            edition_id=current_edition(session, day=DAY).id,
            now=now,
        )

    return add


def test_a_dry_run_changes_nothing_and_says_what_would_happen(
    session, bring, household
) -> None:
    bring()
    household(make.WEST + 0.05, make.SOUTH + 0.05)
    before = files.counts(session)
    assert before["household_place"] == 1
    old = current_edition(session, day=DAY).id
    later = {"valid_from": date(2026, 1, 1), "reason": "redraw"}
    rows = _with("620171101", name="新镇")
    dry = bring(rows, commit=False, **later)
    assert not dry.is_committed
    assert dry.is_acceptable
    assert files.counts(session) == before
    assert current_edition(session, day=DAY).id == old
    assert get_area(session, "620171101", day=DAY).name != "新镇"
    wet = bring(rows, **later)
    assert wet.counts == dry.counts
    assert wet.counts["renamed"] == 1
    assert wet.counts["households"] == 1
    assert get_area(session, "620171101", day=DAY).name == "新镇"
    assert files.counts(session)["household_place"] == 2


def test_a_dry_run_into_an_empty_database_leaves_it_empty(session, bring) -> None:
    report = bring(commit=False)
    assert report.counts["group"] == 8
    assert set(files.counts(session).values()) == {0}


def test_the_report_counts_what_changes_from_the_edition_before(session, bring) -> None:
    bring()
    group = "620171102202002"
    rows = [
        *(row for row in _with("620171101", name="新镇") if row[0] != group),
        ("620171102202003", "三社", "group", "620171102202", files.square(0.3, 0.2)),
    ]
    counts = bring(rows, valid_from=date(2025, 6, 1), reason="redraw").counts
    assert not any(say(name, {}, "zh-CN").isascii() for name in counts)
    assert {k: counts.get(k) for k in ("added", "removed", "renamed", "recoded")} == {
        "added": 1,
        "removed": 1,
        "renamed": 1,
        "recoded": None,
    }


def test_the_same_file_again_changes_nothing(session, bring) -> None:
    first = bring()
    again = bring(valid_from=date(2025, 6, 1))
    assert again.counts == first.counts
    same_day = bring(valid_from=date(2025, 6, 1))
    assert same_day.counts == first.counts


def test_boundaries_that_leave_a_household_outside_are_refused_whole(
    session, bring, household
) -> None:
    bring()
    household(make.WEST + 0.39, make.SOUTH + 0.39)
    before = files.counts(session)
    # A county that ends short of the household.
    short = shapely.box(make.WEST, make.SOUTH, make.WEST + 0.38, make.SOUTH + 0.38)
    rows = [
        (code, name, kind, parent, shape.intersection(short))
        for code, name, kind, parent, shape in make.county_tree()
    ]
    report = bring(rows, valid_from=date(2025, 6, 1), reason="redraw")
    assert not report.is_acceptable
    assert not report.is_committed
    assert report.findings[-1].params["count"] == 1
    assert files.counts(session) == before


def test_boundaries_of_a_day_before_those_in_force_are_refused(session, bring) -> None:
    bring(valid_from=date(2025, 6, 1))
    before = files.counts(session)
    with pytest.raises(Conflict) as refused:
        bring(valid_from=date(2025, 5, 31))
    assert refused.value.params == {"day": "2025-06-01"}
    assert refused.value.mend
    assert files.counts(session) == before


NAMED = files.NAMED_TOWNS


def test_areas_without_codes_get_provisional_ones_and_the_county_keeps_its_own(
    session, bring
) -> None:
    bring(files.towns(files.square(), files.square(0.1)), **NAMED)
    assert {name: town.code for name, town in _towns(session).items()} == {
        "1镇": "L0001",
        "2镇": "L0002",
    }
    edition = current_edition(session, day=DAY)
    assert get_county(session, edition_id=edition.id).code == "620171"
    systems = dict(session.execute(select(AreaCode.code, AreaCode.system)).all())
    assert systems == {
        "620171": "statistics",
        "L0001": "local",
        "L0002": "local",
    }


def test_provisional_codes_stay_when_the_file_comes_in_another_order(
    session, bring
) -> None:
    rows = files.towns(*(files.square(0.1 * i) for i in range(4)))
    bring(rows, **NAMED)
    before = {name: (town.id, town.code) for name, town in _towns(session).items()}
    # One more that sorts between them, and the file the other way round.
    newcomer = ("-", "1镇之二", "town", None, files.square(0.4))
    bring([newcomer, *rows[::-1]], **NAMED | {"valid_from": date(2025, 6, 1)})
    after = {name: (town.id, town.code) for name, town in _towns(session).items()}
    assert after.pop("1镇之二")[1] == "L0005"
    assert after == before


def test_official_codes_follow_provisional_ones_without_a_new_identity(
    session, bring
) -> None:
    rows = files.towns(files.square(), files.square(0.1))
    bring(rows, **NAMED)
    before = {name: town.id for name, town in _towns(session).items()}
    bring(
        rows,
        fields={"code": "code", "name": "name", "type": "kind"},
        county=NAMED["county"],
        valid_from=date(2025, 6, 1),
        reason="recode",
    )
    after = _towns(session)
    assert {name: town.id for name, town in after.items()} == before
    assert after["1镇"].code == "620171101"
    assert get_area(session, "L0001", day=DAY).code == "620171101"
    # And a file that has no codes still knows the official ones.
    bring(rows, **NAMED | {"valid_from": date(2025, 9, 1)})
    assert _towns(session) == after


@pytest.fixture
def yuhang() -> Path:
    path = ROOT.parent / "shared/data/cn_townships/330110_yuhang_townships.geojson"
    if not path.exists():
        pytest.skip("the shared townships of 余杭 are not on this machine")
    return path


def test_real_townships_are_served_by_their_names(
    session, yuhang, now, settings, tmp_path
) -> None:
    declaration = read_declaration(
        ROOT / "data/boundaries/yuhang_townships.example.toml"
    )
    dry = import_boundaries(
        session, yuhang, declaration, commit=False, now=now, settings=settings
    )
    assert dry.counts["town"] == 12
    assert set(files.counts(session).values()) == {0}
    report = import_boundaries(
        session, yuhang, declaration, commit=True, now=now, settings=settings
    )
    assert report.is_committed
    assert report.findings == []
    towns = _towns(session)
    assert sorted(town.code for town in towns.values()) == [
        f"L{i:04d}" for i in range(1, 13)
    ]
    edition = current_edition(session, day=DAY)
    county = get_county(session, edition_id=edition.id)
    assert (county.code, county.name) == ("330110", "余杭区")
    labels = label_points(
        session, [town.id for town in towns.values()], edition_id=edition.id
    )
    spots = locate_many(session, list(labels.values()), edition_id=edition.id)
    assert [spot.place.town_id for spot in spots] == list(labels)
    assert {spot.place.county_id for spot in spots} == {county.id}
    # Again, in another order: no code goes to another town.
    # By hand: whoever has imported once has closed GDAL to GeoJSON for the process.
    features = json.loads(yuhang.read_text("utf-8"))["features"]
    frame = geopandas.GeoDataFrame.from_features(features, crs="EPSG:4326")
    order = random.Random(1).sample(range(12), 12)
    shuffled = files.write_geojson(tmp_path / "again.geojson", frame.iloc[order])
    again = declaration.model_copy(update={"valid_from": date(2025, 1, 1)})
    import_boundaries(session, shuffled, again, commit=True, now=now, settings=settings)
    assert _towns(session) == towns
    with pytest.raises(NotFound):
        get_area(session, "L0013", day=DAY)
