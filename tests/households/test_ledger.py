"""The ledger of households over HTTP: who keeps it, where a household lies."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import make
import make_races
import pytest
from sqlalchemy import func, select

from geo_api.accounts.models import AuditEntry
from geo_api.areas.datums import Crs, from_wgs84
from geo_api.households.models import Contact, Household

GROUP_EAST = "620171101201002"
SAME_TOWN = "620171101202"


def _body(world: make.World, code: str = "new-1", **changes: Any) -> dict[str, Any]:
    lon, lat = world.point()
    return {
        "code": code,
        "head_name": "沈某某",
        "address": "东镇东南村一社9号",
        "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
        "phone": "10012345699",
        "id_number": "620171197001010015",
        "member_count": 4,
        **changes,
    }


def _count(session, model=Household) -> int:
    return session.scalar(select(func.count()).select_from(model))


def _path(client, headers, code: str | None = None) -> str:
    items = client.get("/api/households", headers=headers).json()["items"]
    found = items[0] if code is None else next(i for i in items if i["code"] == code)
    return f"/api/households/{found['id']}"


def _audited(session, action: str) -> list[AuditEntry]:
    return list(
        session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == action)
            .order_by(AuditEntry.id)
        )
    )


@pytest.mark.parametrize("crs", list(Crs))
def test_a_point_in_any_crs_becomes_the_same_household_point(
    client, world, sign_in, crs
) -> None:
    x, y = world.point()
    lon, lat = from_wgs84(x, y, crs)
    body = _body(world, location={"lon": lon, "lat": lat, "crs": crs.value})
    added = client.post("/api/households", json=body, headers=sign_in("village"))
    assert added.status_code == 201, added.text
    path = f"/api/households/{added.json()['id']}"
    reveal = {"reveal": "contact"}
    shown = client.get(path, params=reveal, headers=sign_in("village")).json()
    assert shown["contact"]["lon"] == pytest.approx(x, abs=1e-9)
    assert shown["contact"]["lat"] == pytest.approx(y, abs=1e-9)
    assert shown["contact"]["lon_claimed"] == lon
    assert shown["contact"]["crs_claimed"] == crs.value


def test_a_household_is_tied_to_county_town_village_and_group_by_its_point(
    client, world, sign_in
) -> None:
    added = client.post(
        "/api/households", json=_body(world), headers=sign_in("village")
    ).json()
    assert [area["code"] for area in added["areas"]] == [
        "620171",
        "620171101",
        make.VILLAGE,
        make.GROUP,
    ]


def test_a_household_that_moves_is_tied_to_the_areas_there(
    client, world, sign_in
) -> None:
    headers = sign_in("village")
    lon, lat = world.point(GROUP_EAST)
    moved = client.patch(
        _path(client, headers),
        json={"location": {"lon": lon, "lat": lat, "crs": "wgs84"}},
        headers=headers,
    )
    assert moved.status_code == 200, moved.text
    assert moved.json()["areas"][-1]["code"] == GROUP_EAST
    listed = client.get(
        "/api/households", params={"area": GROUP_EAST}, headers=headers
    ).json()
    assert [item["id"] for item in listed["items"]] == [moved.json()["id"]]


def test_a_change_keeps_the_fields_it_does_not_name(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    path = _path(client, headers)
    before = client.get(path, params={"reveal": "contact"}, headers=headers).json()
    changed = client.patch(path, json={"address": "新址1号"}, headers=headers)
    assert changed.json()["address"] == "新址1号"
    after = client.get(path, params={"reveal": "contact"}, headers=headers).json()
    assert after == {**before, "address": "新址1号"}
    assert _audited(session, "household.change")[-1].fields == ["address"]


def test_an_emptied_phone_is_gone_and_the_contact_keeps_its_row(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    path = _path(client, headers)
    rows = _count(session, Contact)
    client.patch(path, json={"phone": "", "head_name": "赵新"}, headers=headers)
    shown = client.get(path, params={"reveal": "contact"}, headers=headers).json()
    assert shown["contact"]["phone"] == ""
    assert shown["contact"]["head_name"] == "赵新"
    assert _count(session, Contact) == rows


def test_an_ended_household_is_in_no_list_and_ends_once(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    path = _path(client, headers)
    assert client.delete(path, headers=headers).status_code == 204
    assert client.get(path, headers=headers).status_code == 404
    assert client.delete(path, headers=headers).status_code == 404
    assert (
        path.rsplit("/", 1)[1]
        not in client.get("/api/households", headers=headers).text
    )
    ended = session.scalar(
        select(Household).where(Household.public_id == UUID(path.rsplit("/", 1)[1]))
    )
    assert ended.ended_at is not None


@pytest.mark.parametrize("name", ["other_village", "other_town", "stranger"])
def test_somebody_elses_household_is_404_for_every_verb(
    client, session, world, sign_in, name
) -> None:
    path = _path(client, sign_in("village"))
    headers = sign_in(name)
    assert client.get("/api/households", headers=headers).json()["items"] == []
    for reply in (
        client.get(path, headers=headers),
        client.get(path, params={"reveal": "contact"}, headers=headers),
        client.patch(path, json={"address": "别处"}, headers=headers),
        client.delete(path, headers=headers),
    ):
        assert reply.status_code == 404, reply.text
    assert session.get_one(Household, world.households[0]).address != "别处"
    assert _audited(session, "household.read") == []


def test_a_household_cannot_be_added_in_somebody_elses_area(
    client, session, world, sign_in
) -> None:
    lon, lat = world.point(make.OTHER_VILLAGE)
    body = _body(world, location={"lon": lon, "lat": lat, "crs": "wgs84"})
    households, contacts = _count(session), _count(session, Contact)
    reply = client.post("/api/households", json=body, headers=sign_in("village"))
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["loc"] == ["body", "location"]
    assert (_count(session), _count(session, Contact)) == (households, contacts)


def test_a_household_cannot_be_moved_into_somebody_elses_area(
    client, world, sign_in
) -> None:
    headers = sign_in("village")
    path = _path(client, headers)
    before = client.get(path, params={"reveal": "contact"}, headers=headers).json()
    lon, lat = world.point(SAME_TOWN)
    location = {"lon": lon, "lat": lat, "crs": "wgs84"}
    reply = client.patch(
        path, json={"location": location, "address": "别处"}, headers=headers
    )
    assert reply.status_code == 422
    after = client.get(path, params={"reveal": "contact"}, headers=headers).json()
    assert after == before
    # The town has both villages: for it the move is no trespass.
    reply = client.patch(path, json={"location": location}, headers=sign_in("town"))
    assert reply.json()["areas"][2]["code"] == SAME_TOWN


@pytest.mark.parametrize("name", ["county", "handler", "grid"])
def test_who_sees_households_does_not_thereby_keep_them(
    client, world, sign_in, name
) -> None:
    headers = sign_in(name)
    path = _path(client, headers)
    assert client.patch(path, json={"address": "x"}, headers=headers).status_code == 403
    assert client.delete(path, headers=headers).status_code == 403
    reply = client.post("/api/households", json=_body(world), headers=headers)
    assert reply.status_code == 403


def test_a_list_shows_surname_and_the_groups_label_point_only(
    client, session, world, sign_in
) -> None:
    reply = client.get("/api/households", headers=sign_in("village"))
    first = reply.json()["items"][0]
    assert first["head_name"] == "赵*"
    assert first["contact"] is None
    assert first["location"] == pytest.approx(world.point())
    for secret in ("赵户主", "10012345671", "620171197001010015"):
        assert secret not in reply.text
    assert _audited(session, "household.read") == []


def test_a_contact_is_revealed_to_the_village_and_audited(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    path = _path(client, headers)
    shown = client.get(path, params={"reveal": "contact"}, headers=headers).json()
    assert shown["contact"]["head_name"] == "赵户主1"
    assert shown["contact"]["phone"] == "10012345671"
    assert shown["contact"]["id_number"] == "620171197001010015"
    [entry] = _audited(session, "household.read")
    assert entry.account_id == world.accounts["village"]
    assert str(entry.subject_id) == shown["id"]
    assert set(entry.fields) == {"head_name", "phone", "id_number", "point"}


def test_a_contact_is_revealed_to_who_cares_for_the_household(
    client, world, sign_in
) -> None:
    headers = sign_in("handler")
    shown = client.get(
        _path(client, headers), params={"reveal": "contact"}, headers=headers
    )
    assert shown.json()["contact"]["phone"] == "10012345671"


@pytest.mark.parametrize("name", ["admin", "county", "town", "grid"])
def test_leaders_and_administrators_do_without_the_contact(
    client, session, world, sign_in, name
) -> None:
    headers = sign_in(name)
    reply = client.get(
        _path(client, headers), params={"reveal": "contact"}, headers=headers
    )
    assert reply.status_code == 403
    assert "1001234567" not in reply.text
    assert _audited(session, "household.read") == []


def test_the_auditor_reads_no_households(client, world, sign_in) -> None:
    reply = client.get("/api/households", headers=sign_in("auditor"))
    assert reply.status_code == 403


@pytest.mark.parametrize("name", ["village", "other_village"])
def test_a_taken_ledger_code_is_a_conflict_whoevers_it_is(
    client, session, world, sign_in, name
) -> None:
    area = make.GROUP if name == "village" else make.OTHER_VILLAGE
    lon, lat = world.point(area)
    body = _body(
        world,
        code=f"{make.GROUP}-0001",
        location={"lon": lon, "lat": lat, "crs": "wgs84"},
    )
    reply = client.post("/api/households", json=body, headers=sign_in(name))
    assert reply.status_code == 409
    assert reply.json()["errors"][0]["loc"] == ["body", "code"]
    assert session.get_one(Household, world.households[0]).address == (
        "东镇东南村一社1号"
    )


@pytest.mark.parametrize(
    ("location", "loc"),
    [
        ({"lon": 36.6, "lat": 103.5, "crs": "wgs84"}, ["body", "location"]),
        ({"lon": 100.0, "lat": 30.0, "crs": "wgs84"}, ["body", "location"]),
        ({"lon": 103.5, "lat": 36.6, "crs": "utm48"}, ["body", "location", "crs"]),
        ({"lon": 103.5, "lat": 36.6}, ["body", "location", "crs"]),
        ({"lon": "NaN", "lat": 36.6, "crs": "wgs84"}, ["body", "location", "lon"]),
        ({"lon": 1e300, "lat": 36.6, "crs": "gcj02"}, ["body", "location"]),
    ],
)
def test_a_bad_point_says_where_what_and_how_to_mend_it(
    client, session, world, sign_in, location, loc
) -> None:
    headers = sign_in("village")
    path = _path(client, headers)
    before = _count(session)
    for reply in (
        client.post(
            "/api/households", json=_body(world, location=location), headers=headers
        ),
        client.patch(path, json={"location": location}, headers=headers),
    ):
        assert reply.status_code == 422, reply.text
        [error] = reply.json()["errors"]
        assert error["loc"] == loc
        assert error["msg"]
        assert error["mend"]
    assert _count(session) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id_number", "620171197001010016"),
        ("phone", "12-34"),
        ("code", "two words"),
        ("head_name", "沈\u0000某"),
        ("address", "一行\n两行"),
        ("member_count", 0),
        ("nickname", "阿沈"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_written(
    client, session, world, sign_in, field, value
) -> None:
    before = _count(session), _count(session, Contact)
    reply = client.post(
        "/api/households",
        json=_body(world, **{field: value}),
        headers=sign_in("village"),
    )
    assert reply.status_code == 422, reply.text
    assert reply.json()["errors"][0]["loc"] == ["body", field]
    assert (_count(session), _count(session, Contact)) == before


def test_lists_page_by_code_and_search_address_and_code(client, world, sign_in) -> None:
    headers = sign_in("village")
    page = client.get("/api/households", params={"limit": 1}, headers=headers).json()
    assert [i["code"] for i in page["items"]] == [f"{make.GROUP}-0001"]
    rest = client.get(
        "/api/households",
        params={"limit": 1, "cursor": page["next"]},
        headers=headers,
    ).json()
    assert [i["code"] for i in rest["items"]] == [f"{make.GROUP}-0002"]
    assert rest["next"] is None
    for q in ("一社2号", f"{make.GROUP}-0002"):
        found = client.get("/api/households", params={"q": q}, headers=headers).json()
        assert [i["code"] for i in found["items"]] == [f"{make.GROUP}-0002"]
    # A wildcard is a character like any other.
    found = client.get("/api/households", params={"q": "%"}, headers=headers).json()
    assert found["items"] == []


def test_two_who_add_one_code_at_once_make_one_household(
    committing_client, fresh_database, cipher, now
) -> None:
    with fresh_database.sessions.transaction() as session:
        world = make.a_world(session, cipher, now)
        keepers = [
            make.a_token(session, world, name, now)
            for name in ("village", "other_village")
        ]
    areas = (make.GROUP, make.OTHER_VILLAGE)
    bodies = [
        _body(
            world,
            address=f"{area}的地址",
            location=dict(zip(("lon", "lat"), world.point(area), strict=True))
            | {"crs": "wgs84"},
        )
        for area in areas
    ]
    statuses = make_races.at_once(
        lambda i: (
            committing_client.post(
                "/api/households", json=bodies[i], headers=keepers[i]
            ).status_code
        ),
        2,
    )
    assert sorted(statuses) == [201, 409]
    winner = statuses.index(201)
    with fresh_database.sessions.transaction() as session:
        [household] = session.scalars(
            select(Household).where(Household.code == "new-1")
        ).all()
        assert household.address == f"{areas[winner]}的地址"
