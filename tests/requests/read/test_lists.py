"""Lists of requests: filters, literal search, pages that hang together."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import make
import make_requests
import pytest
from make_requests import act, link_of, numbers, path_of


@pytest.fixture
def three(client, world, clock) -> list[str]:
    """Numbers of an order in the zone, one in the group beside it, one far away."""
    found = []
    for code, service in (
        (None, "XQ-SHUI"),
        ("620171101201002", "XQ-LU"),
        ("620171102202001", "AQ-YINHUAN"),
    ):
        place = {"area_code": code} if code else None
        if code:
            lon, lat = world.point(code)
            place = {"lon": lon, "lat": lat, "crs": "wgs84"}
        more = {"location": place} if place else {}
        ordered = make_requests.order(client, world, service_code=service, **more)
        found.append(ordered["number"])
        clock.now += timedelta(hours=1)
    return found


def test_newest_first_and_in_scope_only(client, three, sign_in) -> None:
    first, second, third = three
    assert numbers(client, sign_in("county")) == [third, second, first]
    assert numbers(client, sign_in("village")) == [second, first]
    assert numbers(client, sign_in("other_village")) == [third]
    assert numbers(client, sign_in("grid")) == [first]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"service_code": ["XQ-SHUI", "AQ-YINHUAN"]}, {0, 2}),
        ({"area": make.VILLAGE}, {0, 1}),
        ({"area": make.GROUP}, {0}),
        ({"zone": make.ZONE}, {0}),
        ({"stage": "dispatched"}, {0, 1, 2}),
        ({"stage": ["completed", "rated"]}, set()),
        ({"status": "closed"}, set()),
        ({"from": "2026-03-02T11:00:00+08:00"}, {1, 2}),
        ({"to": "2026-03-02T11:00:00+08:00"}, {0}),
        ({"from": "2026-03-02", "to": "2026-03-03"}, {0, 1, 2}),
        ({"to": "2026-03-02"}, set()),
        ({"bbox": "103.4,36.4,103.5,36.6"}, {0}),
        ({"bbox": "103.6,36.4,103.8,36.8"}, {2}),
        ({"overdue": "true"}, set()),
        ({"q": "停水"}, {0, 1, 2}),
    ],
)
def test_all_filters_hold_together(client, three, sign_in, query, expected) -> None:
    found = numbers(client, sign_in("county"), **query)
    assert set(found) == {three[i] for i in expected}
    narrowed = numbers(client, sign_in("county"), **{"q": three[0], **query})
    wanted = expected if "q" in query else expected & {0}
    assert set(narrowed) == {three[i] for i in wanted}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"area": "999"}, 404),
        ({"stage": "sleeping"}, 422),
        ({"bbox": "1,2,3"}, 400),
        ({"bbox": "nan,0,1,1"}, 400),
        ({"bbox": "10,0,1,1"}, 400),
        ({"from": "yesterday"}, 400),
        ({"cursor": "nonsense"}, 400),
        ({"limit": "0"}, 422),
        ({"handler": "me"}, 422),
    ],
)
def test_what_cannot_be_read_is_said(client, three, sign_in, query, status) -> None:
    reply = client.get("/api/requests", params=query, headers=sign_in("county"))
    assert reply.status_code == status
    assert reply.json()["errors"][0]["loc"][0] == "query"


def test_boxes_do_not_lead_to_a_households_door(client, world, sign_in) -> None:
    headers = sign_in("village")
    homes = client.get("/api/households", headers=headers).json()["items"]
    home, address = homes[0]["id"], f"/api/households/{homes[0]['id']}"
    ordered = make_requests.order(
        client, world, headers, location={"household_id": home}, channel="visit"
    )
    door = client.get(address, params={"reveal": "contact"}, headers=headers).json()
    lon, lat = door["contact"]["lon"], door["contact"]["lat"]
    around_door = f"{lon - 1e-4},{lat - 1e-4},{lon + 1e-4},{lat + 1e-4}"
    assert numbers(client, sign_in("county"), bbox=around_door) == []
    lon, lat = homes[0]["location"]
    around_label = f"{lon - 1e-4},{lat - 1e-4},{lon + 1e-4},{lat + 1e-4}"
    found = numbers(client, sign_in("county"), bbox=around_label)
    assert found == [ordered["number"]]


def test_late_requests_are_found_by_their_deadline(
    client, three, sign_in, clock
) -> None:
    clock.now += timedelta(hours=24)
    assert numbers(client, sign_in("county"), overdue=True) == [three[2]]
    assert numbers(client, sign_in("county"), overdue=False) == [three[1], three[0]]
    shown = client.get("/api/requests", headers=sign_in("county")).json()["items"]
    assert [item["is_overdue"] for item in shown] == [True, False, False]


def test_changes_can_be_followed(client, world, three, sign_in, clock) -> None:
    last = clock.now.isoformat()
    clock.now += timedelta(minutes=5)
    headers = sign_in("handler")
    (item,) = client.get("/api/requests", headers=headers).json()["items"]
    act(client, f"/api/requests/{item['id']}", "accept", headers)
    changed = numbers(client, sign_in("county"), updated_after=last)
    assert changed == [item["number"]]


def test_a_handlers_queue(client, three, sign_in) -> None:
    listed = client.get("/api/requests", headers=sign_in("handler")).json()["items"]
    handler = listed[0]["handler"]["person_id"]
    assert numbers(client, sign_in("county"), handler=handler) == [three[0]]


@pytest.mark.parametrize("sign", ["%", "_", "\\"])
def test_search_takes_signs_literally(client, world, sign_in, sign: str) -> None:
    make_requests.order(client, world, description="水压很低")
    wanted = make_requests.order(client, world, description=f"水压低了50{sign}左右")
    assert numbers(client, sign_in("county"), q=f"50{sign}左") == [wanted["number"]]
    assert numbers(client, sign_in("county"), q=sign) == [wanted["number"]]


def test_names_are_masked_in_lists(client, three, sign_in) -> None:
    items = client.get("/api/requests", headers=sign_in("county")).json()["items"]
    assert [item["handler"]["name"] for item in items] == ["陈*", "李*", "钱*"]
    assert all(item["contact"] is None for item in items)


def test_pages_hang_together_while_orders_come_in(
    client, world, sign_in, clock
) -> None:
    headers = sign_in("county")
    expected = []
    for i in range(7):
        # Two of a moment each: the moment alone would not tell them apart.
        clock.now += timedelta(minutes=i % 2)
        expected.append(make_requests.order(client, world)["number"])
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = client.get("/api/requests", params=query, headers=headers).json()
        seen += [item["number"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        clock.now += timedelta(minutes=1)
        make_requests.order(client, world)
    assert len(seen) == len(set(seen)) == 7
    assert set(seen) == set(expected)


def test_a_cursor_belongs_to_its_filters(client, three, sign_in) -> None:
    headers = sign_in("county")
    page = client.get("/api/requests", params={"limit": 1}, headers=headers).json()
    cursor = page["next"]
    other = client.get(
        "/api/requests",
        params={"cursor": cursor, "area": make.VILLAGE},
        headers=headers,
    )
    assert other.status_code == 400
    raw = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    for forged in ([raw[0]], [*raw, 1], [raw[0], raw[1], "not an id"], [raw[0], 1, 2]):
        text = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode()
        reply = client.get("/api/requests", params={"cursor": text}, headers=headers)
        assert reply.status_code == 400


@pytest.mark.parametrize(("name", "status"), [("auditor", 403), (None, 401)])
def test_lists_are_for_those_who_handle_requests(
    client, world, sign_in, name, status
) -> None:
    headers = sign_in(name) if name else {}
    assert client.get("/api/requests", headers=headers).status_code == status


def test_a_resident_sees_the_one_request_of_the_link(client, world) -> None:
    ordered = make_requests.order(client, world)
    other = make_requests.order(client, world)
    assert numbers(client, link_of(ordered)) == [ordered["number"]]
    path = path_of(client, other)
    assert client.get(path, headers=link_of(ordered)).status_code == 404
    shown = client.get(path, headers=link_of(other)).json()
    told = {name for name, value in shown.items() if value is not None}
    assert not told & {"areas", "zone", "location", "household_id", "contact"}


def test_by_deadline_the_longest_overdue_comes_first(client, three, sign_in) -> None:
    headers = sign_in("county")
    found: list[dict[str, str]] = []
    cursor = None
    while cursor or not found:
        query = {"sort": "due", "limit": 1, **({"cursor": cursor} if cursor else {})}
        page = client.get("/api/requests", params=query, headers=headers).json()
        found += page["items"]
        cursor = page["next"]
    assert {item["number"] for item in found} == set(three)
    dues = [item["due_at"] for item in found]
    assert dues == sorted(dues)
    # What is urgent is due before what came earlier.
    assert [item["number"] for item in found] != three
