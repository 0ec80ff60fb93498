"""Boundary files as people send them: each kind of trouble with all its members."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import boundary_files as files
import geopandas
import make
import numpy as np
import pytest
import shapely
from sqlalchemy import select

from geo_api.areas.datums import Crs, from_wgs84_arrays
from geo_api.areas.models import EditionArea
from geo_api.areas.rules import AreaType
from geo_api.areas.service import get_area
from geo_api.errors import InvalidInput
from geo_api.http.language import say
from geo_api.ingest.boundaries import import_boundaries
from geo_api.ingest.declaration import read_declaration
from geo_api.ingest.displacement import Move, find_displaced
from geo_api.ingest.frames import read_frame
from geo_api.ingest.report import Report

NAMES = ("西岔镇", "中川镇", "秦川镇", "上川镇")
TOWNS: dict[str, Any] = {
    "fields": {"code": "code", "name": "name"},
    "values": {"type": "town"},
    "county": {"code": "620171", "name": "新区"},
}


@pytest.fixture
def bring(session, now, settings):
    """Import a file for good; the report."""

    def run(path: Path, **declared: Any) -> Report:
        declaration = files.a_declaration(**(TOWNS | declared))
        return import_boundaries(
            session, path, declaration, commit=True, now=now, settings=settings
        )

    return run


def _said(report: Report) -> list[str]:
    return [say(f.msg, f.params, "en") for f in report.findings]


def _refused(act: Callable[[], object]) -> str:
    """All sentences of a refusal; each has its mend and its Chinese."""
    with pytest.raises(InvalidInput) as refused:
        act()
    for problem in refused.value.problems:
        for sentence in (problem.msg, problem.mend):
            assert sentence
            chinese = say(sentence, problem.params, "zh-CN")
            assert chinese != say(sentence, problem.params, "en")
    return "; ".join(
        say(problem.msg, problem.params, "en") for problem in refused.value.problems
    )


def _towns(*names: str, size: float = 0.1) -> geopandas.GeoDataFrame:
    rows = files.towns(*(files.square(size * i, size=size) for i in range(len(names))))
    return files.frame_of([(r[0], n, *r[2:]) for r, n in zip(rows, names, strict=True)])


def _names_in(session) -> set[str]:
    rows = select(EditionArea.name).where(EditionArea.type == "town")
    return set(session.scalars(rows))


# Texts


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "gbk"])
def test_chinese_in_a_shapefile_is_read_right_whatever_its_cpg_says(
    bring, tmp_path, encoding: str
) -> None:
    path = files.write_shapefile(
        tmp_path / "towns.zip", _towns(*NAMES), encoding=encoding, without=[".cpg"]
    )
    report = bring(path)
    facts = [say(fact.msg, fact.params, "en") for fact in report.facts]
    assert f"Names, for example: {'、'.join(NAMES)}" in facts
    bare = path.read_bytes()
    for page in (encoding, "936", "UTF-8", "ANSI 936", "ISO-8859-1", "?"):
        path.write_bytes(bare)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("areas.cpg", page)
        found = read_frame(path, files.a_declaration(**TOWNS))
        assert list(found["name"]) == list(NAMES), page


def test_a_declared_encoding_that_yields_mojibake_is_refused(tmp_path) -> None:
    path = files.write_shapefile(
        tmp_path / "towns.zip", _towns(*NAMES), without=[".cpg"]
    )
    for declared in ("gb18030", "latin-1", "big5"):
        declaration = files.a_declaration(**TOWNS, encoding=declared)
        said = _refused(partial(read_frame, path, declaration))
        assert said.startswith(f"The names are not in {declared}: they would read ")
    declaration = files.a_declaration(**TOWNS, encoding="utf-8")
    assert list(read_frame(path, declaration)["name"]) == list(NAMES)


def test_names_that_look_like_no_text_are_refused_until_it_is_said_how_to_read_them(
    tmp_path,
) -> None:
    names = ("西岔鎮", "中川鎮", "秦川鎮", "陳家鎮")
    path = files.write_shapefile(
        tmp_path / "towns.zip", _towns(*names), encoding="big5", without=[".cpg"]
    )
    said = _refused(partial(read_frame, path, files.a_declaration(**TOWNS)))
    assert said.startswith("It cannot be told in which encoding the names are: ")
    declaration = files.a_declaration(**TOWNS, encoding="big5")
    assert list(read_frame(path, declaration)["name"]) == list(names)


@pytest.mark.parametrize(("encoding", "width"), [("utf-8", 8), ("gb18030", 5)])
def test_a_name_that_its_field_cut_is_named_with_row_and_field(
    bring, tmp_path, encoding: str, width: int
) -> None:
    frame = _towns("中川", "西岔镇")
    path = files.write_shapefile(
        tmp_path / "towns.zip", frame, encoding=encoding, without=[".cpg"]
    )
    _cut(path, "西岔镇".encode(encoding), width)
    said = _refused(lambda: bring(path))
    assert said == "The field name of feature 2 is cut within a sign: 西岔"


def _cut(path: Path, text: bytes, width: int) -> None:
    """Fill what is beyond the width of a field with blanks, as GIS do."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    cut = text[:width].ljust(len(text))
    parts["areas.dbf"] = parts["areas.dbf"].replace(text, cut)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_files_are_read_in_every_usual_encoding(tmp_path, encoding: str) -> None:
    toml = tmp_path / "towns.toml"
    toml.write_text(
        'name = "西岔"\nsource = "自然资源局"\nlicence = "内部"\n'
        "valid_from = 2025-01-01\n",
        encoding=encoding,
    )
    assert read_declaration(toml).source == "自然资源局"
    geojson = files.write_geojson(tmp_path / "towns.geojson", _towns(*NAMES))
    kml = tmp_path / "towns.kml"
    _towns(*NAMES).to_file(kml, driver="LIBKML", engine="pyogrio")
    for path, name in ((geojson, "name"), (kml, "Name")):
        path.write_text(path.read_text("utf-8"), encoding=encoding)
        declaration = files.a_declaration(**(TOWNS | {"fields": {"name": name}}))
        assert list(read_frame(path, declaration)[name]) == list(NAMES)


