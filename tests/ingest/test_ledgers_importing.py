"""Ledgers over HTTP: templates, dry runs, all rows or none, loaded twice."""

from __future__ import annotations

import csv
import io
from typing import Any

import make
import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from geo_api.accounts.models import AuditEntry
from geo_api.areas.datums import Crs, from_wgs84
from geo_api.duties.models import Duty
from geo_api.households.contacts import read_contact
from geo_api.households.models import Contact, Household, HouseholdPlace
from geo_api.http.language import translations
from geo_api.ingest import households, people, zones
from geo_api.people.models import Person
from geo_api.zones.models import ResponsibilityZone, ZoneHousehold
from geo_api.zones.queries import shapes_of

GROUP_EAST = "620171101201002"
SECOND = f"{make.GROUP}002"
TABLES = (
    Household,
    HouseholdPlace,
    Contact,
    Person,
    Duty,
    ResponsibilityZone,
    ZoneHousehold,
    AuditEntry,
)
COLUMNS = {
    "households": households.COLUMNS,
    "people": people.COLUMNS,
    "zones": zones.COLUMNS,
}


def _csv(ledger: str, *rows: dict[str, Any], encoding: str = "utf-8") -> bytes:
    """A ledger with the columns that its rows name, under their Chinese headers."""
    given = [c for c in COLUMNS[ledger] if any(c.name in row for row in rows)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.header for column in given])
    writer.writerows([[row.get(c.name, "") for c in given] for row in rows])
    return out.getvalue().encode(encoding)


def _upload(client, headers, ledger: str, blob: bytes, **params: str):
    return client.post(
        f"/api/imports/{ledger}",
        params=params,
        files={"file": ("ledger.csv", blob)},
        headers=headers,
    )


def _load(client, headers, ledger: str, blob: bytes) -> dict[str, Any]:
    reply = _upload(client, headers, ledger, blob, commit="true")
    assert reply.status_code == 200, reply.text
    return reply.json()


def _counts(session) -> list[int]:
    return [session.scalar(select(func.count()).select_from(t)) for t in TABLES]


def _household(world: make.World, code: str = "a-1", **changes: Any) -> dict[str, Any]:
    lon, lat = world.point()
    return {
        "code": code,
        "head_name": "沈某某",
        "address": f"东镇东南村一社{code}号",
        "lon": lon,
        "lat": lat,
        "crs": "wgs84",
        "phone": "10012345655",
        "id_number": "620171197001010015",
        "member_count": "4",
        **changes,
    }


def _find(session, code: str) -> Household:
    return session.scalar(select(Household).where(Household.code == code))


@pytest.mark.parametrize("ledger", list(COLUMNS))
def test_the_template_has_the_header_and_an_example(client, world, sign_in, ledger):
    reply = client.get(f"/api/templates/{ledger}.xlsx", headers=sign_in("village"))
    assert reply.status_code == 200
    assert f"{ledger}.xlsx" in reply.headers["content-disposition"]
    sheet = load_workbook(io.BytesIO(reply.content)).active
    header, example = sheet.iter_rows(values_only=True)
    assert list(header) == [column.header for column in COLUMNS[ledger]]
    for column, cell in zip(COLUMNS[ledger], example, strict=True):
        assert cell or not column.is_required


@pytest.mark.parametrize(
    ("ledger", "line"),
    [
        ("households", ["t-1", "沈某", "一社1号", "LON", "LAT", "cgcs2000", "", "", 3]),
        ("people", ["T-1", "沈某", "是", "", "网格", GROUP_EAST, "2026-03-01", ""]),
        ("zones", [f"{GROUP_EAST}001", "二社第一联户", GROUP_EAST, ""]),
    ],
)
def test_the_template_filled_in_is_accepted(client, world, sign_in, ledger, line):
    headers = sign_in("village")
    template = client.get(f"/api/templates/{ledger}.xlsx", headers=headers).content
    book = load_workbook(io.BytesIO(template))
    point = dict(zip(("LON", "LAT"), world.point(GROUP_EAST), strict=True))
    book.active.append([point.get(cell, cell) for cell in line])
    filled = io.BytesIO()
    book.save(filled)
    report = _load(client, headers, ledger, filled.getvalue())
    assert report["problems"] == []
    # The example was left where it stood: it is no household of anybody.
    assert (report["rows"], report["added"], report["changed"]) == (1, 1, 0)
    assert report["is_committed"] is True


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_names_arrive_whole_from_either_encoding(
    client, session, world, sign_in, cipher, encoding
) -> None:
    blob = _csv("households", _household(world), encoding=encoding)
    _load(client, sign_in("village"), "households", blob)
    household = _find(session, "a-1")
    assert household.address == "东镇东南村一社a-1号"
    contact = read_contact(cipher, session.get_one(Contact, household.contact_id))
    assert contact.name == "沈某某"


