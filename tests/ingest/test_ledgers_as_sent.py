"""Ledgers as people send them: each kind of spoilt file, for every ledger there is."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.formula import ArrayFormula

from geo_api.errors import InvalidInput
from geo_api.http.language import say
from geo_api.ingest import households, orders, people, zones
from geo_api.ingest.cells import Form, clean
from geo_api.ingest.moments import read_day, read_moment
from geo_api.ingest.table_report import TableReport
from geo_api.ingest.tables import Column, read_rows
from geo_api.ingest.templates import write_template

LEDGERS = {
    "households": households.COLUMNS,
    "people": people.COLUMNS,
    "zones": zones.COLUMNS,
    "requests": orders.COLUMNS,
}
EVERY = pytest.mark.parametrize("ledger", list(LEDGERS))
TZ = ZoneInfo("Asia/Shanghai")
# What only programs can do, or what is said to them.
_FOR_PROGRAMS = re.compile(r"/api|\bGET\b|\bPOST\b|\bPATCH\b|`|\bSend \w+_|loc\b")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def _line(columns: tuple[Column, ...], number: int = 1) -> list[Any]:
    """A line that is nobody's example."""
    return [
        f"{column.example}{number}" if column.name in ("code", "external_id")
        else f"{column.example}某" if column.name in ("name", "head_name")
        else column.example
        for column in columns
    ]  # fmt: skip


def _headers(columns: tuple[Column, ...]) -> list[str]:
    return [column.header for column in columns]


