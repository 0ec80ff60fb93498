"""What the report says of shapes, as they would be stored, and what it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import boundary_files as files
import make
import make_coverage
import numpy as np
import pytest
import shapely
from sqlalchemy import select

from geo_api.areas.locate import locate_many
from geo_api.areas.models import EditionArea, Shape
from geo_api.areas.service import current_edition, get_area
from geo_api.http.language import say
from geo_api.ingest.boundaries import import_boundaries
from geo_api.ingest.report import Report

DAY = date(2026, 3, 2)
COUNTY = {"code": "620171", "name": "演示县"}
BY_GEOMETRY = {"code": "code", "name": "name", "type": "kind"}


@pytest.fixture
def report_on(session, now, settings, tmp_path):
    """The report on areas that are to be stored."""

    def run(rows: Sequence[files.Row], **declared) -> Report:
        path = files.write_geojson(tmp_path / "areas.geojson", files.frame_of(rows))
        before = files.counts(session)
        declaration = files.a_declaration(
            **{"fields": BY_GEOMETRY, "county": COUNTY, **declared}
        )
        report = import_boundaries(
            session, path, declaration, commit=True, now=now, settings=settings
        )
        assert report.is_committed == report.is_acceptable
        for finding in report.findings:
            for sentence in filter(None, (finding.msg, finding.mend)):
                chinese = say(sentence, finding.params, "zh-CN")
                assert chinese != say(sentence, finding.params, "en")
        if not report.is_acceptable:
            assert files.counts(session) == before
        return report

    return run


def _said(report: Report) -> list[str]:
    return [say(f.msg, f.params, "en") for f in report.findings]


def _stored(session) -> dict[str, shapely.MultiPolygon]:
    rows = session.execute(
        select(EditionArea.code, Shape.geom).join(
            Shape, Shape.id == EditionArea.shape_id
        )
    )
    return {code: shapely.from_wkb(bytes(geom.data)) for code, geom in rows}


def _code_at(session, lon: float, lat: float) -> str | None:
    edition = current_edition(session, day=DAY)
    [spot] = locate_many(session, [(lon, lat)], edition_id=edition.id)
    if spot.place is None:
        return None
    areas = session.get_one(EditionArea, (edition.id, spot.place.narrowest))
    return areas.code


def test_neighbours_that_share_wiggly_lines_are_no_overlap(report_on) -> None:
    coverage = make_coverage.wiggly()
    rows = [(d.code, d.name, d.type.value, None, d.shape) for d in coverage.drafts]
    report = report_on(rows)
    assert _said(report) == []
    assert report.counts["group"] == 36


def test_parents_are_found_by_geometry(report_on, session) -> None:
    coverage = make_coverage.wiggly()
    rows = [(d.code, d.name, d.type.value, None, d.shape) for d in coverage.drafts]
    report_on(rows[::-1])
    parents = {
        row.code: get_area(session, row.code, day=DAY).parent_id
        for row in session.scalars(select(EditionArea))
    }
    ids = {code: get_area(session, code, day=DAY).id for code in parents}
    assert all(parents[d.code] == ids.get(d.parent_code or "") for d in coverage.drafts)


def test_an_invalid_shape_is_named_with_the_spot(report_on) -> None:
    bowtie = shapely.Polygon(
        [(103.4, 36.4), (103.5, 36.5), (103.5, 36.4), (103.4, 36.5)]
    )
    report = report_on(files.towns(bowtie, files.square(0.2)))
    [said] = _said(report)
    assert said.startswith("1镇 (620171101) is not valid near 103.45")


def test_a_shape_smaller_than_the_grid(report_on) -> None:
    report = report_on(files.towns(files.square(), files.square(0.2, size=2e-8)))
    assert _said(report) == ["2镇 (620171102) has no shape left on the 1e-7° grid"]


def test_a_neck_narrower_than_the_grid_is_mended(report_on, session) -> None:
    west, south = make.WEST, make.SOUTH
    neck = shapely.union_all(
        [
            files.square(),
            files.square(0.1, 0.1),
            shapely.box(west + 0.1 - 1e-8, south + 0.1 - 1e-8, west + 0.1, south + 0.2),
        ]
    )
    assert neck.geom_type == "Polygon"
    assert report_on(files.towns(neck)).is_acceptable
    assert all(shape.is_valid for shape in _stored(session).values())


def test_an_overlap_is_measured_and_placed(report_on) -> None:
    report = report_on(files.towns(files.square(), files.square(0.09)))
    [said] = _said(report)
    found = report.findings[0]
    assert said.startswith("1镇 and 2镇 overlap by")
    # 0.01° × 0.1° at 36.45° N.
    assert found.params["size"] == pytest.approx(9.95e6, rel=0.01)
    lon, lat = map(float, found.params["where"].split(", "))
    assert 103.49 < lon < 103.5
    assert 36.4 < lat < 36.5
    assert found.is_fatal


def test_a_sliver_of_an_overlap_is_a_remark(report_on) -> None:
    report = report_on(files.towns(files.square(), files.square(0.1 - 2e-6)))
    [found] = report.findings
    assert not found.is_fatal
    assert 1_000 < found.params["size"] < 3_000
    assert report.is_committed


def test_what_rounding_mends_is_not_reported(report_on, session) -> None:
    """A crack of four millimetres closes on the grid."""
    one, other = files.square(), files.square(0.1 + 4e-8)
    assert not one.intersects(other)
    assert _said(report_on(files.towns(one, other))) == []
    stored = _stored(session)
    pair = np.array([stored["620171101"], stored["620171102"]], dtype=object)
    assert shapely.coverage_is_valid(pair)


def test_what_rounding_breaks_is_reported(report_on) -> None:
    """A vertex on the middle of a neighbour's long edge moves off it on the grid."""
    west, south = make.WEST, make.SOUTH
    joint = (west + 0.1, south + 0.1 / 3)
    below = shapely.Polygon(
        [(west, south), (west + 0.3, south), (west + 0.3, south + 0.1)]
    )
    left = shapely.Polygon([(west, south), joint, (west, south + 0.2)])
    right = shapely.Polygon(
        [joint, (west + 0.3, south + 0.1), (west, south + 0.2)],
    )
    drawn = shapely.intersection(below, shapely.union_all([left, right])).area
    report = report_on(files.towns(below, left, right))
    assert drawn * 1e10 < 0.1
    assert sum(f.params["size"] for f in report.findings) > 1.0
    assert not any(f.is_fatal for f in report.findings)