@pytest.mark.parametrize("crs", list(Crs))
def test_points_of_each_crs_are_converted_and_tied(
    client, session, world, sign_in, crs
) -> None:
    x, y = world.point(GROUP_EAST)
    lon, lat = from_wgs84(x, y, crs)
    line = _household(world, lon=lon, lat=lat, crs=crs.value.upper())
    _load(client, sign_in("village"), "households", _csv("households", line))
    household = _find(session, "a-1")
    place = session.get_one(HouseholdPlace, (world.county.edition_id, household.id))
    assert place.group_id == world.county.ids[GROUP_EAST]
    assert household.crs_claimed == crs.value
    at = session.execute(
        select(func.ST_X(Household.geom), func.ST_Y(Household.geom)).where(
            Household.id == household.id
        )
    ).one()
    assert tuple(at) == pytest.approx((x, y), abs=1e-9)


def _people_line(code: str = "N-1", **changes: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": "沈新人",
        "is_party_member": "是",
        "phone": "10012345644",
        "kind": "网格",
        "place": GROUP_EAST,
        "valid_from": "2026-03-01",
        "valid_to": "",
        **changes,
    }


def _zone_line(world: make.World, **changes: Any) -> dict[str, Any]:
    return {
        "code": SECOND,
        "name": "一社第2联户",
        "area": make.GROUP,
        "household": f"{make.GROUP}-0001",
        **changes,
    }


def _ledgers(world: make.World) -> dict[str, bytes]:
    return {
        "households": _csv("households", _household(world), _household(world, "a-2")),
        "people": _csv(
            "people", _people_line(), _people_line(kind="驻村", place=make.VILLAGE)
        ),
        "zones": _csv(
            "zones",
            _zone_line(world),
            _zone_line(
                world, code=f"{GROUP_EAST}001", name="新区", area=GROUP_EAST
            ) | {"household": ""},
        ),
    }  # fmt: skip


@pytest.mark.parametrize("ledger", list(COLUMNS))
def test_a_dry_run_tells_what_would_happen_and_writes_nothing(
    client, session, world, sign_in, ledger
) -> None:
    headers = sign_in("town")
    before = _counts(session)
    dry = _upload(client, headers, ledger, _ledgers(world)[ledger]).json()
    assert dry["is_acceptable"] is True, dry
    assert dry["is_committed"] is False
    assert _counts(session) == before
    done = _load(client, headers, ledger, _ledgers(world)[ledger])
    assert done == {**dry, "is_committed": True}
    assert _counts(session) != before


@pytest.mark.parametrize("ledger", list(COLUMNS))
def test_importing_twice_doubles_nothing(
    client, session, world, sign_in, ledger, clock
) -> None:
    first = _load(client, sign_in("town"), ledger, _ledgers(world)[ledger])
    counts = _counts(session)
    clock.now = clock.now.replace(day=5)
    again = _load(client, sign_in("town"), ledger, _ledgers(world)[ledger])
    assert again["added"] == 0
    assert again["changed"] == first["added"] + first["changed"]
    *rows, audited = _counts(session)
    assert rows == counts[:-1]
    assert audited == counts[-1] + 1


def test_who_imported_what_is_audited_without_its_content(
    client, session, world, sign_in
) -> None:
    _load(client, sign_in("village"), "households", _ledgers(world)["households"])
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "import.households")
    ).one()
    assert entry.account_id == world.accounts["village"]
    assert entry.detail == {"rows": 2, "added": 2, "changed": 0}


HOUSEHOLD_PROBLEMS = [
    ({"code": f"{make.GROUP} 1"}, "户编码"),
    ({"code": ""}, "户编码"),
    ({"head_name": "沈" * 61}, "户主姓名"),
    ({"address": "址" * 201}, "地址"),
    ({"lon": "east"}, "经度"),
    ({"lon": "nan"}, "经度"),
    ({"lon": "90"}, "经度"),
    ({"lon": "36.5", "lat": "103.5"}, "经度"),
    ({"lat": ""}, "纬度"),
    ({"crs": "utm48"}, "坐标系"),
    ({"crs": ""}, "坐标系"),
    ({"phone": "12-34"}, "电话"),
    ({"id_number": "620171197001010016"}, "身份证号"),
    ({"id_number": "62017119700101001X"}, "身份证号"),
    ({"member_count": "0"}, "人口"),
    ({"member_count": "4.5"}, "人口"),
    ({"member_count": "99999999999"}, "人口"),
]


