"""CSV and xlsx become rows, or the reason is said; no file is too broken for that."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from geo_api.errors import InvalidInput
from geo_api.http.language import say
from geo_api.ingest import people, zones
from geo_api.ingest.households import COLUMNS
from geo_api.ingest.table_report import TableReport
from geo_api.ingest.tables import read_rows
from geo_api.ingest.templates import write_template

HEADER = ["户编码", "户主姓名", "地址", "经度", "纬度", "坐标系"]
LINE = ["a-1", "沈某", "一社1号", "103.5", "36.5", "wgs84"]
NAMES = ["code", "head_name", "address", "lon", "lat", "crs"]


def _csv(*lines: list[str], encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode(encoding)


def _xlsx(*lines: list) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _replaced(blob: bytes, part: str, content: bytes) -> bytes:
    """The xlsx with one of its parts written by somebody else."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(blob)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return out.getvalue()


def _sheet(rows: str) -> bytes:
    """An xlsx whose sheet's XML is given."""
    xml = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
    return _replaced(_xlsx(HEADER), "xl/worksheets/sheet1.xml", xml.encode())


def _inline(number: int, cells: list[str]) -> str:
    inside = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{number}">{inside}</row>'


def _read(blob: bytes) -> list[dict[str, str]]:
    return read_rows(io.BytesIO(blob), COLUMNS, TableReport())


def _refusal(blob: bytes) -> str:
    with pytest.raises(InvalidInput) as refused:
        _read(blob)
    [problem] = refused.value.problems
    assert problem.loc == ("file",)
    assert problem.mend
    return say(problem.msg, problem.params, "en")


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(_csv(HEADER, LINE), id="utf-8"),
        pytest.param(_csv(HEADER, LINE, encoding="utf-8-sig"), id="utf-8 with mark"),
        pytest.param(_csv(HEADER, LINE, encoding="gb18030"), id="gb18030"),
        pytest.param(_xlsx(HEADER, LINE), id="xlsx"),
        pytest.param(
            _xlsx(HEADER, [*LINE[:3], 103.5, 36.5, "wgs84"]), id="xlsx with numbers"
        ),
        pytest.param(_csv(["\t户编码 ", *HEADER[1:]], LINE), id="spaces"),
        pytest.param(_csv(HEADER[::-1], LINE[::-1]), id="columns in another order"),
    ],
)
def test_every_usual_way_of_saving_a_ledger_is_read(blob) -> None:
    [row] = _read(blob)
    assert row == {"_row": "2", **dict(zip(NAMES, LINE, strict=True))}


def test_rows_are_counted_as_the_spreadsheet_shows_them() -> None:
    blank = [""] * 6
    for make in (_csv, _xlsx):
        rows = _read(make(HEADER, blank, LINE, blank, blank, ["a-2", *LINE[1:]]))
        assert [row["_row"] for row in rows] == ["3", "6"]


def test_numbers_and_dates_of_cells_keep_their_digits() -> None:
    blob = _xlsx(
        ["人员编码", "姓名", "电话", "起始日期"],
        [17, "沈某", 10012345678, date(2026, 1, 5)],
    )
    [row] = read_rows(io.BytesIO(blob), people.COLUMNS, TableReport())
    assert row["code"] == "17"
    assert row["phone"] == "10012345678"
    assert row["valid_from"] == "2026-01-05"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([HEADER[:-1], LINE[:-1]], "坐标系"),
        ([[*HEADER, "户编码"], [*LINE, "b"]], "户编码"),
        ([LINE], "户编码"),
        ([["户主"], ["沈某"]], "户主"),
    ],
)
def test_a_header_that_does_not_fit_is_named(lines, said) -> None:
    for make in (_csv, _xlsx):
        assert said in _refusal(make(*lines))


