"""Whatever is wrong with a question: it is said in words, and nothing is changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import make
import pytest
from httpx2 import Response
from letters import han_in, latin_in
from make_stage import Stage, Village, order_body

from geo_api.http.language import translations
from geo_api.http.paging import make_cursor
from geo_api.requests.read.filters import RequestFilters
from geo_api.sentences import FORMS, SAID, sentence_of

MEDIA_TYPE = "application/problem+json"
# What the county and the ledgers call things, in whatever language one asks.
_NAMED = {"一社", "甲", "乙", "户编码", "户主姓名", "地址", "经度", "纬度", "坐标系"}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(r"[a-z]{3}")
# What belongs into a log and not into a reply.
_INSIDES = re.compile(r"Traceback|psycopg|sqlalchemy|pydantic|\.py\b|SELECT |INSERT ")


@dataclass(frozen=True)
class Bad:
    """A question with something wrong in it, and what must be said about it."""

    name: str
    status: int
    method: str
    url: str
    caller: str = "admin"
    options: dict[str, Any] = field(default_factory=dict)
    # Where the wrong value stands; None where the whole question is refused.
    loc: tuple[str | int, ...] | None = None


def _order(
    name: str, loc: tuple[str | int, ...] | None, *, status: int = 422, **changes: Any
) -> Bad:
    body = {
        "service_code": "XQ-SHUI",
        "description": "停水",
        "location": {"lon": 103.406, "lat": 36.403, "crs": "wgs84"},
        **changes,
    }
    body = {key: value for key, value in body.items() if value is not ...}
    options = {
        "content": json.dumps(body).encode(),
        "headers": {"Content-Type": "application/json"},
    }
    return Bad(name, status, "POST", "/api/requests", "anonymous", options, loc)


def _at(**location: Any) -> dict[str, Any]:
    return {"lon": 103.406, "lat": 36.403, "crs": "wgs84", **location}


def _raw(name: str, body: bytes, status: int = 422, kind: str = "application/json"):
    options = {"content": body, "headers": {"Content-Type": kind}}
    return Bad(name, status, "POST", "/api/requests", "anonymous", options)


_WHERE = ("body", "location")
ORDERS = [
    _order("no crs", (*_WHERE, "crs"), location={"lon": 103.4, "lat": 36.4}),
    _order("unknown crs", (*_WHERE, "crs"), location=_at(crs="epsg:2381")),
    _order("lon and lat exchanged", _WHERE, location=_at(lon=36.4, lat=103.4)),
    _order("NaN", (*_WHERE, "lon"), location=_at(lon=float("nan"))),
    _order("infinity", (*_WHERE, "lat"), location=_at(lat=float("-inf"))),
    _order("lon as words", (*_WHERE, "lon"), location=_at(lon="east")),
    _order("lon alone", _WHERE, location={"lon": 103.4, "crs": "wgs84"}),
    _order("outside the county", _WHERE, location=_at(lon=104.9)),
    _order("not on earth", _WHERE, location=_at(lon=999.0)),
    _order("nowhere", _WHERE, location={}),
    _order("location is a text", _WHERE, location="here"),
    _order("accuracy below zero", (*_WHERE, "accuracy_m"), location=_at(accuracy_m=-1)),
    _order(
        "unknown area code", (*_WHERE, "area_code"), location={"area_code": "999999"}
    ),
    _order(
        "household without an account",
        None,
        status=401,
        location={"household_id": "019a0000-0000-7000-8000-000000000000"},
    ),
    _order(
        "unknown service code",
        ("body", "service_code"),
        status=404,
        service_code="NO-SUCH",
    ),
    _order("no service code", ("body", "service_code"), service_code=...),
    _order("service code is a list", ("body", "service_code"), service_code=["a"]),
    _order("empty description", ("body", "description"), description="  "),
    _order("description too long", ("body", "description"), description="长" * 4001),
    _order("unknown field", ("body", "urgent"), urgent=True),
    _order("unknown channel", ("body", "channel"), channel="pigeon"),
    _order("about nobody", ("body", "about"), about=str(UUID(int=1))),
    _order("about is no id", ("body", "about"), about="him"),
    _order("phone with letters", ("body", "contact", "phone"), contact={"phone": "x1"}),
    _order("NUL in a code", ("body", "service_code"), service_code="XQ\0"),
    _order("NUL in a description", ("body", "description"), description="停\0水"),
    _order("NUL in an address", (*_WHERE, "address"), location={"address": "村\0"}),
    _order("half a character", ("body", "description"), description="停\ud800水"),
    _order("NUL in a field's name", ("body",), **{"a\0": 1}),
    _order("empty external id", ("body", "external_id"), external_id=""),
]
BODIES = [
    _raw("10 MB", b'{"description":"' + b"x" * 10_000_000 + b'"}', 413),
    _raw("not JSON", b"{description"),
    _raw("no body", b""),
    _raw("a list", b"[]"),
    _raw("null", b"null"),
    _raw("a number", b"1"),
    _raw("not UTF-8", b'{"description":"\xff\xfe"}', 400),
    _raw("10,000 brackets", b"[" * 10_000 + b"]" * 10_000, 400),
    _raw("100,000 brackets", b"[" * 100_000, 400),
    _raw("a form", b"description=x", kind="application/x-www-form-urlencoded"),
    _raw("XML", b"<order/>", kind="application/xml"),
    _raw("a number too large", b'{"location":{"lon":1e999}}'),
    _raw("5,000 digits", b'{"location":{"lon":' + b"9" * 5_000 + b"}}", 400),
]
for _key in ("short", "k" * 201):
    ORDERS.append(
        Bad(
            f"idempotency key of {len(_key)}",
            422,
            "POST",
            "/api/requests",
            "anonymous",
            {"json": {}, "headers": {"Idempotency-Key": _key}},
            ("header", "Idempotency-Key"),
        )
    )


def _get(
    url: str, loc: tuple[str | int, ...] | None, status: int = 422, caller: str = "town"
) -> Bad:
    return Bad(f"GET {url[:60]}", status, "GET", url, caller, {}, loc)


_LISTS = {
    "/api/households": "town",
    "/api/people": "town",
    "/api/duties": "town",
    "/api/zones": "town",
    "/api/requests": "town",
    "/api/areas": "anonymous",
    "/api/accounts": "admin",
    "/api/portal-keys": "admin",
    "/api/audit": "auditor",
}
# A cursor of the right list with values that no row ever had.
_FORGED: dict[str, list[list[Any]]] = {
    "/api/requests": [["2026-01-01T00:00:00+00:00", "x"], ["never", "x"], [1, 2]],
    "/api/duties": [["x"], [3]],
    "/api/portal-keys": [["a", "x"], ["a\0", str(UUID(int=1))]],
    "/api/audit": [["2026-01-01T00:00:00+00:00", 10**30]],
    "/api/people": [["a\0"]],
}
QUERIES = [
    *(
        _get(f"{path}?limit={limit}", ("query", "limit"), caller=caller)
        for path, caller in _LISTS.items()
        for limit in ("0", "1001", "-1", "many", "9" * 5000)
    ),
    *(
        _get(f"{path}?cursor={cursor}", ("query", "cursor"), 400, caller)
        for path, caller in _LISTS.items()
        for cursor in ("x", "%FF", "bm90LWpzb24", "W10", "bnVsbA", "WzEsMl0")
    ),
    *(
        _get(f"{path}?cursor={'x' * 1001}", ("query", "cursor"), 422, caller)
        for path, caller in _LISTS.items()
    ),
    _get("/api/locate?lon=103.4", ("query", "lat")),
    _get("/api/locate?lon=NaN&lat=36.4", ("query",)),
    _get("/api/locate?lon=inf&lat=36.4", ("query",)),
    _get("/api/locate?lon=36.4&lat=103.4", ("query",)),
    _get("/api/locate?lon=104.9&lat=36.4", ("query", "lon")),
    _get("/api/locate?lon=103.4&lat=36.4&crs=utm", ("query", "crs")),
    _get("/api/locate?lon=103.4&lat=36.4&crs=%00", ("query", "crs")),
    _get("/api/areas?at=yesterday", ("query", "at")),
    _get("/api/areas?at=2026-02-30", ("query", "at")),
    _get("/api/areas?at=0001-01-01", ("query", "at"), 404),
    _get("/api/editions/current?at=2019-12-31", ("query", "at"), 404),
    _get("/api/areas?type=galaxy", ("query", "type")),
    _get("/api/areas?q=%00", ("query", "q")),
    _get("/api/areas?parent=%00", ("query", "parent")),
    _get("/api/areas?parent=nowhere", ("query", "parent"), 404),
    _get("/api/areas.geojson?within=nowhere", ("query", "within"), 404),
    _get("/api/households?area=nowhere", ("query", "area"), 404),
    _get("/api/zones?area=nowhere", ("query", "area"), 404),
    _get("/api/areas/nowhere", ("path", "code"), 404),
    _get("/api/areas/%00", ("path", "code")),
    _get(f"/api/areas/{'9' * 3000}", ("path", "code"), 404),
    _get("/api/areas/620171?system=morse", ("query", "system")),
    _get("/api/households?area=%00", ("query", "area")),
    _get("/api/households?q=%00", ("query", "q")),
    _get("/api/households/1", ("path", "household_id")),
    _get(f"/api/households/{UUID(int=1)}", ("path", "id"), 404),
    _get(f"/api/households/{UUID(int=1)}?reveal=all", ("query", "reveal")),
    _get("/api/requests?q=%00", ("query", "q")),
    _get("/api/requests?stage=%00", ("query", "stage")),
    _get("/api/requests?service_code=a%00", ("query", "service_code")),
    _get("/api/requests?zone=%00", ("query", "zone")),
    _get("/api/requests?status=ajar", ("query", "status")),
    _get("/api/requests?overdue=perhaps", ("query", "overdue")),
    _get("/api/requests?bbox=1,2,3", ("query", "bbox"), 400),
    _get("/api/requests?bbox=nan,1,2,3", ("query", "bbox"), 400),
    _get("/api/requests?bbox=105,36,103,37", ("query", "bbox"), 400),
    _get("/api/requests?from=2026-13-01", ("query", "from"), 400),
    _get("/api/requests?updated_after=soon", ("query", "updated_after"), 400),
    _get("/api/requests?handler=me", ("query", "handler")),
    _get("/api/summary?by=mood", ("query", "by")),
    _get("/api/summary?area=nowhere", ("query", "area"), 404),
    _get("/api/summary?to=99999-01-01", ("query", "to"), 400),
    _get("/api/coverage?on=never", ("query", "on")),
    _get("/api/duties?kind=king", ("query", "kind")),
    _get("/api/audit?account=%00", ("query", "account"), caller="auditor"),
    _get("/api/audit?from=never", ("query", "from"), 400, "auditor"),
    _get("/api/accounts?q=%00", ("query", "q"), caller="admin"),
    _get("/api/accounts?role=king", ("query", "role"), caller="admin"),
    _get("/tiles/nothing.json", ("path", "layer"), 404),
    _get("/tiles/heat/3/8/0.png", ("path",), 404),
    _get("/tiles/heat/3/1/1.gif", ("path",), 404),
    _get("/tiles/heat/a/1/1.png", ("path", "z")),
    _get(f"/tiles/heat/9/1/{'9' * 5000}.png", ("path",), 404),
    _get("/tiles/heat/9/1/1.png?from=2026-02-02&to=2026-01-01", ("query", "to"), 400),
    _get("/tiles/heat/9/1/1.png?service_code=%00", ("query", "service_code")),
    _get("/api/templates/spells.xlsx", ("path", "ledger")),
    _get("/nowhere", None, 404),
]


def _post(
    name: str,
    url: str,
    body: Any,
    loc: tuple[str | int, ...] | None,
    *,
    status: int = 422,
    method: str = "POST",
    caller: str = "admin",
) -> Bad:
    options = {
        "content": json.dumps(body).encode(),
        "headers": {"Content-Type": "application/json"},
    }
    return Bad(name, status, method, url, caller, options, loc)


def _zone(geometry: Any) -> dict[str, Any]:
    return {
        "name": "新联户",
        "area_code": make.GROUP,
        "valid_from": "2026-03-02",
        "geometry": geometry,
    }


def _ring(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


_SQUARE = ((103.41, 36.41), (103.42, 36.41), (103.42, 36.42), (103.41, 36.42))
_GEOMETRY = ("body", "geometry")
_HOUSEHOLD = {
    "code": "H-1",
    "head_name": "某",
    "address": "某处",
    "location": {"lon": 103.406, "lat": 36.403, "crs": "wgs84"},
}
_NOBODY = str(UUID(int=1))
WRITES = [
    _post("geometry of nothing", "/api/zones", _zone({}), _GEOMETRY),
    _post("geometry of words", "/api/zones", _zone({"type": "Blob"}), _GEOMETRY),
    _post("no coordinates", "/api/zones", _zone({"type": "Polygon"}), _GEOMETRY),
    _post(
        "coordinates of words",
        "/api/zones",
        _zone({"type": "Polygon", "coordinates": [["a", "b"]]}),
        _GEOMETRY,
    ),
    _post(
        "NaN in a ring",
        "/api/zones",
        _zone(_ring((float("nan"), 36.41), *_SQUARE[1:])),
        _GEOMETRY,
    ),
    _post(
        "infinity in a ring",
        "/api/zones",
        _zone(_ring((float("inf"), 36.41), *_SQUARE[1:])),
        _GEOMETRY,
    ),
    _post("a ring of two corners", "/api/zones", _zone(_ring(*_SQUARE[:2])), _GEOMETRY),
    _post(
        "crossing lines",
        "/api/zones",
        _zone(_ring(_SQUARE[0], _SQUARE[2], _SQUARE[1], _SQUARE[3])),
        _GEOMETRY,
    ),
    _post(
        "a point for an area",
        "/api/zones",
        _zone({"type": "Point", "coordinates": [103.41, 36.41]}),
        _GEOMETRY,
    ),
    _post(
        "lon and lat exchanged in a ring",
        "/api/zones",
        _zone(_ring(*((lat, lon) for lon, lat in _SQUARE))),
        _GEOMETRY,
    ),
    _post(
        "a ring in another county",
        "/api/zones",
        _zone(_ring(*((lon + 3, lat) for lon, lat in _SQUARE))),
        _GEOMETRY,
    ),
    _post(
        "a collection with itself inside",
        "/api/zones",
        _zone({"type": "GeometryCollection", "geometries": [{"type": "Polygon"}]}),
        _GEOMETRY,
    ),
    _post(
        "a zone from the last day there is",
        "/api/zones",
        {**_zone(None), "valid_from": "9999-12-32"},
        ("body", "valid_from"),
    ),
    _post(
        "NUL in a zone's name",
        "/api/zones",
        {**_zone(None), "name": "a\0"},
        ("body", "name"),
    ),
    _post(
        "a zone of the whole county",
        "/api/zones",
        {**_zone(None), "area_code": "620171"},
        ("body", "area_code"),
    ),
    *(
        _post(
            f"household with {name}", "/api/households", {**_HOUSEHOLD, **changes}, loc
        )
        for name, changes, loc in (
            ("a wrong id number", {"id_number": "123"}, None),
            ("a wrong phone", {"phone": "12"}, ("body", "phone")),
            ("no name", {"head_name": " "}, ("body", "head_name")),
            ("NUL in its name", {"head_name": "a\0"}, ("body", "head_name")),
            ("NUL in its address", {"address": "a\0"}, ("body", "address")),
            ("half a character", {"address": "a\udfff"}, ("body", "address")),
            ("a code with a blank", {"code": "a b"}, ("body", "code")),
            ("no members", {"member_count": 0}, ("body", "member_count")),
            ("10^30 members", {"member_count": 10**30}, ("body", "member_count")),
            ("half a member", {"member_count": 0.5}, ("body", "member_count")),
            ("an unknown crs", {"location": _at(crs="utm")}, None),
            ("a point abroad", {"location": _at(lon=13.4, lat=52.5)}, None),
            ("lon and lat exchanged", {"location": _at(lon=36.4, lat=103.4)}, None),
            ("NaN", {"location": _at(lon=float("nan"))}, ("body", "location", "lon")),
        )
    ),
    _post(
        "a person of two lines",
        "/api/people",
        {"code": "P-new", "name": "赵\n钱"},
        ("body", "name"),
    ),
    _post(
        "a person with NUL",
        "/api/people",
        {"code": "P-1", "name": "a\0"},
        ("body", "name"),
    ),
    _post(
        "a person with an account of nobody",
        "/api/people",
        {"code": "P-1", "name": "某", "username": "nobody"},
        ("body", "username"),
    ),
    _post(
        "a duty of nobody",
        "/api/duties",
        {
            "person_id": _NOBODY,
            "kind": "grid",
            "area_code": make.GROUP,
            "valid_from": "2026-03-02",
        },
        ("body", "person_id"),
    ),
    _post(
        "a duty for nowhere",
        "/api/duties",
        {"person_id": _NOBODY, "kind": "grid", "valid_from": "2026-03-02"},
        ("body",),
    ),
    _post("no points to simulate", "/api/dispatch/simulate", {"points": []}, None),
    _post(
        "a simulated point of NaN",
        "/api/dispatch/simulate",
        {
            "points": [
                {
                    "lon": float("nan"),
                    "lat": 36.4,
                    "crs": "wgs84",
                    "service_code": "XQ-SHUI",
                }
            ]
        },
        ("body", "points", 0, "lon"),
    ),
    _post(
        "an account without areas",
        "/api/accounts",
        {"username": "newcomer", "name": "某", "role": "town_leader"},
        ("body", "area_codes"),
    ),
    _post(
        "an account for an unknown area",
        "/api/accounts",
        {
            "username": "newcomer",
            "name": "某",
            "role": "town_leader",
            "area_codes": ["9"],
        },
        None,
        status=404,
    ),
    _post(
        "an account with a name of NUL",
        "/api/accounts",
        {"username": "newcomer", "name": "\0", "role": "admin"},
        ("body", "name"),
    ),
    _post(
        "a sign-in with NUL",
        "/api/session",
        {"username": "a\0", "password": "x"},
        ("body", "username"),
        caller="anonymous",
    ),
    Bad(
        "a token for NUL",
        422,
        "POST",
        "/api/token",
        "anonymous",
        {"data": {"username": "a\0", "password": "x"}},
        ("body", "username"),
    ),
    Bad(
        "a ledger that is no table",
        422,
        "POST",
        "/api/imports/households",
        "admin",
        {"files": {"file": ("x.xlsx", b"PK\x03\x04 not a workbook")}},
    ),
    Bad(
        "a ledger with a foreign header",
        422,
        "POST",
        "/api/imports/households",
        "admin",
        {"files": {"file": ("x.csv", "甲,乙\n1,2\n".encode())}},
    ),
    Bad(
        "a ledger of another format",
        422,
        "POST",
        "/api/imports/households",
        "admin",
        {"files": {"file": ("x.pdf", b"%PDF-1.4")}},
    ),
    Bad("no ledger at all", 422, "POST", "/api/imports/households", "admin", {}),
    Bad("a method nobody answers", 405, "DELETE", "/api/households", "admin", {}),
]


@pytest.mark.parametrize(
    "said", [*SAID.values(), *FORMS.values(), sentence_of("any other kind")]
)
def test_what_the_schemas_find_has_its_chinese(said: tuple[str, str]) -> None:
    for sentence in said:
        assert _CHINESE.search(translations("zh-CN").gettext(sentence)), sentence


def _check_problem(reply: Response, bad: Bad) -> None:
    assert reply.status_code == bad.status, reply.text[:2000]
    assert reply.headers["content-type"] == MEDIA_TYPE
    assert not _INSIDES.search(reply.text), reply.text[:2000]
    body = reply.json()
    assert {"type", "title", "status", "detail"} <= set(body)
    assert body["status"] == bad.status
    problems = body.get("errors", [])
    if bad.status in (400, 422):
        assert problems, body
    for found in problems:
        assert set(found) == {"loc", "msg", "mend"}
    if bad.loc is not None:
        assert list(bad.loc) in [found["loc"] for found in problems], body


def _typed_in(bad: Bad) -> set[str]:
    """Words of the question, which the answer may repeat."""
    return set(re.findall(r"[\w-]+", f"{unquote(bad.url)} {bad.options}"))


def _sentences(reply: Response) -> list[str]:
    body = reply.json()
    said = [body["title"], body["detail"]]
    for found in body.get("errors", []):
        said += [found["msg"], found["mend"] or found["msg"]]
    return said


@pytest.mark.parametrize(
    "bad", [*ORDERS, *BODIES, *QUERIES, *WRITES], ids=lambda bad: bad.name[:60]
)
def test_it_is_said_in_words_and_changes_nothing(stage: Stage, bad: Bad) -> None:
    options = dict(bad.options)
    own = options.pop("headers", {})
    headers = {**stage.headers[bad.caller], **own}
    with stage.undone():
        before = stage.everything()
        reply = stage.client.request(bad.method, bad.url, headers=headers, **options)
        assert stage.everything() == before
    _check_problem(reply, bad)
    assert reply.headers["content-language"] == "zh-CN"
    for sentence in _sentences(reply):
        assert _CHINESE.search(sentence), sentence
        assert latin_in(sentence) - _typed_in(bad) == set(), sentence
    headers["Accept-Language"] = "en"
    with stage.undone():
        reply = stage.client.request(bad.method, bad.url, headers=headers, **options)
    assert reply.headers["content-language"] == "en"
    for sentence in _sentences(reply):
        assert _ENGLISH.search(sentence), sentence
        assert han_in(sentence) - _typed_in(bad) - _NAMED == set(), sentence


@pytest.mark.parametrize("path", sorted(_FORGED))
def test_a_forged_cursor_is_refused_like_any_other(stage: Stage, path: str) -> None:
    page = stage.ask("GET", path, params={"limit": 1}, headers=_reader(stage, path))
    assert page.status_code == 200
    for position in _FORGED[path]:
        for filters in _filters_of(path):
            cursor = make_cursor(position, filters)
            reply = stage.ask(
                "GET", path, params={"cursor": cursor}, headers=_reader(stage, path)
            )
            assert reply.status_code == 400, (position, reply.text)
            assert reply.headers["content-type"] == MEDIA_TYPE


def _reader(stage: Stage, path: str) -> dict[str, str]:
    return stage.headers[_LISTS[path]]


def _filters_of(path: str) -> list[dict[str, Any]]:
    """What the list's own cursor is bound to when nothing is filtered."""
    if path == "/api/requests":
        return [asdict(RequestFilters())]
    return [{"kind": None, "on": None}] if path == "/api/duties" else [{}]