def test_a_gap_inside_the_county_is_a_remark(report_on, session) -> None:
    rows = make.county_tree()
    report = report_on([row for row in rows if row[0] != "620171101201001"])
    [said] = _said(report)
    assert said.startswith("西南村 has a gap of")
    assert report.is_committed
    assert _code_at(session, make.WEST + 0.05, make.SOUTH + 0.1) == "620171101201"


def _ring(hole: float) -> shapely.Polygon:
    """A town of 0.3° with a square left out in its middle."""
    middle = (0.3 - hole) / 2
    return files.square(size=0.3).difference(files.square(middle, middle, hole))


def test_a_crack_between_towns_belongs_to_the_declared_county(
    report_on, session
) -> None:
    report = report_on(files.towns(_ring(0.0005)))
    [said] = _said(report)
    assert said.startswith("演示县 has a gap of")
    assert _code_at(session, make.WEST + 0.15, make.SOUTH + 0.15) == "620171"


def test_a_wide_hole_is_somebody_elses_until_drawn(report_on, session) -> None:
    report = report_on(files.towns(_ring(0.1)))
    [said] = _said(report)
    assert said.startswith("演示县 has a hole of")
    assert not report.findings[0].is_fatal
    assert _code_at(session, make.WEST + 0.15, make.SOUTH + 0.15) is None


def test_an_exclave_is_no_finding(report_on, session) -> None:
    hole = files.square(0.1, 0.1, 0.1)
    two = shapely.union_all([hole, files.square(0.3)])
    assert _said(report_on(files.towns(_ring(0.1), two))) == []
    assert _code_at(session, make.WEST + 0.15, make.SOUTH + 0.15) == "620171102"