# Where it lies


KNOWN_DATUMS = (4326, 32648, 4490, 4544, 4523)
# Xian 1980, Beijing 1954 and New Beijing, of degrees and of metres.
UNKNOWN_DATUMS = (4610, 2359, 2380, 4214, 2436, 4555)


@pytest.mark.parametrize("epsg", [*KNOWN_DATUMS, *UNKNOWN_DATUMS])
def test_a_datum_without_a_published_way_to_cgcs2000_is_refused(
    tmp_path, epsg: int
) -> None:
    frame = _towns("中川镇").to_crs(epsg)
    path = files.write_shapefile(tmp_path / "towns.zip", frame)
    for crs in (None, f"EPSG:{epsg}", "cgcs2000"):
        declaration = files.a_declaration(**TOWNS, crs=crs)
        if crs == "cgcs2000" and frame.crs.is_projected:
            said = _refused(partial(read_frame, path, declaration))
            assert said.endswith("the declaration says cgcs2000")
        elif epsg in KNOWN_DATUMS:
            found = read_frame(path, declaration).geometry[0]
            assert shapely.hausdorff_distance(found, files.square()) < 2e-7
        else:
            said = _refused(partial(read_frame, path, declaration))
            assert "no published way leads from it to CGCS2000" in said


def test_a_way_that_is_known_to_fifteen_metres_only_is_none(tmp_path) -> None:
    # Beijing 1954 has one on the coast of Guangdong.
    frame = _moved(_towns("中川镇"), east=9.5, north=-14.4).to_crs(4214)
    path = files.write_shapefile(tmp_path / "towns.zip", frame)
    said = _refused(partial(read_frame, path, files.a_declaration(**TOWNS)))
    assert "no published way leads from it to CGCS2000" in said


