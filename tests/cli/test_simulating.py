"""``minqing dispatch simulate``: who would be asked, and nothing is written."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import make
import pytest

HEADER = "lon,lat,crs,service_code\n"


def test_each_row_gets_its_handler_or_its_problem(
    run, world, count, tmp_path: Path
) -> None:
    lon, lat = world.point()
    file = tmp_path / "points.csv"
    file.write_text(
        HEADER
        + f"{lon},{lat},wgs84,XQ-SHUI\n"
        + "0,0,wgs84,XQ-SHUI\n"
        + f"{lon},{lat},wgs84,NONE\n"
        + f"{lon},,wgs84,XQ-SHUI\n"
        + f"{lon}\n"
    )
    done = run("dispatch", "simulate", file)
    assert done.code == 0, done
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert len(rows) == 5
    assert rows[0]["person_code"].startswith("P-")
    assert rows[0]["areas"].startswith("演示县")
    assert rows[0]["problem"] == ""
    assert all(row["problem"] and not row["person_code"] for row in rows[1:])
    assert count("service_request") == 0
    assert count("dispatch_decision") == 0


@pytest.mark.parametrize(
    "content",
    [
        "经度,纬度\n103,36\n".encode(),
        "经度,纬度\n103,36\n".encode("gb18030"),
        b"",
        b"\x89PNG\r\n\x1a\n\x00\xff",
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(
    run, world, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "points.csv"
    file.write_bytes(content)
    done = run("dispatch", "simulate", file)
    assert done.code == 1
    assert "→" in done.err
    assert done.out == ""


def test_a_table_saved_by_a_chinese_spreadsheet_is_read(
    run, world, tmp_path: Path
) -> None:
    lon, lat = world.point(make.VILLAGE)
    file = tmp_path / "points.csv"
    file.write_bytes((HEADER + f"{lon},{lat},wgs84,饮水困难\n").encode("gb18030"))
    done = run("dispatch", "simulate", file)
    assert done.code == 0, done
    assert ",饮水困难," in done.out