def test_cells_beyond_the_header_are_not_lost_in_silence() -> None:
    shifted = _csv(HEADER, ["a-1", "沈某", "一社", "1号", "103.5", "36.5", "wgs84"])
    assert "2" in _refusal(shifted)
    unnamed = _csv([*HEADER, "", "电话"], [*LINE, "?", "10012345678"])
    assert "2" in _refusal(unnamed)


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\n\n\n", id="blank lines"),
        pytest.param(b"\xff\xfe\x00\x01\x02", id="bytes"),
        pytest.param(b'"never closed\n' + _csv(HEADER, LINE), id="open quote"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), id="old xls"),
        pytest.param(b"PK\x03\x04", id="four bytes of xlsx"),
        pytest.param(_xlsx(HEADER, LINE)[:-200], id="half an xlsx"),
        pytest.param(_sheet("<row><c><v>1</v></c>"), id="broken sheet"),
        pytest.param(_sheet('<row r="x"/>'), id="row x"),
        pytest.param(
            _sheet('<row r="1"><c t="s"><v>99</v></c></row>'), id="missing string"
        ),
        pytest.param(
            _replaced(_xlsx(HEADER), "xl/workbook.xml", b"<workbook/>"), id="no sheet"
        ),
        pytest.param(
            _replaced(_xlsx(HEADER), "xl/styles.xml", b"<styleSheet"), id="no styles"
        ),
        pytest.param(
            _replaced(_xlsx(HEADER), "[Content_Types].xml", b"?"), id="no types"
        ),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_in_words(blob) -> None:
    assert _refusal(blob)


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert _refusal(out.getvalue())


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_a_zip_bomb_is_refused_before_it_unpacks(part) -> None:
    bomb = _replaced(_xlsx(HEADER), part, b" " * 160_000_000)
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    try:
        assert "unpacks" in _refusal(bomb)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("<row>" + "<c/>" * 3_000_000 + "</row>", id="one row"),
        pytest.param(
            "<row>" + ("<c/>" * 200_000 + "<!--<row>-->") * 15 + "</row>",
            id="one row in disguise",
        ),
        pytest.param("<row/>" * 3_100_000, id="millions", marks=pytest.mark.long),
    ],
)
def test_a_sheet_that_would_fill_the_memory_is_refused(rows) -> None:
    bomb = _sheet(rows)
    tracemalloc.start()
    try:
        assert "unpacks" in _refusal(bomb)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()


def test_entities_that_multiply_are_refused() -> None:
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<sheetData><row r="1"><c t="inlineStr"><is><t>&l9;</t></is></c></row>'
        "</sheetData></worksheet>"
    )
    bomb = _replaced(_xlsx(HEADER), "xl/worksheets/sheet1.xml", xml.encode())
    assert _refusal(bomb)


def test_a_row_that_claims_to_be_the_billionth_ends_the_sheet() -> None:
    rows = _inline(1, HEADER) + _inline(2, LINE) + _inline(2_000_000_000, LINE)
    assert [row["code"] for row in _read(_sheet(rows))] == ["a-1"]


def test_a_wrong_size_in_the_sheet_hides_no_rows() -> None:
    blob = _xlsx(HEADER, LINE, ["a-2", *LINE[1:]])
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b'ref="A1:F3"' in sheet
    wrong = _replaced(
        blob, "xl/worksheets/sheet1.xml", sheet.replace(b"A1:F3", b"A1:B2")
    )
    assert [row["code"] for row in _read(wrong)] == ["a-1", "a-2"]


@pytest.mark.long
def test_a_hundred_thousand_rows_are_read_and_no_more() -> None:
    head = ",".join(HEADER) + "\n"
    tail = ",沈某,一社1号,103.5,36.5,wgs84\n"
    lines = [f"a-{i}{tail}" for i in range(100_001)]
    most = (head + "".join(lines[:100_000])).encode()
    assert len(_read(most)) == 100_000
    assert "100000" in _refusal((head + "".join(lines)).encode())


@pytest.mark.parametrize("make", [_csv, _xlsx])
def test_more_rows_than_allowed_are_refused_not_cut_off(monkeypatch, make) -> None:
    monkeypatch.setattr("geo_api.ingest.tables._MAX_ROWS", 3)
    lines = [[f"a-{i}", *LINE[1:]] for i in range(4)]
    assert len(_read(make(HEADER, *lines[:3]))) == 3
    assert "3" in _refusal(make(HEADER, *lines))


@pytest.mark.long
def test_a_file_of_empty_lines_takes_no_memory() -> None:
    blob = _csv(HEADER, LINE) + b"\n" * 50_000
    tracemalloc.start()
    try:
        assert len(_read(blob)) == 1
        # The text itself, and little else: no list for each line.
        assert tracemalloc.get_traced_memory()[1] < 1_250_000
    finally:
        tracemalloc.stop()


def test_a_file_over_the_limit_is_not_read_at_all() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"x" * size

    with pytest.raises(InvalidInput):
        read_rows(Endless(), COLUMNS, TableReport())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("code", "", "empty"),
        ("head_name", "沈" * 61, "60"),
        ("address", "址" * 201, "200"),
        ("code", "c" * 61, "60"),
        ("code", "two words", "code"),
        ("address", "一行\n两行", "line"),
        ("head_name", "沈\x07", "line"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_header(name, value, said) -> None:
    line = [value if n == name else cell for n, cell in zip(NAMES, LINE, strict=True)]
    report = TableReport()
    read_rows(io.BytesIO(_csv(HEADER, LINE, line)), COLUMNS, report)
    [problem] = report.problems
    assert problem.row == 3
    assert problem.column == HEADER[NAMES.index(name)]
    assert said in problem.msg % problem.params


def test_the_templates_example_left_as_it_is_is_no_row() -> None:
    for columns in (COLUMNS, people.COLUMNS, zones.COLUMNS):
        assert (
            read_rows(io.BytesIO(write_template(columns)), columns, TableReport()) == []
        )