@pytest.mark.parametrize(("change", "column"), HOUSEHOLD_PROBLEMS)
def test_one_wrong_household_keeps_the_whole_ledger_out(
    client, session, world, sign_in, change, column
) -> None:
    before = _counts(session)
    blob = _csv(
        "households", _household(world), _household(world, **({"code": "a-2"} | change))
    )
    report = _load(client, sign_in("village"), "households", blob)
    assert report["is_acceptable"] is False
    assert report["is_committed"] is False
    [problem] = report["problems"]
    assert problem["row"] == 3
    assert problem["column"] == column
    assert problem["msg"]
    assert problem["mend"]
    assert _counts(session) == before


def test_every_wrong_row_is_told_at_once(client, world, sign_in) -> None:
    def told(*changes: dict[str, Any]) -> list[int]:
        lines = [_household(world, f"b-{i}", **c) for i, c in enumerate(changes)]
        report = _load(
            client, sign_in("village"), "households", _csv("households", *lines)
        )
        return sorted(problem["row"] for problem in report["problems"])

    # First what cannot be read, then what cannot be, then what lies elsewhere.
    assert told({"lon": "east"}, {}, {"lat": ""}, {"member_count": "4.5"}) == [2, 4, 5]
    assert told({"phone": "12"}, {}, {"id_number": "1"}, {"member_count": "0"}) == [
        2,
        4,
        5,
    ]
    assert told({"lon": "90"}, {}, {"lon": "91"}) == [2, 4]


def test_a_code_may_stand_in_one_row_only(client, session, world, sign_in) -> None:
    before = _counts(session)
    blob = _csv("households", _household(world), _household(world, address="别处"))
    report = _load(client, sign_in("village"), "households", blob)
    assert [(p["row"], p["column"]) for p in report["problems"]] == [(3, "户编码")]
    assert _counts(session) == before


@pytest.mark.parametrize("name", ["village", "town"])
def test_a_point_in_somebody_elses_area_is_refused(
    client, session, world, sign_in, name
) -> None:
    before = _counts(session)
    lon, lat = world.point(make.OTHER_VILLAGE)
    blob = _csv(
        "households", _household(world), _household(world, "a-2", lon=lon, lat=lat)
    )
    report = _load(client, sign_in(name), "households", blob)
    assert [(p["row"], p["column"]) for p in report["problems"]] == [(3, "经度")]
    assert _counts(session) == before


def test_a_code_does_not_take_over_another_villages_household(
    client, session, world, sign_in, cipher
) -> None:
    lon, lat = world.point(make.OTHER_VILLAGE)
    stolen = _household(world, f"{make.GROUP}-0001", lon=lon, lat=lat)
    report = _load(
        client, sign_in("other_village"), "households", _csv("households", stolen)
    )
    assert [p["column"] for p in report["problems"]] == ["户编码"]
    household = session.get_one(Household, world.households[0])
    assert household.address == "东镇东南村一社1号"
    contact = session.get_one(Contact, household.contact_id)
    assert read_contact(cipher, contact).name == "赵户主1"


def test_an_ended_household_may_come_back_to_its_own_village_only(
    client, session, world, sign_in, now
) -> None:
    session.get_one(Household, world.households[0]).ended_at = now
    session.flush()
    code = f"{make.GROUP}-0001"
    lon, lat = world.point(make.OTHER_VILLAGE)
    there = _csv("households", _household(world, code, lon=lon, lat=lat))
    refused = _load(client, sign_in("other_village"), "households", there)
    assert refused["is_acceptable"] is False
    here = _csv("households", _household(world, code))
    assert _load(client, sign_in("village"), "households", here)["changed"] == 1
    assert session.get_one(Household, world.households[0]).ended_at is None


def test_a_column_that_is_not_there_changes_nothing_an_empty_cell_empties(
    client, session, world, sign_in, cipher
) -> None:
    code = f"{make.GROUP}-0001"
    line = _household(world, code, phone="")
    del line["id_number"]
    _load(client, sign_in("village"), "households", _csv("households", line))
    household = session.get_one(Household, world.households[0])
    contact = read_contact(cipher, session.get_one(Contact, household.contact_id))
    assert contact.phone == ""
    assert contact.id_number == "620171197001010015"


