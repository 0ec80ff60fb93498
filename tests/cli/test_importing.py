"""Files on the command line: a report and an exit code, all of it or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import make
import pytest
import shapely

HOUSEHOLDS = "户编码,户主姓名,地址,经度,纬度,坐标系,电话\n"
PEOPLE = "人员编码,姓名,职责,区划或责任区编码\n"
ZONES = "责任区编码,责任区名称,所属区划编码,户编码\n"
DECLARATION = """
name = "方格"
source = "Drawn for tests"
licence = "CC0-1.0"
is_invented = true
crs = "wgs84"
valid_from = 2025-01-01
[fields]
code = "code"
name = "name"
type = "type"
parent = "parent"
"""
# What a ledger adds to, and what must not grow when it is refused or only tried.
TABLES = {
    "households": ("household", "contact", "household_place", "audit_entry"),
    "people": ("person", "duty", "contact", "audit_entry"),
    "zones": ("responsibility_zone", "audit_entry"),
    "boundaries": ("edition", "edition_area", "area", "shape", "audit_entry"),
}


def a_ledger(folder: Path, kind: str, world: make.World) -> Path:
    """A good ledger that adds one line to the small county."""
    lon, lat = world.point()
    lines = {
        "households": HOUSEHOLDS
        + f"{make.GROUP}-0009,周户主,一社9号,{lon},{lat},wgs84,10012345679\n",
        "people": PEOPLE + f"P-new,卫网格,网格,{make.GROUP}\n",
        "zones": ZONES + f"{make.GROUP}003,一社第3联户,{make.GROUP},\n",
    }
    path = folder / f"{kind}.csv"
    path.write_text(lines[kind], encoding="utf-8")
    return path


def some_boundaries(folder: Path, *, spoil: str | None = None) -> Path:
    """The small county as GeoJSON with its declaration; one shape may be moved."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name, "type": kind, "parent": parent},
            "geometry": shapely.geometry.mapping(
                shapely.affinity.translate(shape, 0.05) if code == spoil else shape
            ),
        }
        for code, name, kind, parent, shape in make.county_tree()
    ]
    path = folder / "squares.geojson"
    content = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    path.with_suffix(".toml").write_text(DECLARATION, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["households", "people", "zones"])
def test_a_ledger_is_tried_first_and_written_when_told(
    run, world, count, tmp_path: Path, kind: str
) -> None:
    file = a_ledger(tmp_path, kind, world)
    before = {table: count(table) for table in TABLES[kind]}
    tried = run("import", kind, file)
    assert tried.code == 0, tried
    assert tried.out.splitlines()[-1].startswith("Dry run: nothing was changed")
    assert {table: count(table) for table in TABLES[kind]} == before
    written = run("import", kind, file, "--commit")
    assert written.code == 0, written
    assert "Dry run" not in written.out
    main = TABLES[kind][0]
    assert count(main) == before[main] + 1
    assert count("audit_entry") == before["audit_entry"] + 1


def test_boundaries_are_tried_first_and_written_when_told(
    run, database, count, tmp_path: Path
) -> None:
    file = some_boundaries(tmp_path)
    tried = run("import", "boundaries", file)
    assert tried.code == 0, tried
    assert {count(table) for table in TABLES["boundaries"]} == {0}
    written = run("import", "boundaries", file, "--commit")
    assert written.code == 0, written
    assert count("edition_area") == 15
    assert count("audit_entry") == 1