def _moved(frame: geopandas.GeoDataFrame, east: float = 0.0, north: float = 0.0):
    moved = frame.copy()
    moved.geometry = frame.geometry.translate(east, north)
    return moved


def _swapped(frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    frame = frame.copy()
    frame.geometry = shapely.transform(frame.geometry.array, lambda c: c[:, ::-1])
    return frame


def test_axes_exchanged_in_the_west_are_seen_by_the_place(bring, tmp_path) -> None:
    """At Kashgar both are below 90."""
    west = _moved(_towns("西镇"), 76.0 - make.WEST, 39.4 - make.SOUTH)
    path = files.write_geojson(tmp_path / "towns.geojson", _swapped(west))
    said = _refused(lambda: bring(path, county={"code": "653101", "name": "西市"}))
    assert said.startswith("lon and lat are exchanged: the file begins at 39.4, 76.")


@pytest.mark.parametrize(
    ("code", "east", "north", "said", "is_fatal"),
    [
        ("620171", 0, 0, None, False),
        ("653101", 0, 0, "its province lies between 73 and 97 east", True),
        ("620171", -12, 0, "its province lies between 92 and 109 east", True),
        ("310115", 0, 0, "its province lies between 120 and 123 east", True),
        ("A1", 0, 0, None, False),
        ("A1", -180, 0, "outside China", False),
    ],
)
def test_a_county_lies_where_its_code_says(
    bring, tmp_path, code: str, east: float, north: float, said: str, is_fatal: bool
) -> None:
    frame = _moved(_towns("中川镇"), east, north)
    frame["code"] = f"{code}101"
    path = files.write_geojson(tmp_path / "towns.geojson", frame)
    report = bring(path, county={"code": code, "name": "新区"})
    found = [f for f in report.findings if said and said in say(f.msg, f.params, "en")]
    assert [f.is_fatal for f in found] == ([is_fatal] if said else [])
    assert report.is_committed != is_fatal
    # Whatever is found, a reader sees where the county lies and what is in it.
    lines = report.lines(lambda msg, params: say(msg, params, "zh-CN"))
    assert any(
        f"中心 {103.45 + east:.4f}, {36.45 + north:.4f}" in line for line in lines
    )
    assert any("中川镇" in line for line in lines)


def test_towns_of_another_county_are_remarked(bring, tmp_path) -> None:
    frame = _towns("中川镇")
    frame["code"] = "620123101"
    path = files.write_geojson(tmp_path / "towns.geojson", frame)
    report = bring(path, county={"code": "620171", "name": "新区"})
    assert report.is_committed
    (said,) = [line for line in _said(report) if "begins with the county's" in line]
    assert "620171: 中川镇 has 620123101" in said


def _exchanged(rows: list[files.Row], one: str, other: str) -> list[files.Row]:
    shapes = {row[0]: row[4] for row in rows}
    shapes[one], shapes[other] = shapes[other], shapes[one]
    return [(*row[:4], shapes[row[0]]) for row in rows]


def _gcj(rows: list[files.Row]) -> list[files.Row]:
    def shift(c: np.ndarray) -> np.ndarray:
        lon, lat = c[:, 0].copy(), c[:, 1].copy()
        return np.column_stack(from_wgs84_arrays(lon, lat, Crs.GCJ02))

    return [(*row[:4], shapely.transform(row[4], shift)) for row in rows]


def _by(rows: list[files.Row], east: float) -> list[files.Row]:
    return [(*r[:4], shapely.affinity.translate(r[4], east)) for r in rows]


LIES, AWAY, SHIFTED = WORDS = (
    "lies where",
    "does not touch its former shape",
    "in one direction",
)


@pytest.mark.parametrize(
    ("change", "count", "said", "is_fatal"),
    [
        (lambda rows: rows, 0, "", False),
        (lambda rows: _by(rows, -3.0), 1, AWAY, True),
        (
            lambda rows: _exchanged(rows, f"{make.GROUP[:-1]}1", f"{make.GROUP[:-1]}2"),
            2,
            LIES,
            True,
        ),
        (_gcj, 1, SHIFTED, False),
        # A line that was drawn anew is none of it.
        (
            lambda rows: [
                (*r[:4], r[4].buffer(1e-5, join_style="mitre") if i == 0 else r[4])
                for i, r in enumerate(rows)
            ],
            0,
            "",
            False,
        ),
    ],
    ids=["same", "another zone", "exchanged", "gcj02", "drawn anew"],
)
def test_an_edition_that_lies_elsewhere_is_told(
    bring, tmp_path, change, count: int, said: str, is_fatal: bool
) -> None:
    tree = {"fields": files.a_declaration().fields.model_dump(), "values": {}}
    tree |= {"county": None}
    rows = make.county_tree()
    bring(files.write_geojson(tmp_path / "a.geojson", files.frame_of(rows)), **tree)
    path = files.write_geojson(tmp_path / "b.geojson", files.frame_of(change(rows)))
    later = {"valid_from": date(2025, 6, 1), "reason": "redraw"}
    report = bring(path, **tree, **later)
    told = [line for line in _said(report) if any(word in line for word in WORDS)]
    assert len(told) == count, _said(report)
    assert all(said in line for line in told)
    assert report.is_committed != is_fatal
    if is_fatal:
        assert bring(path, **tree, **later, is_moved=True).is_committed


def test_one_area_that_no_longer_meets_its_former_shape_is_told_by_name_and_place():
    county = shapely.box(103, 36, 104, 37)
    old, new, other = (shapely.box(x, 36, x + 0.1, 36.1) for x in (103, 103.7, 103.4))
    moves = [
        Move("620171", "新区", AreaType.COUNTY, county, county),
        Move("620171101", "中川镇", AreaType.TOWN, old, new),
        Move("620171102", "西岔镇", AreaType.TOWN, other, other),
    ]
    (found,) = find_displaced(moves, is_meant=False)
    assert (found.is_fatal, found.mend is not None) == (True, True)
    said = say(found.msg, found.params, "en")
    assert "中川镇 (620171101) does not touch its former shape" in said
    assert "at 103.7500, 36.0500 instead of 103.0500, 36.0500" in said
    (meant,) = find_displaced(moves, is_meant=True)
    assert not meant.is_fatal


# Codes, names, the county


@pytest.mark.parametrize(
    "code",
    [
        "６２０１７１１０１",
        "620171101\u200b",
        "\ufeff620171101",
        "620171101\u3000",
        "62017110１",
    ],
)
def test_codes_of_other_signs_are_stored_as_they_are_looked_up(
    session, bring, tmp_path, code: str
) -> None:
    frame = _towns("中川镇")
    frame["code"] = code
    frame["name"] = "中川镇\u200b\u3000"
    bring(files.write_geojson(tmp_path / "towns.geojson", frame))
    assert get_area(session, "620171101", day=date(2026, 3, 2)).name == "中川镇"


@pytest.mark.parametrize("has_codes", [True, False])
def test_a_name_that_stands_twice_in_one_parent_is_remarked(
    bring, tmp_path, has_codes: bool
) -> None:
    path = files.write_geojson(
        tmp_path / "towns.geojson", _towns("中山镇", "中山镇\u200b", "秦川镇")
    )
    report = bring(path, fields={"code": "code"} if has_codes else {})
    [said] = _said(report)
    assert said.startswith("中山镇 stands more than once in 新区, near 103.45")
    assert report.is_committed


@pytest.mark.parametrize(
    ("declared", "has_codes", "outcome"),
    [
        ({"code": "620171", "name": "演示县"}, True, []),
        ({"code": "620123", "name": "演示县"}, True, "refused"),
        (
            {"code": "620171", "name": "别县"},
            True,
            ["The file calls the county 演示县"],
        ),
        ({"code": "620171", "name": "演示县"}, False, []),
    ],
)
def test_the_declared_county_is_held_against_the_files(
    session, bring, tmp_path, declared, has_codes: bool, outcome
) -> None:
    path = files.write_geojson(tmp_path / "county.geojson", files.frame_of())
    fields = {"type": "kind"} | ({"code": "code"} if has_codes else {})
    changes = {"fields": fields, "values": {}, "county": declared}
    if outcome == "refused":
        said = _refused(lambda: bring(path, **changes))
        assert said == (
            "The declaration says county 620123 (演示县), the file has 620171 (演示县)"
        )
        return
    report = bring(path, **changes)
    assert [line.split(",")[0] for line in _said(report)] == outcome
    assert get_area(session, "620171", day=date(2026, 3, 2)).name == "演示县"


def test_declared_things_that_a_file_has_not_are_refused(bring, tmp_path) -> None:
    path = files.write_geojson(tmp_path / "towns.geojson", _towns("中川镇"))
    assert "GeoJSON has no layers" in _refused(lambda: bring(path, layer="towns"))


# Containers


def _zip(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def _driven(folder: Path, driver: str, name: str) -> dict[str, bytes]:
    frame = _towns(*NAMES)
    out = folder / "driven"
    out.mkdir()
    frame.to_file(out / name, driver=driver, engine="pyogrio")
    return {
        str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()
    }


def _shapefile(folder: Path) -> dict[str, bytes]:
    return _driven(folder, "ESRI Shapefile", "towns.shp")


def _of_a_mac(folder: Path) -> dict[str, bytes]:
    parts = _shapefile(folder)
    clutter = {f"__MACOSX/边界/._{name}": b"\0\5\x16\7" for name in parts}
    clutter |= {"边界/.DS_Store": b"\0", "边界/._towns.shp": b"\0\5\x16\7"}
    return clutter | {f"边界/{name}": content for name, content in parts.items()}


def _of_qgis(folder: Path) -> Path:
    path = folder / "towns.gpkg"
    _towns(*NAMES).to_file(path, layer="towns", engine="pyogrio")
    import pandas
    import pyogrio

    pyogrio.write_dataframe(
        pandas.DataFrame({"styleName": ["默认"]}), path, layer="layer_styles"
    )
    return path


def _topojson() -> bytes:
    box = [[103.4, 36.4], [103.5, 36.4], [103.5, 36.5], [103.4, 36.5], [103.4, 36.4]]
    town = {"type": "Polygon", "arcs": [[0]]}
    town["properties"] = {"name": "西岔镇", "code": "620171101"}
    towns = {"type": "GeometryCollection", "geometries": [town]}
    return json.dumps(
        {"type": "Topology", "arcs": [box], "objects": {"towns": towns}}
    ).encode()


CONTAINERS: dict[str, Callable[[Path], Path]] = {
    "mac": lambda d: _zip(d / "a.zip", _of_a_mac(d)),
    "folders": lambda d: _zip(
        d / "a.zip", {f"甲/乙/{n}": c for n, c in _shapefile(d).items()}
    ),
    "capitals": lambda d: _zip(
        d / "a.ZIP", {n.upper(): c for n, c in _shapefile(d).items()}
    ),
    "readme beside": lambda d: _zip(d / "a.zip", {**_shapefile(d), "说明.txt": b"-"}),
    "loose shapefile": lambda d: d / "driven/towns.shp" if _shapefile(d) else d,
    "geojson in a zip": lambda d: _zip(
        d / "a.zip", {"t.geojson": _towns(*NAMES).to_json(to_wgs84=False).encode()}
    ),
    "layer_styles": _of_qgis,
    "kml": lambda d: d / "driven/towns.kml" if _driven(d, "LIBKML", "towns.kml") else d,
    "kmz": lambda d: _zip(
        d / "a.kmz", {"doc.kml": _driven(d, "LIBKML", "t.kml")["t.kml"]}
    ),
    "gml": lambda d: d / "driven/towns.gml" if _driven(d, "GML", "towns.gml") else d,
    "gdb": lambda d: _zip(d / "a.zip", _driven(d, "OpenFileGDB", "towns.gdb")),
    "tab": lambda d: _zip(d / "a.zip", _driven(d, "MapInfo File", "towns.tab")),
    "mif": lambda d: _zip(d / "a.zip", _driven(d, "MapInfo File", "towns.mif")),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_ordinary_containers_are_read(session, bring, tmp_path, container: str) -> None:
    path = CONTAINERS[container](tmp_path)
    name = "Name" if container in ("kml", "kmz") else "name"
    assert bring(path, fields={"code": "code", "name": name}).is_committed
    assert _names_in(session) == set(NAMES)
    codes = select(EditionArea.code).where(EditionArea.type == "town")
    assert set(session.scalars(codes)) == {f"62017110{i}" for i in range(1, 5)}


def test_topojson_is_read(session, bring, tmp_path) -> None:
    path = tmp_path / "towns.json"
    path.write_bytes(_topojson())
    assert bring(path, crs="wgs84").is_committed
    assert _names_in(session) == {"西岔镇"}


def _locked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("towns.geojson", b"{}")
    blob = bytearray(out.getvalue())
    # The flag of a password, in the part's own head and in the directory.
    blob[6] |= 1
    blob[blob.index(b"PK\1\2") + 8] |= 1
    return bytes(blob)


def _zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"-")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Rar!\x1a\7\0", "is a RAR archive, not boundaries"),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive, not boundaries"),
        (b"\x1f\x8b\x08", "is a gzip archive, not boundaries"),
        (b"AC1027\0", "is a DWG drawing, not boundaries"),
        (b"  0\r\nSECTION\r\n  2\r\n", "is a DXF drawing, not boundaries"),
        (b"%PDF-1.7", "is a PDF document, not boundaries"),
        (b"\x89PNG\r\n\x1a\n", "is a picture, not boundaries"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Office document"),
        (b"\0\1\0\0Standard Jet DB", "is an Access database, not boundaries"),
        (b"<!DOCTYPE html><html>", "is a web page, not boundaries"),
        (b"\xef\xbb\xbf<html lang='zh'>", "is a web page, not boundaries"),
        (b"<OGRVRTDataSource/>", "is a list of other sources (VRT)"),
        (_zipped("[Content_Types].xml", "xl/a.xml"), "is an Office document (.xlsx"),
        (_locked(), "The zip is locked with a password"),
        (_zipped("towns.rar"), "The zip holds another archive: towns.rar"),
        (_zipped("readme.txt"), "The zip holds no boundary file: readme.txt"),
        (_zipped(), "The zip holds no boundary file: -"),
    ],
)
def test_what_is_no_boundary_file_is_named_for_what_it_is(
    tmp_path, content: bytes, said: str
) -> None:
    for suffix in (".zip", ".geojson", ".shp", ".xls"):
        path = tmp_path / f"towns{suffix}"
        path.write_bytes(content)
        assert said in _refused(partial(read_frame, path, files.a_declaration()))


# The report


def test_what_refuses_a_file_is_said_first_and_never_cut_off() -> None:
    report = Report(counts={"town": 3})
    for i in range(150):
        report.add("%(name)s has a remark", is_fatal=False, name=i)
    for i in range(3):
        report.add("%(name)s is wrong", name=i)
    report.tell("It lies here")
    lines = report.lines(lambda msg, params: msg % params if params else msg)
    assert lines[1:4] == [f"✗ {i} is wrong" for i in range(3)]
    assert lines[4] == "· 0 has a remark"
    assert lines[-2:] == ["… and 130 more remarks", "· It lies here"]
