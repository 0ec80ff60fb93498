"""Another system's export: ordered like anything else, and never twice."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import make
import make_requests
import pytest
from make_requests import history, numbers
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select, update

from geo_api.areas.datums import Crs, from_wgs84
from geo_api.households.contacts import read_contact
from geo_api.households.models import Contact
from geo_api.ingest.orders import COLUMNS
from geo_api.ingest.requests import RequestsReport, import_requests
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.requests.order.known_orders import FIELD_WORDS

TABLES = (ServiceRequest, RequestEvent, DispatchDecision, Contact)


def _row(
    world: make.World, external_id: str = "GD-1", **changes: Any
) -> dict[str, Any]:
    lon, lat = make_requests.point_in_zone(world)
    return {
        "external_id": external_id,
        "channel": "12345热线",
        "service": "供水",
        "description": "三社停水两天了",
        "ordered_at": "2026-03-02 09:30:00",
        "lon": lon,
        "lat": lat,
        "crs": "wgs84",
        "name": "王某",
        "phone": "10012345678",
        **changes,
    }


def _csv(*rows: dict[str, Any], encoding: str = "utf-8") -> bytes:
    given = [c for c in COLUMNS if any(c.name in row for row in rows)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.header for column in given])
    writer.writerows([[row.get(c.name, "") for c in given] for row in rows])
    return out.getvalue().encode(encoding)


@pytest.fixture
def load(session, world, cipher, settings, clock):
    """Imports rows, or a whole file, and commits unless told not to."""

    def load(*rows: dict[str, Any] | bytes, commit: bool = True) -> RequestsReport:
        blob = rows[0] if isinstance(rows[0], bytes) else _csv(*rows)
        return import_requests(
            session,
            cipher,
            io.BytesIO(blob),
            commit=commit,
            now=clock(),
            settings=settings,
        )

    return load


def _counts(session) -> list[int]:
    return [session.scalar(select(func.count()).select_from(t)) for t in TABLES]


def _one(session) -> ServiceRequest:
    return session.scalars(select(ServiceRequest)).one()


def _told(report: RequestsReport) -> list[tuple[int, str]]:
    return [(problem.row, problem.column) for problem in report.problems]


def test_a_row_is_ordered_and_dispatched_like_any_order(
    session, world, load, cipher, now
) -> None:
    report = load(_row(world))
    assert (report.rows, report.added, report.known) == (1, 1, 0)
    assert report.is_committed
    request = _one(session)
    assert request.handler_id == world.people["care"]
    assert (request.channel, request.external_id) == ("hotline_12345", "GD-1")
    assert (request.stage, request.status) == ("dispatched", "open")
    assert request.number.startswith("20260302")
    assert request.ordered_at == datetime.fromisoformat("2026-03-02T09:30:00+08:00")
    contact = read_contact(cipher, session.get_one(Contact, request.contact_id))
    assert (contact.name, contact.phone) == ("王某", "10012345678")


def test_the_same_file_twice_doubles_nothing(session, world, load) -> None:
    rows = [_row(world, f"GD-{i}") for i in range(3)]
    load(*rows)
    before = _counts(session)
    report = load(*rows, _row(world, "GD-9"), commit=False)
    assert (report.rows, report.added, report.known) == (4, 1, 3)
    assert load(*rows).known == 3
    assert _counts(session) == before


def _by_api(world: make.World, **changes: Any) -> dict[str, Any]:
    """The body of the same order as a row of the file is."""
    row = _row(world)
    said = {
        "description": row["description"],
        "location": {name: row[name] for name in ("lon", "lat", "crs")},
        "contact": {"name": row["name"], "phone": row["phone"]},
        "channel": "hotline_12345",
        "external_id": row["external_id"],
    }
    return make_requests.an_order(world, **{**said, **changes})


def test_what_came_by_the_api_is_known_to_the_file(
    client, session, world, sign_in, load
) -> None:
    body = _by_api(world)
    reply = client.post("/api/requests", json=body, headers=sign_in("village"))
    assert reply.status_code == 201, reply.text
    report = load(_row(world))
    assert (report.known, report.problems) == (1, [])


_OTHERWISE: dict[str, dict[str, Any]] = {
    "service": {"service_code": "XQ-LU"},
    "description": {"description": "路上有个坑"},
    "place": {"location": None, "area_code": make.GROUP},
    "contact": {"contact": {"name": "别人", "phone": "10012345670"}},
}


@pytest.mark.parametrize("field", _OTHERWISE)
@pytest.mark.parametrize("is_old", [False, True])
def test_a_number_that_somebody_has_taken_hides_nobodys_order(
    client, session, world, sign_in, load, field: str, is_old: bool
) -> None:
    """What is under the number says something else: neither is dropped in silence."""
    taken = client.post(
        "/api/requests",
        json=_by_api(world, **_OTHERWISE[field]),
        headers=sign_in("village"),
    )
    assert taken.status_code == 201, taken.text
    if is_old:  # from before there were fingerprints: the place is not known to differ
        session.execute(update(ServiceRequest).values(fingerprint=None))
    before = _counts(session)
    report = load(_row(world), _row(world, "GD-2"))
    if is_old and field == "place":
        assert (report.known, report.added) == (1, 1)
        return
    (problem,) = report.problems
    assert (problem.row, problem.column) == (2, "外部编号")
    assert problem.params["external_id"] == "GD-1"
    assert problem.params["number"] == taken.json()["number"]
    assert problem.params["fields"].msgids == (FIELD_WORDS[field],)
    assert (report.known, report.added, report.is_committed) == (0, 0, False)
    assert _counts(session) == before
    # Asked for at the door, it is told apart in the same way.
    again = client.post(
        "/api/requests", json=_by_api(world), headers=sign_in("village")
    )
    assert again.status_code == 409
    assert taken.json()["number"] in again.json()["detail"]
    assert "GD-1" in again.json()["detail"]


def test_whom_nobody_may_ring_any_more_is_no_clash(session, world, load, now) -> None:
    load(_row(world))
    session.execute(update(Contact).values(name=None, phone=None, erased_at=now))
    assert load(_row(world)).known == 1


def test_two_channels_may_use_the_same_number(session, world, load) -> None:
    report = load(_row(world), _row(world, channel="微信"))
    assert report.added == 2
    assert load(_row(world, channel="wechat")).known == 1


def test_nothing_is_written_unless_told(session, world, load) -> None:
    before = _counts(session)
    report = load(_row(world), commit=False)
    assert (report.added, report.is_committed) == (1, False)
    assert _counts(session) == before


def test_one_bad_row_refuses_all(session, world, load) -> None:
    before = _counts(session)
    report = load(_row(world), _row(world, "GD-2", lon=10.0))
    assert _told(report) == [(3, "经度")]
    assert not report.is_acceptable
    assert _counts(session) == before


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"service": "修飞船"}, "类别"),
        ({"service": ""}, "类别"),
        ({"description": ""}, "内容"),
        ({"external_id": ""}, "外部编号"),
        ({"channel": "飞鸽"}, "渠道"),
        ({"ordered_at": "昨天"}, "时间"),
        ({"ordered_at": "2026-03-02 10:00:01"}, "时间"),
        ({"ordered_at": "1926-03-02 10:00:00"}, "时间"),
        ({"completed_at": "2026-03-02 09:29:59"}, "办结时间"),
        ({"lon": "东边"}, "经度"),
        ({"lat": ""}, "经度"),
        ({"crs": ""}, "坐标系"),
        ({"crs": "火星"}, "坐标系"),
        ({"lon": "", "lat": "", "crs": "", "area_code": "123"}, "区划编码"),
        ({"lon": "", "lat": "", "crs": ""}, "地址"),
        ({"phone": "不告诉你"}, "电话"),
        ({"name": "王\x07某"}, "姓名"),
    ],
)
def test_a_problem_names_its_row_and_column(
    session, world, load, changes, column
) -> None:
    report = load(_row(world, "GD-0"), _row(world, **changes))
    assert (3, column) in _told(report)
    # Who fills in a table sends no fields and knows no paths.
    for problem in report.problems:
        assert problem.mend
        assert not re.search(r"/api|\b(lon|lat|household_id|area_code)\b", problem.mend)
    assert _counts(session)[0] == 0


def test_a_number_that_stands_twice_in_a_file_is_refused(world, load) -> None:
    assert _told(load(_row(world), _row(world))) == [(3, "外部编号")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02 09:30:00", "2026-03-02T09:30:00+08:00"),
        ("2026-03-02T01:30:00Z", "2026-03-02T09:30:00+08:00"),
        ("2026-03-02 09:30", "2026-03-02T09:30:00+08:00"),
        ("2026/3/2 9:30", "2026-03-02T09:30:00+08:00"),
        ("2026/3/2 9:30:05", "2026-03-02T09:30:05+08:00"),
        ("2026-03-01", "2026-03-01T00:00:00+08:00"),
    ],
)
def test_times_are_read_as_hotlines_write_them(
    session, world, load, written, meant
) -> None:
    load(_row(world, ordered_at=written))
    assert _one(session).ordered_at == datetime.fromisoformat(meant)


def test_times_of_a_spreadsheet_keep_their_hour(session, world, load) -> None:
    row = _row(world, ordered_at=datetime(2026, 3, 2, 9, 30))  # noqa: DTZ001
    book = Workbook()
    given = [column for column in COLUMNS if column.name in row]
    book.active.append([column.header for column in given])
    book.active.append([row[column.name] for column in given])
    out = io.BytesIO()
    book.save(out)
    load(out.getvalue())
    moment = datetime.fromisoformat("2026-03-02T09:30:00+08:00")
    assert _one(session).ordered_at == moment


def test_a_shifted_point_lands_where_it_was_meant(session, world, load) -> None:
    lon, lat = from_wgs84(*make_requests.point_in_zone(world), Crs.GCJ02)
    load(_row(world, lon=lon, lat=lat, crs="GCJ02"))
    request = _one(session)
    assert request.crs_claimed == "gcj02"
    assert request.zone_id == world.zones[make.ZONE]


def test_an_area_or_words_are_enough(session, world, load) -> None:
    nowhere = {"lon": "", "lat": "", "crs": ""}
    load(
        _row(world, "GD-1", **nowhere, area_code=make.VILLAGE),
        _row(world, "GD-2", **nowhere, address="老井边上"),
    )
    by_id = {r.external_id: r for r in session.scalars(select(ServiceRequest))}
    assert by_id["GD-1"].village_id == world.county.ids[make.VILLAGE]
    assert by_id["GD-2"].handler_id == world.people["county_desk"]


def test_orders_of_one_area_keep_each_its_own_words(session, world, load) -> None:
    place = {"lon": "", "lat": "", "crs": "", "area_code": make.VILLAGE}
    words = ["老井边上", "学校后面", None]
    load(*(_row(world, f"GD-{i}", **place, address=w) for i, w in enumerate(words)))
    stored = select(ServiceRequest).order_by(ServiceRequest.external_id)
    assert [request.address for request in session.scalars(stored)] == words


def test_a_file_from_a_chinese_desktop_and_several_lines_in_a_cell(
    session, world, load
) -> None:
    load(_csv(_row(world, description="停水两天\n水管漏了"), encoding="gb18030"))
    assert _one(session).description == "停水两天\n水管漏了"


def test_old_orders_go_to_who_answers_now(
    client, session, world, load, sign_in, now
) -> None:
    load(_row(world, ordered_at="2019-05-01 08:00:00"))
    request = _one(session)
    # There was no duty in 2019.
    assert request.handler_id == world.people["care"]
    assert request.dispatched_at == now
    path = f"/api/requests/{request.public_id}"
    told = history(client, path, sign_in("handler"))
    assert [event["verb"] for event in told] == ["order", "dispatch"]


def test_what_was_completed_elsewhere_comes_closed_with_its_result(
    client, session, world, load, sign_in
) -> None:
    done = {"completed_at": "2025-03-04 16:00:00", "result": "已换好阀门"}
    load(_row(world, ordered_at="2025-03-02 08:00:00", **done))
    request = _one(session)
    moment = datetime.fromisoformat("2025-03-04T16:00:00+08:00")
    assert (request.stage, request.closed_at) == ("completed", moment)
    told = history(client, f"/api/requests/{request.public_id}", sign_in("handler"))
    assert [event["verb"] for event in told] == [
        "order",
        "dispatch",
        "accept",
        "complete",
    ]
    assert told[0]["detail"]["is_history"] is True
    assert told[-1]["note"] == "已换好阀门"
    times = [event["at"] for event in told]
    assert times == sorted(times)


def test_who_follows_changes_is_told_of_imports_whenever_they_were_ordered(
    client, session, world, load, sign_in, clock
) -> None:
    done = {"ordered_at": "2025-03-02 08:00:00", "completed_at": "2025-03-04 16:00:00"}
    began = clock().isoformat()
    clock.now += timedelta(minutes=1)
    load(_row(world, "GD-1"), _row(world, "GD-2", **done))
    followed = numbers(client, sign_in("county"), updated_after=began)
    assert len(followed) == 2


def test_there_is_a_template_and_its_example_is_no_order(
    client, session, world, sign_in, load
) -> None:
    reply = client.get("/api/templates/requests.xlsx", headers=sign_in("village"))
    assert reply.status_code == 200, reply.text
    report = load(reply.content)
    assert report.rows == 0
    assert [problem.msg for problem in report.problems] == ["There are no rows"]
    assert _counts(session)[0] == 0


def test_a_result_without_a_time_of_completion_is_told(session, world, load) -> None:
    report = load(_row(world), _row(world, "GD-2", result="已修复"))
    assert _told(report) == [(3, "办结时间")]
    # A time that cannot be read is one mistake, not two.
    report = load(_row(world, completed_at="昨天", result="已修复"))
    assert _told(report) == [(2, "办结时间")]
    report = load(_row(world, ordered_at="昨天", completed_at="2026-03-01"))
    assert _told(report) == [(2, "时间")]
    assert _counts(session)[0] == 0


def test_a_code_against_the_point_is_remarked_by_row(session, world, load) -> None:
    done = {"ordered_at": "2025-03-02", "completed_at": "2025-03-04"}
    report = load(
        _row(world, "GD-1", area_code=make.OTHER_VILLAGE, **done),
        _row(world, "GD-2", area_code=make.VILLAGE),
        _row(world, "GD-3", area_code=make.OTHER_VILLAGE),
        _row(world, "GD-4", area_code="999"),
    )
    assert report.is_committed
    remarks = {remark.row: remark.msg % remark.params for remark in report.remarks}
    assert sorted(remarks) == [2, 4, 5]
    assert make.OTHER_VILLAGE in remarks[2]
    assert "the point was taken" in remarks[4]
    assert "999" in remarks[5]
    villages = {r.village_id for r in session.scalars(select(ServiceRequest))}
    assert villages == {world.county.ids[make.VILLAGE]}


def test_the_names_of_services_are_listed_to_who_writes_another(world, load) -> None:
    report = load(
        _row(world, "GD-1", service="自来水"),
        _row(world, "GD-2", service="停水"),
        _row(world, "GD-3", service="供 水"),
        _row(world, "GD-4", service="xq-shui"),
    )
    first, second = report.problems
    assert (first.row, first.column) == (2, "类别")
    listed = first.mend % first.params
    assert "供水" in listed
    assert "供电" in listed
    assert "row 2" in second.mend % second.params


def test_the_number_of_another_system_is_found_and_shown(
    client, session, world, load, sign_in
) -> None:
    load(_row(world, "GD-1"), _row(world, "GD-2"))
    headers = sign_in("village")
    found = client.get("/api/requests", params={"q": "GD-2"}, headers=headers).json()
    [item] = found["items"]
    assert item["external_id"] == "GD-2"
    one = client.get(f"/api/requests/{item['id']}", headers=headers).json()
    assert one["external_id"] == "GD-2"
    book = client.get("/api/requests.xlsx", params={"q": "GD-2"}, headers=headers)
    header, line = load_workbook(io.BytesIO(book.content)).active.values
    assert line[header.index("外部编号")] == "GD-2"