@pytest.mark.parametrize(
    ("kind", "line", "where", "what"),
    [
        ("households", HOUSEHOLDS + "H-1,某,某地,east,36.5,wgs84,\n", "经度", "number"),
        ("households", HOUSEHOLDS + "H-1,某,某地,0,0,wgs84,\n", "2", ""),
        ("people", PEOPLE + "P-1,某,网格,999\n", "区划或责任区编码", "no such area"),
        ("people", PEOPLE + "P-1,某,跳舞,999\n", "职责", "no duty known"),
        ("zones", ZONES + "Z-1,某区,999,\n", "所属区划编码", "no such area"),
        ("zones", ZONES + f"Z-1,某区,{make.GROUP},H-none\n", "户编码", "no such"),
    ],
)
def test_a_ledger_with_one_wrong_line_is_refused_whole(
    run, world, count, tmp_path: Path, kind: str, line: str, where: str, what: str
) -> None:
    file = a_ledger(tmp_path, kind, world)
    _, good = file.read_text("utf-8").splitlines()
    file.write_text("\n".join((*line.splitlines(), good)), encoding="utf-8")
    before = {table: count(table) for table in TABLES[kind]}
    done = run("import", kind, file, "--commit")
    assert done.code == 1
    assert any(
        entry.startswith("✗ 2") and where in entry and what in entry
        for entry in done.out.splitlines()
    ), done.out
    assert "Refused: nothing was changed" in done.err
    assert {table: count(table) for table in TABLES[kind]} == before


NO_LEDGERS = {
    "empty.csv": b"",
    "header.csv": "编码,姓名\n1,2\n".encode(),
    "quotes.csv": '人员编码,姓名\n"1,2\n'.encode(),
    "picture.csv": b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe",
    "text.xlsx": b"no archive",
    "zip.xlsx": b"PK\x05\x06" + b"\0" * 18,
}


@pytest.mark.parametrize("kind", ["households", "people", "zones"])
def test_a_file_that_is_no_ledger_is_refused_in_a_line(
    run, world, tmp_path: Path, kind: str
) -> None:
    for name, content in NO_LEDGERS.items():
        file = tmp_path / name
        file.write_bytes(content)
        done = run("import", kind, file, "--commit")
        assert (done.code, done.out) == (1, ""), name
        assert done.err.splitlines()[1].startswith("  →"), (name, done.err)


def test_boundaries_that_overlap_are_refused(
    run, database, count, tmp_path: Path
) -> None:
    file = some_boundaries(tmp_path, spoil="620171101")
    done = run("import", "boundaries", file, "--commit")
    assert done.code == 1
    assert "✗" in done.out
    assert {count(table) for table in TABLES["boundaries"]} == {0}


@pytest.mark.parametrize(
    ("content", "declaration", "said"),
    [
        ("{", DECLARATION, ""),
        ('{"type": "FeatureCollection", "features": []}', DECLARATION, ""),
        (None, "name = ", "not TOML"),
        (None, "name = 'x'", "not complete"),
        (None, None, "no declaration"),
    ],
)
def test_a_boundary_file_that_cannot_be_read_is_refused_in_words(
    run,
    database,
    count,
    tmp_path: Path,
    content: str | None,
    declaration: str | None,
    said: str,
) -> None:
    file = some_boundaries(tmp_path)
    if content is not None:
        file.write_text(content, encoding="utf-8")
    toml = file.with_suffix(".toml")
    if declaration is None:
        toml.unlink()
    else:
        toml.write_text(declaration, encoding="utf-8")
    done = run("import", "boundaries", file, "--commit")
    assert done.code == 1
    assert said in done.err
    assert "→" in done.err
    assert {count(table) for table in TABLES["boundaries"]} == {0}


def test_a_file_that_is_not_there_is_a_wrong_argument(run, settings_env) -> None:
    done = run("import", "people", settings_env / "none.csv")
    assert done.code == 2
    assert "does not exist" in done.err


def test_a_refusal_is_said_in_chinese(run, world, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE + "P-1,某,跳舞,999\n", encoding="utf-8")
    done = run("import", "people", file, lang="zh_CN.UTF-8")
    assert "已拒绝：未作任何更改" in done.err
    (line,) = [line for line in done.out.splitlines() if line.startswith("✗")]
    assert "跳舞" in line
    assert "duty" not in line