def test_an_expired_token_is_told_and_opens_nothing(stage: Stage) -> None:
    with stage.undone():
        stage.clock.now += timedelta(hours=13)
        reply = stage.client.get("/api/households", headers=stage.headers["village"])
    assert reply.status_code == 401
    assert reply.headers["content-type"] == MEDIA_TYPE
    assert reply.headers["www-authenticate"] == "Bearer"
    assert _CHINESE.search(reply.json()["detail"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer"},
        {"X-Portal-Key": "nonsense"},
        {"Cookie": "minqing_session=nonsense"},
    ],
    ids=lambda headers: " ".join(headers),
)
def test_a_wrong_secret_is_never_taken_for_nobody(
    stage: Stage, headers: dict[str, str]
) -> None:
    body = order_body(stage.villages["home"])
    before = stage.everything()
    reply = stage.ask("POST", "/api/requests", json=body, headers=headers)
    assert reply.status_code == 401
    assert reply.headers["content-type"] == MEDIA_TYPE
    assert stage.everything() == before


def test_a_wrong_password_adds_to_the_counts_only(
    stage: Stage,
) -> None:
    with stage.undone():
        before = stage.everything()
        reply = stage.client.post(
            "/api/session", json={"username": "town", "password": "wrong"}
        )
        after = stage.everything()
    assert reply.status_code == 401
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"counter"}


_VERBS: dict[str, tuple[str, Callable[[Village], dict[str, Any]]]] = {
    "decline": ("reason", lambda _: {"reason": "tired"}),
    "transfer": ("person_id", lambda village: {"person_id": str(village.zone_id)}),
    "progress": ("note", lambda _: {"note": " "}),
    "complete": ("note", lambda _: {"note": "好" * 4001}),
    "rate": ("score", lambda _: {"score": "5"}),
    "reopen": ("reason", lambda _: {}),
    "withdraw": ("why", lambda _: {"why": "x"}),
    "accept": ("why", lambda _: {"why": "x"}),
}


@pytest.mark.parametrize("verb", sorted(_VERBS))
def test_a_verb_with_a_wrong_word_changes_nothing(stage: Stage, verb: str) -> None:
    home = stage.villages["home"]
    place, body = _VERBS[verb]
    with stage.undone():
        before = stage.everything()
        reply = stage.client.post(
            f"/api/requests/{home.requests['dispatched'].id}/{verb}",
            json=body(home),
            headers=stage.headers["handler"],
        )
        assert stage.everything() == before
    _check_problem(reply, Bad(verb, 422, "POST", "", loc=("body", place)))
