"""The surface that portals and scripts rely on answers as it is written down."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import make
import mapbox_vector_tile
import pytest
from asks import ASKS, address
from make_stage import Stage, Village, later, order_body
from PIL import Image


@dataclass(frozen=True)
class Written:
    """What is written of one route: who asks it how, and what comes back."""

    row: str
    caller: str
    status: int = 200
    # Names that the reply has; `items[].code` looks into the first item of a list.
    has: tuple[str, ...] = ()
    # Values that are fixed.
    says: dict[str, Any] = field(default_factory=dict)


_AREA = ("code", "name", "type")
_LISTED = ("items", "next")
_ME = ("kind", "role", "username", "areas[].code", "areas[].name", "duties")
_HOUSEHOLD = ("id", "code", "head_name", "address", "areas[].code", "location")
_DUTY = ("id", "kind", "person_id", "person_name", "place.code", "valid_from")
_ZONE = ("id", "code", "name", "kind", "area.code", "household_count", "valid_from")
_REQUEST = (
    "id",
    "number",
    "service_code",
    "stage",
    "status",
    "ordered_at",
    "due_at",
    "handler.name",
    "handler.duty",
    "areas[].code",
    "description",
)
_TOTALS = (
    "totals.ordered",
    "totals.open",
    "totals.overdue",
    "totals.closed",
    "totals.on_time_rate",
    "totals.satisfaction",
)
_TILEJSON = ("tiles[]", "bounds[]", "minzoom", "maxzoom")


def _items(*names: str) -> tuple[str, ...]:
    return (*_LISTED, *(f"items[].{name}" for name in names))


def _verb(name: str, caller: str, stage: str) -> Written:
    row = f"POST /api/requests/{{request_id}}/{name}"
    return Written(row, caller, 200, _REQUEST[:9], {"stage": stage})


SURFACE = [
    Written("GET /health", "anonymous", 200, ("version",), {"status": "ok"}),
    Written("GET /ready", "anonymous", 200, ("postgis", "revision"), {"status": "ok"}),
    Written(
        "POST /api/token",
        "anonymous",
        200,
        ("access_token", "expires_at"),
        {"token_type": "bearer"},
    ),
    Written("POST /api/session", "anonymous", 200, _ME, {"role": "town_leader"}),
    Written("POST /api/logout", "town", 204),
    Written(
        "GET /api/me", "handler", 200, ("role", "areas", "duties[].kind", "person_id")
    ),
    Written("GET /api/me", "town", 200, _ME),
    Written(
        "GET /api/locate",
        "town",
        200,
        (
            "point.lon",
            "point.lat",
            *(f"areas[].{name}" for name in _AREA),
            "zones[].id",
            "zones[].name",
            "zones[].duties[].kind",
            "border_distance_m",
        ),
        {"ambiguous": False},
    ),
    Written("GET /api/areas", "anonymous", 200, _items(*_AREA, "parent_code", "codes")),
    Written(
        "GET /api/areas/{code}",
        "anonymous",
        200,
        (*_AREA, "names[].name", "ancestors[].code", "edition.active_from"),
    ),
    Written(
        "GET /api/areas/{code}/geometry",
        "anonymous",
        200,
        ("coordinates[]",),
        {"type": "MultiPolygon"},
    ),
    Written(
        "GET /api/services",
        "anonymous",
        200,
        _items("code", "name", "group", "kind", "description", "due"),
    ),
    Written("GET /api/catalogue", "anonymous", 200, _items("code", "chain[]")),
    Written("GET /api/households", "village", 200, _items(*_HOUSEHOLD)),
    Written("POST /api/households", "village", 201, _HOUSEHOLD),
    Written("GET /api/households/{household_id}", "village", 200, _HOUSEHOLD),
    Written("PATCH /api/households/{household_id}", "village", 200, _HOUSEHOLD),
    Written("DELETE /api/households/{household_id}", "village", 204),
    Written("GET /api/zones", "village", 200, _items(*_ZONE)),
    Written("POST /api/zones", "village", 201, _ZONE),
    Written("GET /api/zones/{zone_id}", "village", 200, (*_ZONE, "duties[].id")),
    Written("PATCH /api/zones/{zone_id}", "village", 200, _ZONE),
    Written("GET /api/zones/{zone_id}/households", "village", 200, _items(*_HOUSEHOLD)),
    Written("PUT /api/zones/{zone_id}/households", "village", 204),
    Written("GET /api/people", "village", 200, _items("id", "code", "name")),
    Written("POST /api/people", "village", 201, ("id", "code", "name")),
    Written(
        "GET /api/people/{person_id}",
        "village",
        200,
        ("id", "code", "name", "phone", *(f"duties[].{name}" for name in _DUTY)),
    ),
    Written("PATCH /api/people/{person_id}", "village", 200, ("id", "code")),
    Written("GET /api/duties", "village", 200, _items(*_DUTY)),
    Written("POST /api/duties", "village", 201, _DUTY),
    Written("DELETE /api/duties/{duty_id}", "village", 204),
    Written(
        "POST /api/requests",
        "village",
        201,
        (
            "id",
            "number",
            "due_at",
            "tracking_url",
            "handler.name",
            "handler.duty",
            "zone.code",
            "areas[].code",
            "explanation",
        ),
        {"stage": "dispatched"},
    ),
    Written("GET /api/requests", "village", 200, _items(*_REQUEST)),
    Written("GET /api/requests/{request_id}", "village", 200, _REQUEST),
    Written(
        "GET /api/requests/{request_id}/history",
        "village",
        200,
        ("items[].verb", "items[].at", "items[].by.kind", "items[].detail"),
    ),
    Written(
        "GET /api/requests/{request_id}/dispatch",
        "village",
        200,
        (
            "decisions[].at",
            "decisions[].candidates[].person_id",
            "decisions[].candidates[].verdict",
            "decisions[].candidates[].text",
            "decisions[].chosen.name",
        ),
    ),
    _verb("accept", "handler", "accepted"),
    _verb("decline", "handler", "dispatched"),
    _verb("transfer", "handler", "dispatched"),
    _verb("progress", "handler", "accepted"),
    _verb("complete", "handler", "completed"),
    _verb("rate", "resident", "rated"),
    _verb("reopen", "resident", "dispatched"),
    _verb("withdraw", "resident", "withdrawn"),
    Written(
        "GET /api/summary",
        "town",
        200,
        ("area.code", "from", "to", *_TOTALS, "rows[].key", "rows[].ordered"),
        {"by": "stage"},
    ),
    Written(
        "POST /api/dispatch/simulate",
        "town",
        200,
        ("items[].handler", "items[].duty", "items[].explanation"),
    ),
    Written("GET /api/coverage", "town", 200, ("on", "items[].duty", "items[].place")),
    Written("GET /api/portal-keys", "admin", 200, _items("id", "name", "layers")),
    Written("POST /api/portal-keys", "admin", 201, ("id", "name", "key", "areas")),
    Written("DELETE /api/portal-keys/{key_id}", "admin", 204),
    Written(
        "GET /tiles/{layer}.json heat",
        "anonymous",
        200,
        _TILEJSON,
        {"tilejson": "3.0.0"},
    ),
    Written(
        "GET /tiles/{layer}.json areas",
        "anonymous",
        200,
        (*_TILEJSON, "vector_layers[].id", "vector_layers[].fields"),
        {"tilejson": "3.0.0"},
    ),
]


def _has(value: Any, name: str) -> bool:
    """Whether a dotted name leads to something; lists must have a first item."""
    for part in name.split("."):
        key = part.removesuffix("[]")
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
        if part.endswith("[]"):
            if not isinstance(value, list) or not value:
                return False
            value = value[0]
    return True


def _ask(stage: Stage, village: Village, row: str, caller: str) -> Any:
    ask = ASKS[row]
    return stage.ask(
        row.split()[0],
        address(stage, village, ask),
        headers=stage.headers_of(caller, village.requests[ask.situation]),
        **ask.options(stage, village),
    )


@pytest.mark.parametrize(
    "written", SURFACE, ids=lambda written: f"{written.row} {written.caller}"
)
def test_a_route_answers_as_written(stage: Stage, written: Written) -> None:
    reply = _ask(stage, stage.villages["home"], written.row, written.caller)
    assert reply.status_code == written.status, reply.text
    if written.status == 204:
        assert reply.content == b""
        return
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert [name for name in written.has if not _has(body, name)] == [], body
    assert {name: body[name] for name in written.says} == written.says


def test_areas_of_a_point_run_from_the_county_to_the_group(stage: Stage) -> None:
    home = stage.villages["home"]
    reply = _ask(stage, home, "GET /api/locate", "anonymous").json()
    kinds = [area["type"] for area in reply["areas"]]
    assert kinds == ["county", "town", "village", "group"]
    assert reply["areas"][-1]["code"] == home.group
    assert reply["zones"] is None


@pytest.mark.parametrize("caller", ["anonymous", "portal"])
def test_who_has_no_account_learns_little_of_an_order(
    stage: Stage, caller: str
) -> None:
    home = stage.villages["home"]
    reply = _ask(stage, home, "POST /api/requests", caller).json()
    told = {name for name, value in reply.items() if value is not None}
    assert told == {"number", "stage", "due_at", "tracking_url", "handler"}
    handler = {name for name, value in reply["handler"].items() if value is not None}
    assert handler == {"name", "duty"}
    assert reply["handler"]["name"] == "钱*"


def test_a_tracking_url_leads_to_the_page_and_its_secret_opens_the_request(
    stage: Stage,
) -> None:
    home = stage.villages["home"]
    with stage.undone():
        reply = stage.client.post("/api/requests", json=order_body(home)).json()
        page = urlsplit(reply["tracking_url"])
        folder, _, secret = page.path.rpartition("/")
        headers = {"Authorization": f"Bearer {secret}"}
        mine = stage.client.get("/api/requests", headers=headers).json()["items"]
    assert folder == "/r"
    assert [request["number"] for request in mine] == [reply["number"]]


@pytest.mark.parametrize(
    "path",
    [
        "/api/households",
        "/api/people",
        "/api/duties",
        "/api/zones",
        "/api/requests",
        "/api/areas",
        "/api/accounts",
    ],
)
def test_pages_of_a_list_follow_each_other_without_gap_or_double(
    stage: Stage, path: str
) -> None:
    headers = stage.headers["admin"]
    whole = stage.ask("GET", path, params={"limit": 1000}, headers=headers).json()
    assert whole["next"] is None
    assert len(whole["items"]) > 2
    paged, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = stage.ask("GET", path, params=params, headers=headers).json()
        assert 0 < len(page["items"]) <= 2
        paged += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert paged == whole["items"]


# Each filter with a value that finds the request at home and one that does not.
_FILTERS: dict[str, tuple[str, str]] = {
    "stage": ("dispatched", "rated"),
    "status": ("open", "closed"),
    "service_code": ("XQ-SHUI", "XQ-LU"),
    "area": (make.VILLAGE, make.OTHER_VILLAGE),
    "zone": (make.ZONE, f"{make.GROUP}009"),
    "from": ("2026-03-02", "2026-03-03"),
    "to": ("2026-03-03", "2026-03-02"),
    "overdue": ("false", "true"),
    "updated_after": ("2026-03-01T00:00:00+08:00", "2026-03-02T11:00:00+08:00"),
    "bbox": ("103.40,36.40,103.41,36.41", "103.5,36.5,103.6,36.6"),
    "q": ("home停水", "停电"),
}


@pytest.mark.parametrize("name", [*_FILTERS, "handler"])
def test_requests_are_narrowed_by_each_filter(stage: Stage, name: str) -> None:
    home, away = stage.villages.values()
    finds, misses = _FILTERS.get(name, (str(home.person_id), str(away.person_id)))
    number = home.requests["dispatched"].number
    for value, is_found in ((finds, True), (misses, False)):
        reply = stage.ask(
            "GET",
            "/api/requests",
            params={name: value, "limit": 1000},
            headers=stage.headers["county"],
        )
        assert reply.status_code == 200, reply.text
        numbers = [request["number"] for request in reply.json()["items"]]
        assert (number in numbers) is is_found


@pytest.mark.parametrize("by", ["area", "service", "day", "week", "stage"])
def test_rows_of_a_summary_add_up_to_its_totals(stage: Stage, by: str) -> None:
    params = {"by": by, "from": "2026-03-01", "to": "2026-03-03"}
    reply = stage.ask(
        "GET", "/api/summary", params=params, headers=stage.headers["county"]
    ).json()
    assert reply["totals"]["ordered"] == 10
    assert sum(row["ordered"] for row in reply["rows"]) == 10
    keys = [row["key"] for row in reply["rows"]]
    assert keys == sorted(keys)


def test_a_retry_with_its_key_gets_the_first_reply(stage: Stage) -> None:
    body = order_body(stage.villages["home"])
    headers = {"Idempotency-Key": "order-of-the-day"}
    with stage.undone():
        first = stage.client.post("/api/requests", json=body, headers=headers)
        rows = stage.everything()
        again = stage.client.post("/api/requests", json=body, headers=headers)
        other = stage.client.post(
            "/api/requests", json={**body, "description": "停电"}, headers=headers
        )
        assert stage.everything() == rows
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert other.status_code == 422


def test_areas_are_those_of_the_day_that_is_asked_for(stage: Stage) -> None:
    code = stage.villages["home"].code
    now = stage.ask("GET", f"/api/areas/{code}", params={"at": later(0)})
    assert now.json()["code"] == code
    before = stage.ask("GET", f"/api/areas/{code}", params={"at": "2019-12-31"})
    assert before.status_code == 404
    by_system = stage.ask("GET", f"/api/areas/{code}", params={"system": "statistics"})
    assert by_system.json() == now.json()
    other = stage.ask("GET", f"/api/areas/{code}", params={"system": "civil_affairs"})
    assert other.status_code == 404


def test_a_heat_tile_is_an_image_that_is_fetched_once(stage: Stage) -> None:
    home = stage.villages["home"]
    url = address(stage, home, ASKS["GET /tiles/{layer}/{z}/{x}/{y}.{suffix} heat"])
    headers = stage.headers["town"]
    tile = stage.ask("GET", url, headers=headers)
    assert tile.status_code == 200
    assert tile.headers["content-type"] == "image/png"
    assert tile.headers["cache-control"] == "private, max-age=30"
    assert Image.open(io.BytesIO(tile.content)).size == (256, 256)
    kept = {**headers, "If-None-Match": tile.headers["etag"]}
    again = stage.ask("GET", url, headers=kept)
    assert (again.status_code, again.content) == (304, b"")
    double = stage.ask("GET", url.replace(".png", "@2x.png"), headers=headers)
    assert Image.open(io.BytesIO(double.content)).size == (512, 512)
    for filters in (
        {"from": "2026-03-03"},
        {"to": "2026-03-02"},
        {"service_code": "XQ-LU"},
        {"stage": "rated"},
    ):
        empty = stage.ask("GET", url, params=filters, headers=headers)
        assert empty.content != tile.content, filters
    public = stage.ask("GET", url)
    assert public.headers["cache-control"].startswith("public, ")


def test_an_areas_tile_holds_the_layers_that_its_tilejson_names(stage: Stage) -> None:
    home = stage.villages["home"]
    url = address(stage, home, ASKS["GET /tiles/{layer}/{z}/{x}/{y}.{suffix} areas"])
    tile = stage.ask("GET", url)
    assert tile.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    layers = mapbox_vector_tile.decode(tile.content)
    named = stage.ask("GET", "/tiles/areas.json").json()["vector_layers"]
    assert set(layers) == {layer["id"] for layer in named}
    [group] = layers["groups"]["features"]
    assert group["properties"]["code"] == home.group


def test_another_portals_page_may_read_tiles_with_its_key(stage: Stage) -> None:
    origin = {"Origin": "https://portal.example"}
    with_key = {**stage.headers["portal"], **origin}
    allowed = stage.ask("GET", "/tiles/areas.json", headers=with_key)
    assert allowed.headers["access-control-allow-origin"] == origin["Origin"]
    without = stage.ask("GET", "/tiles/areas.json", headers=origin)
    assert "access-control-allow-origin" not in without.headers
