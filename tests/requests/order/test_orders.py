"""Ordering: what is claimed is kept, what is found is exact, nobody learns too much."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import make
import make_coverage
import make_requests
import pytest
from make_requests import act, an_order, decisions, history, path_of
from shapely import box
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from geo_api.accounts.models import AuditEntry
from geo_api.accounts.portal_keys import create_portal_key
from geo_api.areas.datums import Crs, from_wgs84
from geo_api.areas.models import Edition
from geo_api.requests.models import DispatchDecision, ServiceRequest

_CONTACT = {"name": "褚先生", "phone": "10098765432"}


@pytest.fixture
def portal(session: Session, world: make.World, now) -> dict[str, str]:
    """Headers of another portal."""
    _, secret = create_portal_key(
        session,
        name="某门户",
        origins=[],
        layers=["heat"],
        area_ids=[world.county.ids["620171"]],
        now=now,
    )
    session.flush()
    return {"X-Portal-Key": secret}


def _row(session: Session, number: str) -> ServiceRequest:
    return session.scalars(
        select(ServiceRequest).where(ServiceRequest.number == number)
    ).one()


@pytest.mark.parametrize("crs", [Crs.WGS84, Crs.CGCS2000, Crs.GCJ02, Crs.BD09])
def test_the_point_is_found_exactly_and_the_claim_is_kept(
    client, session, world, crs: Crs
) -> None:
    lon, lat = make_requests.point_in_zone(world)
    x, y = from_wgs84(lon, lat, crs)
    place = {"lon": x, "lat": y, "crs": crs.value, "accuracy_m": 12.5}
    number = make_requests.order(client, world, location=place)["number"]
    row = _row(session, number)
    found = session.execute(
        select(func.ST_X(ServiceRequest.geom), func.ST_Y(ServiceRequest.geom)).where(
            ServiceRequest.id == row.id
        )
    ).one()
    assert tuple(found) == pytest.approx((lon, lat), abs=1e-9)
    claimed = (row.lon_claimed, row.lat_claimed, row.crs_claimed, row.accuracy_m)
    assert claimed == (x, y, crs.value, 12.5)
    assert row.edition_id == world.county.edition_id


def test_naming_the_wrong_datum_would_ask_another_place(client, world, sign_in) -> None:
    """220 m lie between the datums: beside a line they decide."""
    _, south, east, north = world.county.shapes[make.GROUP].bounds
    lon, lat = east - 0.001, (south * 3 + north) / 4
    codes = {}
    for crs in ("wgs84", "gcj02"):
        ordered = make_requests.order(
            client, world, sign_in("county"),
            location={"lon": lon + 0.002, "lat": lat, "crs": crs},
        )  # fmt: skip
        codes[crs] = ordered["areas"][-1]["code"]
    assert codes == {"wgs84": "620171101201002", "gcj02": make.GROUP}


def test_a_point_on_a_border_goes_to_one_zone_whoever_asks(
    client, world, sign_in
) -> None:
    west, south, east, north = world.county.shapes[make.GROUP].bounds
    middle = (south + north) / 2
    on_lines = [
        (east, middle), (east, south + 0.03), (west + 0.03, middle), (west, south),
        (east, north), (west + 0.01, north), (east, south),
    ]  # fmt: skip
    for lon, lat in on_lines:
        told = client.get(
            "/api/locate",
            params={"lon": lon, "lat": lat, "crs": "wgs84"},
            headers=sign_in("county"),
        ).json()
        zones = set()
        for crs in (Crs.WGS84, Crs.GCJ02, Crs.BD09):
            x, y = from_wgs84(lon, lat, crs)
            ordered = make_requests.order(
                client, world, sign_in("county"),
                location={"lon": x, "lat": y, "crs": crs.value},
            )  # fmt: skip
            assert ordered["areas"] == told["areas"]
            zones.add(ordered["zone"]["code"] if ordered["zone"] else None)
        assert zones == {told["zones"][0]["code"] if told["zones"] else None}


def test_a_request_keeps_the_edition_that_decided_it(
    client, session, world, sign_in
) -> None:
    ordered = make_requests.order(client, world)
    path = path_of(client, ordered)
    square = box(make.WEST, make.SOUTH, make.WEST + 0.4, make.SOUTH + 0.4)
    drafts = make_coverage.wiggly(2, 2).drafts[:1]
    redrawn = make_coverage.store(
        session,
        [type(drafts[0])("620171", "演示县", drafts[0].type, None, square)],
        day=date(2026, 3, 1),
    )
    act(client, path, "decline", sign_in("handler"), {"reason": "not_my_duty"})
    row = _row(session, ordered["number"])
    assert row.edition_id == world.county.edition_id != redrawn.id
    kept = session.scalars(select(DispatchDecision.edition_id)).all()
    assert set(kept) == {world.county.edition_id}
    assert session.get_one(Edition, redrawn.id).active_from == date(2026, 3, 1)


def test_without_an_account_one_learns_the_surname_and_the_duty(
    client, world, portal
) -> None:
    for headers in ({}, portal):
        ordered = make_requests.order(client, world, headers, contact=_CONTACT)
        told = {name for name, value in ordered.items() if value is not None}
        assert told == {"number", "stage", "due_at", "tracking_url", "handler"}
        assert ordered["handler"] == {
            "person_id": None, "name": "钱*", "duty": "household_care",
        }  # fmt: skip


def test_a_cadre_orders_for_an_old_neighbour(client, session, world, sign_in) -> None:
    ordered = make_requests.order(
        client, world, sign_in("village"), channel="phone", contact=_CONTACT
    )
    row = _row(session, ordered["number"])
    assert row.entered_by == world.accounts["village"]
    assert row.channel == "phone"
    shown = client.get(
        f"/api/requests/{ordered['id']}", headers=sign_in("handler")
    ).json()
    assert shown["is_on_behalf"] is True
    assert shown["channel"] == "phone"


def test_more_than_a_person_would_order_goes_to_the_town_desk(
    client, world, sign_in, settings, clock
) -> None:
    limit = settings.dispatch.orders_per_hour
    for _ in range(limit):
        assert make_requests.order(client, world)["handler"]["duty"] != "town_desk"
    above = make_requests.order(client, world)
    assert above["handler"]["duty"] == "town_desk"
    (decision,) = decisions(client, path_of(client, above), sign_in("town"))
    assert decision["candidates"][0]["reason"] == "town_decides"
    known = make_requests.order(client, world, sign_in("village"))
    assert known["handler"]["duty"] == "household_care"
    clock.now += timedelta(hours=1, seconds=1)
    later = make_requests.order(client, world)
    assert later["handler"]["duty"] == "household_care"


def test_a_tracking_link_orders_nothing(client, world) -> None:
    link = make_requests.link_of(make_requests.order(client, world))
    body = make_requests.an_order(world)
    assert client.post("/api/requests", json=body, headers=link).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "\x01\x02 "},
        {"description": "长" * 4001},
        {"service_code": None},
        {"channel": "pigeon"},
        {"contact": {"phone": "call me"}},
        {"about": "019a0000-0000-7000-8000-000000000000"},
        {"location": {"lon": 103.5, "lat": 36.5}},
        {"location": {"lon": 36.5, "lat": 103.5, "crs": "wgs84"}},
        {"unknown": 1},
    ],
)
def test_bad_orders_change_nothing(client, session, world, changes: dict) -> None:
    body = make_requests.an_order(world, **changes)
    reply = client.post("/api/requests", json=body)
    assert reply.status_code == 422, reply.text
    assert all(e["msg"] and e["loc"][0] == "body" for e in reply.json()["errors"])
    assert session.scalar(select(func.count()).select_from(ServiceRequest)) == 0


def test_an_unknown_service_is_not_found(client, world) -> None:
    body = make_requests.an_order(world, service_code="XX")
    assert client.post("/api/requests", json=body).status_code == 404


def _first_household(client, headers: dict[str, str]) -> dict[str, Any]:
    item: dict[str, Any] = client.get("/api/households", headers=headers).json()[
        "items"
    ][0]
    return item


def test_a_household_is_ordered_for_in_scope_only(client, world, sign_in) -> None:
    household = _first_household(client, sign_in("village"))["id"]
    body = make_requests.an_order(world, location={"household_id": household})
    assert client.post("/api/requests", json=body).status_code == 401
    for name in ("other_village", "auditor"):
        refused = client.post("/api/requests", json=body, headers=sign_in(name))
        assert refused.status_code == 404
        assert refused.json()["errors"][0]["loc"] == ["body", "household_id"]
    ordered = make_requests.order(
        client, world, sign_in("village"), location=None, household_id=household
    )
    assert ordered["explanation"]["basis"] == "household"
    assert ordered["handler"]["duty"] == "household_care"


def test_a_households_door_is_told_to_who_goes_there(client, world, sign_in) -> None:
    household = _first_household(client, sign_in("village"))["id"]
    ordered = make_requests.order(
        client, world, sign_in("village"), location=None, household_id=household
    )
    path = f"/api/requests/{ordered['id']}"
    for name, knows in (("handler", True), ("village", True), ("town", False)):
        shown = client.get(path, headers=sign_in(name)).json()
        listed = client.get("/api/requests", headers=sign_in(name)).json()["items"][0]
        assert (shown["household_id"] == household) is knows
        assert bool(shown["location"] and shown["address"]) is knows
        assert listed["household_id"] is None
        assert listed["location"] is None


def test_a_contact_is_masked_until_duty_needs_it(
    client, session, world, sign_in
) -> None:
    ordered = make_requests.order(client, world, contact=_CONTACT)
    path = path_of(client, ordered)
    for name in ("handler", "grid", "village", "town", "county"):
        shown = client.get(path, headers=sign_in(name)).json()
        masked = {"name": "褚*", "phone": "100****5432", "erased_at": None}
        assert shown["contact"] == masked
    assert (
        client.get(path, headers=make_requests.link_of(ordered)).json()["contact"]
        is None
    )
    reveal = f"{path}?reveal=contact"
    for name, status in (
        ("handler", 200), ("village", 200), ("grid", 403), ("town", 403),
    ):  # fmt: skip
        reply = client.get(reveal, headers=sign_in(name))
        assert reply.status_code == status
        if status == 200:
            assert reply.json()["contact"] == {**_CONTACT, "erased_at": None}
    readers = session.scalars(
        select(AuditEntry.account_id).where(
            AuditEntry.fields.contains(["contact.phone"])
        )
    )
    assert set(readers) == {world.accounts["handler"], world.accounts["village"]}


def test_the_history_says_how_it_began(client, world, sign_in) -> None:
    ordered = make_requests.order(client, world, channel="wechat")
    first, second = history(client, path_of(client, ordered), sign_in("handler"))
    assert first["verb"] == "order"
    assert first["by"] == {"kind": "anonymous"}
    assert first["detail"] == {
        "service_code": "XQ-SHUI",
        "channel": "wechat",
        "basis": "point",
        "due_is_certain": True,
    }
    assert second["detail"] == {"step": "household_care", "place": "一社第1联户"}


def test_beyond_the_announced_calendar_the_deadline_says_so(
    client, world, sign_in, clock
) -> None:
    clock.now = clock.now.replace(year=2031)
    ordered = make_requests.order(client, world)
    first, *_ = history(client, path_of(client, ordered), sign_in("handler"))
    assert first["detail"]["due_is_certain"] is False


def test_an_area_code_that_does_not_hold_the_point_is_reported(
    client, world, sign_in
) -> None:
    def notes(headers: dict[str, str], **location: object) -> list[str]:
        body = an_order(world)
        body["location"] = {**body["location"], **location}
        reply = client.post("/api/requests", json=body, headers=headers)
        assert reply.status_code == 201, reply.text
        return reply.json().get("notes") or []

    english = {"Accept-Language": "en"}
    assert notes(english, area_code=make.VILLAGE) == []
    for headers in (english, sign_in("village") | english):
        [note] = notes(headers, area_code=make.OTHER_VILLAGE)
        assert make.OTHER_VILLAGE in note
        assert "the point was taken" in note