@pytest.mark.parametrize(
    ("ledger", "name", "status"),
    [
        ("households", "handler", 403),
        ("households", "county", 403),
        ("people", "auditor", 403),
        ("zones", "grid", 403),
        ("households", None, 401),
        ("horses", "admin", 422),
    ],
)
def test_who_keeps_no_ledger_imports_none(
    client, session, world, sign_in, ledger, name, status
) -> None:
    headers = sign_in(name) if name else {}
    reply = _upload(client, headers, ledger, _ledgers(world)["households"])
    assert reply.status_code == status


@pytest.mark.parametrize(
    "blob",
    [b"", b"\x00\x01", b"PK\x03\x04 no", "姓名\n沈某\n".encode(), b"a,b\n1,2\n"],
)
@pytest.mark.parametrize("ledger", list(COLUMNS))
def test_an_unreadable_file_is_a_clear_422(
    client, session, world, sign_in, ledger, blob
) -> None:
    before = _counts(session)
    reply = _upload(client, sign_in("admin"), ledger, blob, commit="true")
    assert reply.status_code == 422, reply.text
    [error] = reply.json()["errors"]
    assert error["loc"] == ["file"]
    assert error["mend"]
    assert _counts(session) == before


def test_people_come_with_duties_and_an_encrypted_phone(
    client, session, world, sign_in, cipher
) -> None:
    lines = [
        _people_line(),
        _people_line(kind="联户", place=make.ZONE, valid_to="2027-01-01"),
        _people_line("N-2", name="沈二", phone="", kind="", place="", valid_from=""),
    ]
    report = _load(client, sign_in("village"), "people", _csv("people", *lines))
    assert (report["rows"], report["added"]) == (3, 2)
    first = session.scalar(select(Person).where(Person.code == "N-1"))
    assert first.is_party_member is True
    assert cipher.decrypt(session.get_one(Contact, first.contact_id).phone) == (
        "10012345644"
    )
    duties = session.scalars(
        select(Duty).where(Duty.person_id == first.id).order_by(Duty.kind)
    ).all()
    assert [duty.kind for duty in duties] == ["grid", "household_care"]
    assert duties[1].valid_to.isoformat() == "2027-01-01"
    second = session.scalar(select(Person).where(Person.code == "N-2"))
    assert second.contact_id is None


def test_a_phone_in_the_ledger_renews_the_contact_in_its_row(
    client, session, world, sign_in, cipher
) -> None:
    headers = sign_in("village")
    _load(client, headers, "people", _csv("people", _people_line()))
    rows = _counts(session)[TABLES.index(Contact)]
    blob = _csv("people", _people_line(phone="10012345633"))
    _load(client, headers, "people", blob)
    assert _counts(session)[TABLES.index(Contact)] == rows
    person = session.scalar(select(Person).where(Person.code == "N-1"))
    contact = session.scalar(select(Contact).where(Contact.id == person.contact_id))
    assert cipher.decrypt(contact.phone) == "10012345633"


def test_the_ledger_may_end_a_duty_that_is_there(
    client, session, world, sign_in
) -> None:
    line = _people_line(
        "P-grid", name="孙网格", place=make.GROUP, valid_to="2026-04-01"
    )
    del line["phone"], line["is_party_member"]
    _load(client, sign_in("village"), "people", _csv("people", line))
    duties = session.scalars(
        select(Duty).where(Duty.person_id == world.people["grid"])
    ).all()
    assert [duty.valid_to.isoformat() for duty in duties] == ["2026-04-01"]


def test_the_ledger_does_not_end_the_last_desk(client, session, world, sign_in) -> None:
    line = _people_line(
        "P-town_desk", kind="镇值班", place="620171101", valid_to="2026-04-01"
    )
    report = _load(client, sign_in("town"), "people", _csv("people", line))
    assert [p["column"] for p in report["problems"]] == ["结束日期"]
    assert session.get_one(Duty, world.duties["town_desk"]).valid_to is None


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"code": "N 1"}, "人员编码"),
        ({"name": ""}, "姓名"),
        ({"name": "沈" * 61}, "姓名"),
        ({"is_party_member": "也许"}, "党员"),
        ({"phone": "12"}, "电话"),
        ({"kind": "村长"}, "职责"),
        ({"kind": "镇值班", "place": "620171101"}, "职责"),
        ({"place": "620171101299"}, "区划或责任区编码"),
        ({"place": make.OTHER_VILLAGE}, "区划或责任区编码"),
        ({"kind": "联户", "place": make.GROUP}, "区划或责任区编码"),
        ({"place": ""}, "区划或责任区编码"),
        ({"valid_from": "三月一日"}, "起始日期"),
        ({"kind": ""}, "职责"),
        ({"valid_to": "2026-02-01"}, "结束日期"),
    ],
)
def test_one_wrong_person_keeps_the_whole_ledger_out(
    client, session, world, sign_in, change, column
) -> None:
    before = _counts(session)
    blob = _csv("people", _people_line(), _people_line(**({"code": "N-2"} | change)))
    report = _load(client, sign_in("village"), "people", blob)
    assert [(p["row"], p["column"]) for p in report["problems"]] == [(3, column)]
    assert _counts(session) == before