def test_a_doubled_code_is_named(report_on) -> None:
    rows = files.towns(files.square(), files.square(0.2))
    report = report_on([rows[0], (rows[0][0], *rows[1][1:])])
    assert _said(report) == [
        "The code 620171101 stands twice: 2镇 near 103.650000, 36.450000 has it, too"
    ]


def test_a_parent_that_is_not_there(report_on) -> None:
    rows = [row for row in make.county_tree() if row[0] != "620171102202"]
    report = report_on(rows, fields={**BY_GEOMETRY, "parent": "parent"})
    assert [f.params["name"] for f in report.findings] == ["一社", "二社"]
    assert {f.params["parent"] for f in report.findings} == {"620171102202"}
    assert all("which is not there" in said for said in _said(report))


def test_a_parent_that_is_no_wider(report_on) -> None:
    rows = make.county_tree()
    i = next(i for i, row in enumerate(rows) if row[2] == "group")
    rows[i] = (*rows[i][:3], rows[i + 1][0], rows[i][4])
    report = report_on(rows, fields={**BY_GEOMETRY, "parent": "parent"})
    [said] = _said(report)
    assert "cannot lie in 620171101201002, which is no wider" in said


def test_an_area_outside_every_wider_one_is_an_orphan(report_on) -> None:
    far = ("620171101209", "远村", "village", None, files.square(2.0))
    report = report_on([*make.county_tree(), far])
    assert _said(report) == [
        "远村 (620171101209), near 105.450000, 36.450000, lies in no wider area"
    ]


def test_a_village_that_names_no_parent_is_an_orphan(report_on) -> None:
    rows = make.county_tree()
    i = next(i for i, row in enumerate(rows) if row[2] == "village")
    rows[i] = (*rows[i][:3], None, rows[i][4])
    report = report_on(rows, fields={**BY_GEOMETRY, "parent": "parent"})
    assert _said(report) == [
        "西南村 (620171101201), near 103.500000, 36.500000, lies in no wider area"
    ]


def test_a_county_may_name_the_city_above_it(report_on, session) -> None:
    rows = make.county_tree()
    rows[0] = (*rows[0][:3], "620100", rows[0][4])
    report = report_on(rows, fields={**BY_GEOMETRY, "parent": "parent"})
    assert report.is_committed
    assert get_area(session, "620171", day=DAY).parent_id is None


def test_an_area_that_leaves_its_parent(report_on) -> None:
    rows = make.county_tree()
    i = next(i for i, row in enumerate(rows) if row[0] == "620171102202002")
    over = rows[i][4].union(files.square(0.4, 0.35, 0.02))
    rows[i] = (*rows[i][:4], over)
    [said] = _said(report_on(rows))
    assert said.startswith("二社 leaves its parent 东北村 by")
    assert report_on(rows).is_acceptable


def test_an_area_mostly_outside_its_parent_is_refused(report_on) -> None:
    rows = make.county_tree()
    i = next(i for i, row in enumerate(rows) if row[0] == "620171102202002")
    rows[i] = (*rows[i][:4], files.square(0.395, 0.3, 0.05))
    report = report_on(rows, fields={**BY_GEOMETRY, "parent": "parent"})
    assert "leaves its parent" in _said(report)[0]
    assert not report.is_acceptable


def test_boundaries_of_a_later_day_say_so(report_on) -> None:
    report = report_on(make.county_tree(), valid_from=date(2026, 7, 1))
    [said] = _said(report)
    assert said == "These boundaries are in force from 2026-07-01 on, not before"
    assert report.is_committed


def test_the_report_is_said_in_chinese(report_on) -> None:
    report = report_on(files.towns(files.square(), files.square(0.09)))
    lines = report.lines(lambda msg, params: say(msg, params, "zh-CN"))
    assert lines[:2] == ["县: 1", "镇: 2"]
    assert lines[2].startswith("✗ 1镇")
    assert "→" in lines[2]
    assert "overlap" not in lines[2]
