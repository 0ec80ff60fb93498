"""Cursors and periods: what anybody may write must be read with care."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_api.errors import BadRequest
from geo_api.http.paging import make_cursor, read_cursor
from geo_api.http.periods import read_moment

TZ = ZoneInfo("Asia/Shanghai")
ID = UUID("019a0000-0000-7000-8000-000000000000")


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.text(max_size=20))
def test_a_cursor_says_what_was_put_in(at: datetime, id_: UUID, q: str) -> None:
    cursor = make_cursor([at, str(id_)], {"q": q})
    position = read_cursor(cursor, {"q": q}, (datetime, UUID))
    assert position is not None
    assert position == [at, id_]
    with pytest.raises(BadRequest):
        read_cursor(cursor, {"q": q + "x"}, (datetime, UUID))


@given(st.text(max_size=80))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_cursor(text, {}, (datetime, UUID))


@pytest.mark.parametrize(
    "position",
    [[], [1, 2], ["2026-03-02", "x"], [None, None], ["2026-03-02", [ID.hex]]],
)
def test_a_forged_position_is_refused(position: list) -> None:
    genuine = make_cursor(["2026-03-02T10:00:00+08:00", str(ID)], {})
    mark = json.loads(base64.urlsafe_b64decode(genuine + "=="))[0]
    forged = base64.urlsafe_b64encode(json.dumps([mark, *position]).encode()).decode()
    with pytest.raises(BadRequest):
        read_cursor(forged, {}, (datetime, UUID))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02", "2026-03-02T00:00:00+08:00"),
        ("2026-03-02T10:00:00", "2026-03-02T10:00:00+08:00"),
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00+00:00"),
        ("2026-03-02T10:00:00 01:00", "2026-03-02T10:00:00+01:00"),
    ],
)
def test_moments_are_the_countys_unless_they_say_otherwise(text, expected) -> None:
    found = read_moment(text, "from", TZ)
    assert found == datetime.fromisoformat(expected)
    assert found is not None
    assert found.utcoffset() == datetime.fromisoformat(expected).utcoffset()


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "2026-3-2", "0000-01-01"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_moment(text, "from", TZ)


def test_no_moment_is_no_limit() -> None:
    assert read_moment(None, "from", TZ) is None