@pytest.mark.parametrize(
    ("second", "column"),
    [
        ({"name": "沈别名", "kind": "联户", "place": make.ZONE}, "姓名"),
        ({}, "职责"),
        ({"valid_from": "2026-05-01"}, "职责"),
    ],
)
def test_rows_of_one_person_agree_and_are_not_doubled(
    client, session, world, sign_in, second, column
) -> None:
    before = _counts(session)
    blob = _csv("people", _people_line(), _people_line(**second))
    report = _load(client, sign_in("village"), "people", blob)
    assert [(p["row"], p["column"]) for p in report["problems"]] == [(3, column)]
    assert _counts(session) == before


def test_a_code_does_not_rename_who_answers_elsewhere(
    client, session, world, sign_in
) -> None:
    line = _people_line("P-care", kind="", place="", valid_from="")
    report = _load(client, sign_in("other_village"), "people", _csv("people", line))
    assert [p["column"] for p in report["problems"]] == ["人员编码"]
    assert session.get_one(Person, world.people["care"]).name == "钱联户"


def test_a_zones_ledger_puts_households_into_lists(
    client, session, world, sign_in
) -> None:
    blob = _csv("zones", _zone_line(world))
    _load(client, sign_in("village"), "zones", blob)
    rows = session.execute(
        select(ZoneHousehold.zone_id, ZoneHousehold.valid_to)
        .where(ZoneHousehold.household_id == world.households[0])
        .order_by(ZoneHousehold.valid_from)
    ).all()
    assert [tuple(row) for row in rows] == [
        (world.zones[make.ZONE], make.TODAY),
        (world.zones[SECOND], None),
    ]
    # The ledger draws no polygon, and takes none away.
    zone = session.get_one(ResponsibilityZone, world.zones[SECOND])
    assert shapes_of(session, [zone], make.TODAY).keys() == {zone.id}


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"code": "a b"}, "责任区编码"),
        ({"area": "620171101299"}, "所属区划编码"),
        ({"area": make.OTHER_VILLAGE}, "所属区划编码"),
        ({"area": "620171"}, "所属区划编码"),
        ({"household": "nobody"}, "户编码"),
        ({"code": f"{GROUP_EAST}001", "area": GROUP_EAST}, "户编码"),
    ],
)
def test_one_wrong_zone_keeps_the_whole_ledger_out(
    client, session, world, sign_in, changes, column
) -> None:
    before = _counts(session)
    fine = _zone_line(world, household=f"{make.GROUP}-0002")
    wrong = _zone_line(world, **({"code": f"{make.GROUP}009"} | changes))
    blob = _csv("zones", fine, wrong)
    report = _load(client, sign_in("village"), "zones", blob)
    assert [(p["row"], p["column"]) for p in report["problems"]] == [(3, column)]
    assert _counts(session) == before


def test_a_household_stands_in_one_list_of_a_ledger(
    client, session, world, sign_in
) -> None:
    before = _counts(session)
    blob = _csv("zones", _zone_line(world), _zone_line(world, code=make.ZONE))
    report = _load(client, sign_in("village"), "zones", blob)
    assert [(p["row"], p["column"]) for p in report["problems"]] == [(3, "户编码")]
    assert _counts(session) == before


def test_a_code_does_not_take_over_another_villages_zone(
    client, session, world, sign_in
) -> None:
    stolen = _zone_line(world, area=make.OTHER_VILLAGE, household="")
    report = _load(client, sign_in("other_village"), "zones", _csv("zones", stolen))
    assert [p["column"] for p in report["problems"]] == ["责任区编码"]
    zone = session.get_one(ResponsibilityZone, world.zones[SECOND])
    assert zone.area_id == world.county.ids[make.GROUP]


def test_problems_are_told_in_the_callers_language(client, world, sign_in) -> None:
    blob = _csv("households", _household(world, phone="12"))
    english = {**sign_in("village"), "Accept-Language": "en"}
    [problem] = _load(client, english, "households", blob)["problems"]
    assert problem["msg"] == "This is not a phone number"
    [problem] = _load(client, sign_in("village"), "households", blob)["problems"]
    assert problem["msg"] == translations("zh-CN").gettext("This is not a phone number")
    assert problem["msg"] != "This is not a phone number"