def _csv(*lines: list[Any], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(lines)
    return out.getvalue().encode(encoding)


def _book(*lines: list[Any]) -> Workbook:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    return book


def _saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _zip(*parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in parts:
            archive.writestr(part, "<x/>")
    return out.getvalue()


def _read(ledger: str, blob: bytes) -> tuple[list[dict[str, str]], TableReport]:
    report = TableReport()
    return read_rows(io.BytesIO(blob), LEDGERS[ledger], report), report


def _told(report: TableReport) -> list[tuple[int, str, str]]:
    """Row, column and sentence of every problem, after a look at how they are said."""
    for problem in report.problems:
        for language in ("en", "zh-CN"):
            what = say(problem.msg, problem.params, language)
            mend = say(problem.mend, problem.params, language)
            assert what
            assert mend
            assert not _FOR_PROGRAMS.search(f"{what} {mend}")
    return [
        (problem.row, problem.column, problem.msg % problem.params)
        for problem in report.problems
    ]


def _remarks(report: TableReport) -> list[str]:
    return [remark.msg % remark.params for remark in report.remarks]


def _refusal(ledger: str, blob: bytes) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as refused:
        _read(ledger, blob)
    [problem] = refused.value.problems
    assert problem.mend
    return say(problem.msg, problem.params, "en"), problem.mend


SEPARATED: dict[str, Callable[[list[Any], list[Any]], bytes]] = {
    "comma": lambda *lines: _csv(*lines),
    "semicolon": lambda *lines: _csv(*lines, delimiter=";"),
    "tab": lambda *lines: _csv(*lines, delimiter="\t"),
    "Chinese comma": lambda *lines: _csv(*lines, delimiter="，"),
    "told comma": lambda *lines: b'"sep=,"\r\n' + _csv(*lines),
    "told semicolon": lambda *lines: b"sep=;\n" + _csv(*lines, delimiter=";"),
    "with a mark": lambda *lines: _csv(*lines, encoding="utf-8-sig"),
    "gb18030": lambda *lines: _csv(*lines, encoding="gb18030"),
    "utf-16 with tabs": lambda *lines: _csv(*lines, encoding="utf-16", delimiter="\t"),
    "utf-16 without a mark": lambda *lines: _csv(*lines, encoding="utf-16-le"),
    "xlsx": lambda *lines: _saved(_book(*lines)),
    "breaks and stars in the header": lambda header, line: _csv(
        [f" {word[:2]}\n{word[2:]} *" for word in header], line
    ),
    "full-width header": lambda header, line: _csv(
        [f"　{w}（必填）" for w in header], line
    ),
}


@EVERY
@pytest.mark.parametrize("way", list(SEPARATED))
def test_a_table_is_read_however_it_was_saved(ledger: str, way: str) -> None:
    columns = LEDGERS[ledger]
    rows, report = _read(ledger, SEPARATED[way](_headers(columns), _line(columns)))
    assert _told(report) == []
    names = [column.name for column in columns]
    assert [row.pop("_row") for row in rows] == ["2"]
    assert rows == [dict(zip(names, _line(columns), strict=True))]


def _ole(*parts: str) -> bytes:
    return _OLE + b"".join(part.encode("utf-16-le") + bytes(64) for part in parts)


OTHERS = [
    (b"", "empty"),
    (b"\xef\xbb\xbf\r\n", "empty"),
    (b"<html><body><table><tr><td>x</td></tr></table></body></html>", "web page"),
    ("\ufeff<!DOCTYPE html>\n<html>".encode(), "web page"),
    ("<html>户编码</html>".encode("utf-16"), "web page"),
    (b'<?xml version="1.0"?>\n<html xmlns="x">', "web page"),
    (b"MIME-Version: 1.0\nContent-Type: multipart/related", "web page"),
    (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns=',
     "XML"),
    (_ole("Workbook", "ETExtData"), ".et"),
    (_ole("Book"), ".xls"),
    (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(60), ".xls"),
    (_ole("EncryptionInfo", "EncryptedPackage"), "password"),
    (_ole("WordDocument"), "text document"),
    (_zip("mimetype", "content.xml"), ".ods"),
    (_zip("Index/Document.iwa"), "Numbers"),
    (_zip("xl/workbook.bin"), ".xlsb"),
    (_zip("word/document.xml"), "text document"),
    (_zip("户籍.csv"), "archive"),
    (b"Rar!\x1a\x07", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"%PDF-1.7", "PDF"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff\xe0", "picture"),
    (b"\0\0\0\x18ftypheic", "picture"),
    (b"\0\1\2\3", "not a text"),
]  # fmt: skip


@EVERY
def test_what_is_no_ledger_is_named_for_what_it_is(ledger: str) -> None:
    for blob, name in OTHERS:
        assert name in _refusal(ledger, blob)[0], blob[:40]


def _number(value: float, shown_as: str = "General") -> Callable[[Any], None]:
    def write(cell: Any) -> None:
        cell.value, cell.number_format = value, shown_as

    return write


def _value(value: Any) -> Callable[[Any], None]:
    def write(cell: Any) -> None:
        cell.value = value

    return write


LOST = {
    "as Excel keeps it": _number(6.2017110320200397e17),
    "as a program writes it": _number(620171103202003977),
    "shown with zeros": _number(12, "00000000"),
    "shown in groups": _number(6201711, "#,##0"),
    "shown with a letter": _number(12, '"P"0000'),
    "shown short": _number(620171103202, "0.00E+00"),
    "with a fraction": _number(12.5),
    "negative": _number(-12),
    "made a day": _value(datetime(2026, 1, 2)),  # noqa: DTZ001
    "made a truth": _value(True),
    "shortened text": _value("6.20171E+17"),
}
SPOILT = {
    "error": _value("#REF!"),
    "not there": _value("#N/A"),
    "too narrow": _value("######"),
    "formula": _value("=A1&B1"),
    "array formula": _value(ArrayFormula("A1:A2", "=SUM(B1:B2)")),
    "lost signs": _value("岘\ufffd村"),
}


@EVERY
@pytest.mark.parametrize("way", [*LOST, *SPOILT])
def test_a_cell_that_a_spreadsheet_spoilt_is_refused_once_by_row_and_column(
    ledger: str, way: str
) -> None:
    columns = LEDGERS[ledger]
    for i, column in enumerate(columns):
        if way in LOST and not column.form.is_identity:
            continue
        book = _book(_headers(columns), _line(columns), _line(columns, 2))
        (LOST | SPOILT)[way](book.active.cell(3, i + 1))
        rows, report = _read(ledger, _saved(book))
        assert [told[:2] for told in _told(report)] == [(3, column.header)]
        assert rows[1][column.name] == ""


@EVERY
def test_digits_that_a_number_keeps_are_read(ledger: str) -> None:
    columns = LEDGERS[ledger]
    for i, column in enumerate(columns):
        if not column.form.is_identity:
            continue
        for shown_as in ("General", "0", "@", "0_ ", "0_);[Red]\\(0\\)"):
            book = _book(_headers(columns), _line(columns))
            _number(10012345678, shown_as)(book.active.cell(2, i + 1))
            [row], report = _read(ledger, _saved(book))
            assert (_told(report), row[column.name]) == ([], "10012345678")


@EVERY
def test_templates_keep_what_names_somebody_as_text(ledger: str) -> None:
    columns = LEDGERS[ledger]
    sheet = load_workbook(io.BytesIO(write_template(columns))).active
    for i, column in enumerate(columns, start=1):
        letter = sheet.cell(1, i).column_letter
        formats = {sheet.column_dimensions[letter].number_format}
        formats.add(sheet.cell(2, i).number_format)
        assert formats == {"@" if column.form.is_identity else "General"}
    assert {c.header for c in columns if c.form.is_identity} >= {
        c.header for c in columns if c.header.endswith(("编码", "编号", "电话", "证号"))
    }


@EVERY
def test_signs_that_look_alike_are_read_as_one(ledger: str) -> None:
    columns = LEDGERS[ledger]
    line = _line(columns)
    wide = [
        text.translate({i: i + 0xFEE0 for i in range(0x21, 0x7F)}) + "\u200b"
        if column.form.is_identity and column.form is not Form.PHONE
        else text
        for column, text in zip(columns, line, strict=True)
    ]
    [row], report = _read(ledger, _csv(_headers(columns), wide))
    assert _told(report) == []
    assert [row[column.name] for column in columns] == line


@EVERY
def test_a_filled_column_is_read_refused_or_said_to_be_left_out(ledger: str) -> None:
    columns = LEDGERS[ledger]
    header, line = _headers(columns), _line(columns)
    for lines in ([line, line], [[*line, "注"], line]):
        blob = _csv(
            ["序号", *header, "备注"], *([i, *cells] for i, cells in enumerate(lines))
        )
        rows, report = _read(ledger, blob)
        assert len(rows) == 2
        assert _told(report) == []
        assert [said.split()[2] for said in _remarks(report)] == ["序号", "备注"]
    strange = _csv([*header, "民族"], [*line, ""], [*_line(columns, 2), "汉"])
    assert [told[:2] for told in _told(_read(ledger, strange)[1])] == [(3, "民族")]
    empty = _csv([*header, "民族"], [*line, ""])
    rows, report = _read(ledger, empty)
    assert _told(report) == []
    assert "民族" in _remarks(report)[0]


@EVERY
def test_a_header_alone_is_told_to_have_no_rows(ledger: str) -> None:
    columns = LEDGERS[ledger]
    for blob in (
        _csv(_headers(columns)),
        _saved(_book(_headers(columns))),
        write_template(columns),
    ):
        _, report = _read(ledger, blob)
        assert [told[2] for told in _told(report)] == ["There are no rows"]


@EVERY
def test_titles_above_and_sums_below_are_told_apart_from_rows(ledger: str) -> None:
    columns = LEDGERS[ledger]
    empty = [""] * (len(columns) - 1)
    lines = (["台账", *empty], [], _headers(columns), _line(columns), ["合计", *empty])
    for blob in (_csv(*lines), _saved(_book(*lines))):
        _, report = _read(ledger, blob)
        assert [told[:2] for told in _told(report)] == [(5, "")]
        assert _remarks(report) == ["Lines above the header are not read: 1"]


@EVERY
def test_what_nobody_sees_in_a_workbook_is_said(ledger: str) -> None:
    columns = LEDGERS[ledger]
    book = _book(["填表说明"], ["请逐行填写"])
    book.active.title = "说明"
    sheet = book.create_sheet("台账")
    for line in (_headers(columns), _line(columns), _line(columns, 2)):
        sheet.append(line)
    sheet.row_dimensions[3].hidden = True
    hidden = book.create_sheet("旧表")
    hidden.append(_headers(columns))
    hidden.append(_line(columns, 3))
    hidden.sheet_state = "hidden"
    rows, report = _read(ledger, _saved(book))
    assert [row["_row"] for row in rows] == ["2", "3"]
    assert _remarks(report) == [
        "Only the sheet 台账 was read, and not: 说明, 旧表",
        "Hidden rows are read, too: 3 (1)",
    ]


@EVERY
def test_merged_cells_are_not_taken_for_empty_ones(ledger: str) -> None:
    columns = LEDGERS[ledger]
    book = _book(_headers(columns), *(_line(columns, i) for i in range(3)))
    book.active.merge_cells("B2:B4")
    _, report = _read(ledger, _saved(book))
    told = _told(report)
    assert [t[:2] for t in told] == [(3, columns[1].header), (4, columns[1].header)]
    assert all("merged" in msg for _, _, msg in told)


@EVERY
def test_text_that_only_looks_like_a_formula_is_text(ledger: str) -> None:
    columns = LEDGERS[ledger]
    places = [i for i, column in enumerate(columns) if column.form is Form.LINE]
    line = _line(columns)
    for text in ("@某某", "+86", "=某", "-"):
        cells = [text if i == places[0] else cell for i, cell in enumerate(line)]
        book = _book(_headers(columns), cells)
        book.active.cell(2, places[0] + 1).data_type = "s"
        for blob in (_csv(_headers(columns), cells), _saved(book)):
            [row], report = _read(ledger, blob)
            assert (_told(report), row[columns[places[0]].name]) == ([], text)
    kept = [f'="{line[0]}"', *line[1:]]
    [row], _ = _read(ledger, _csv(_headers(columns), kept))
    assert row[columns[0].name] == line[0]


@EVERY
def test_a_cell_far_to_the_right_is_not_lost(ledger: str) -> None:
    columns = LEDGERS[ledger]
    for place in (40, 300):
        book = _book(_headers(columns), _line(columns))
        book.active.cell(2, place, "远")
        assert "2" in _refusal(ledger, _saved(book))[0]


DAYS = [
    "2026-03-02", "2026/3/2", "2026.3.2", "20260302", "2026年3月2日", "2026-3-2",
    "2026-03-02 00:00:00",
]  # fmt: skip


@pytest.mark.parametrize("written", DAYS)
def test_days_are_read_as_they_are_usually_written(written: str) -> None:
    assert read_day(written, TZ) == date(2026, 3, 2)
    assert read_moment(written, TZ) == datetime(2026, 3, 2, tzinfo=TZ)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02 09:30", "2026/3/2 9:30:00", "2026.3.2 9:30", "20260302 0930",
        "20260302093000", "2026年3月2日9时30分", "2026年3月2日 09:30",
        "2026-03-02T09:30", "2026-03-02T01:30:00Z", "2026-03-02T01:30:00.000+00:00",
    ],
)  # fmt: skip
def test_moments_are_read_as_they_are_usually_written(written: str) -> None:
    assert read_moment(written, TZ) == datetime(2026, 3, 2, 9, 30, tzinfo=TZ)


@pytest.mark.parametrize(
    "written", ["三月二日", "2026-13-02", "2026-02-30", "46083", ""]
)
def test_what_is_no_day_is_none(written: str) -> None:
    assert read_day(written, TZ) is None


def test_days_of_a_spreadsheet_are_read_whatever_they_look_like() -> None:
    columns = LEDGERS["people"]
    place = _headers(columns).index("起始日期") + 1
    for shown_as in ("yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "m/d/yyyy"):
        book = _book(_headers(columns), _line(columns))
        cell = book.active.cell(2, place, date(2026, 3, 2))
        cell.number_format = shown_as
        [row], _ = _read("people", _saved(book))
        assert row["valid_from"] == "2026-03-02"
    # Excel's own long Chinese day has a number and no format.
    book = _book(_headers(columns), _line(columns))
    book.active.cell(2, place, 46083).number_format = "0.000"
    blob = _saved(book)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(blob)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/styles.xml":
                part = re.sub(rb'numFmtId="16\d"(?= font)', b'numFmtId="31"', part)
                assert b'numFmtId="31"' in part
            new.writestr(name, part)
    [row], _ = _read("people", out.getvalue())
    assert row["valid_from"] == "2026-03-02"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("100 1234 5678", "10012345678"),
        ("100-1234-5678", "10012345678"),
        ("+86 10012345678", "10012345678"),
        ("0086-100-1234-5678", "10012345678"),
        ("(0931) 123-4567", "09311234567"),
        ("+86 931 1234567", "09311234567"),
        ("+852 1234 5678", "+85212345678"),
        ("12345678", "12345678"),
        ("不告诉你", "不告诉你"),
    ],
)
def test_phones_are_read_as_people_write_them(written: str, meant: str) -> None:
    assert clean(written, Form.PHONE) == meant


def test_a_bad_cell_is_told_once_whatever_else_follows_from_it() -> None:
    report = TableReport()
    for row, column, msg in (
        ("7", "经度", "This is not a number"),
        ("3", "电话", "This is not a phone number"),
        ("7", "经度", "The point is not on earth"),
        ("7", "纬度", "This is empty"),
    ):
        report.refuse({"_row": row}, column, msg, "Fill it in")
    assert [(p.row, p.column, p.msg) for p in report.problems] == [
        (3, "电话", "This is not a phone number"),
        (7, "经度", "This is not a number"),
        (7, "纬度", "This is empty"),
    ]


def test_what_refuses_is_said_before_what_is_only_remarked() -> None:
    report = TableReport()
    for i in range(150):
        report.remark("The column %(name)s is not read", name=str(i))
    report.refuse({"_row": "7"}, "电话", "This is empty", "Fill it in")
    lines = report.lines(lambda text, params: text % params if params else text)
    assert lines[3].startswith("✗ 7 · 电话")
    assert lines[4].startswith("· ")
    assert lines[-1] == "· … +50"
