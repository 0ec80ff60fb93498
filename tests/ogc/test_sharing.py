"""Pages of other origins: what they may read, and that they can read why not."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from geo_api.accounts.portal_keys import create_portal_key, revoke_portal_key
from geo_api.accounts.rules import Actor
from geo_api.settings import ServerSettings, Settings, StateSettings

PORTAL = "https://portal.example"
CONFIGURED = "https://configured.example"
ELSEWHERE = "https://elsewhere.example"
TILE = "/tiles/heat/9/403/200.png"
ALLOWED = "access-control-allow-origin"


@pytest.fixture
def settings(state_dir) -> Settings:
    return Settings(
        state=StateSettings(state_dir=state_dir),
        server=ServerSettings(cors_origins=(CONFIGURED,)),
    )


@pytest.fixture
def key(session: Session, world, now) -> str:
    """A key for the first town, for pages of the portal only."""
    _, secret = create_portal_key(
        session, name="portal", origins=[PORTAL], layers=["heat", "areas", "zones"],
        area_ids=[world.county.ids["620171101"]], now=now,
    )  # fmt: skip
    session.flush()
    return secret


def _ask(client, path: str, origin: str, **headers: str):
    return client.get(path, headers={"Origin": origin, **headers})


def test_a_portals_page_reads_tiles_with_its_key_and_without_cookies(
    client, key: str
) -> None:
    for path in (TILE, "/tiles/heat/9/403/200.mvt", "/tiles/heat.json"):
        by_header = _ask(client, path, PORTAL, **{"X-Portal-Key": key})
        by_query = _ask(client, f"{path}?portal_key={key}", PORTAL)
        for reply in (by_header, by_query):
            assert reply.status_code == 200
            assert reply.headers[ALLOWED] == PORTAL
            assert "access-control-allow-credentials" not in reply.headers
    document = _ask(client, f"/tiles/heat.json?portal_key={key}", PORTAL).json()
    assert all(f"portal_key={key}&v=" in url for url in document["tiles"])


def test_a_refusal_can_be_read_by_the_page_that_is_refused(
    client, session, key: str, now
) -> None:
    wrong = _ask(client, TILE, ELSEWHERE, **{"X-Portal-Key": key})
    assert (wrong.status_code, wrong.headers[ALLOWED]) == (403, ELSEWHERE)
    foreign = _ask(client, f"/tiles/zones.json?portal_key={key}", PORTAL)
    assert (foreign.status_code, foreign.headers[ALLOWED]) == (403, PORTAL)
    unknown = _ask(client, f"{TILE}?portal_key=nonsense", PORTAL)
    assert (unknown.status_code, unknown.headers[ALLOWED]) == (401, PORTAL)
    assert unknown.headers["content-type"] == "application/problem+json"
    assert "Origin" in unknown.headers["vary"]
    configured = _ask(client, "/tiles/rain.json", CONFIGURED)
    assert (configured.status_code, configured.headers[ALLOWED]) == (404, CONFIGURED)
    stranger = _ask(client, "/tiles/rain.json", ELSEWHERE)
    assert stranger.status_code == 404
    assert ALLOWED not in stranger.headers


def _preflight(client, origin: str):
    return client.options(
        TILE,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "x-portal-key",
        },
    )


@pytest.mark.parametrize("origin", [PORTAL, CONFIGURED])
def test_a_listed_page_may_send_its_key_as_a_header(
    client, key: str, origin: str
) -> None:
    reply = _preflight(client, origin)
    assert reply.status_code == 204
    assert reply.headers[ALLOWED] == origin
    assert "X-Portal-Key" in reply.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in reply.headers


def test_who_is_listed_nowhere_may_not_even_send_a_key(
    client, session, key: str, now
) -> None:
    assert ALLOWED not in _preflight(client, ELSEWHERE).headers
    own, _ = create_portal_key(
        session, name="open", origins=[], layers=["heat"], area_ids=[], now=now
    )
    session.flush()
    public_id = own.public_id
    assert _preflight(client, ELSEWHERE).headers[ALLOWED] == ELSEWHERE
    revoke_portal_key(session, public_id, now=now, actor=Actor())
    assert ALLOWED not in _preflight(client, ELSEWHERE).headers


def test_a_portal_is_told_what_its_key_covers(client, world, key: str) -> None:
    headers = {"X-Portal-Key": key}
    assert client.get("/api/portal-key", headers=headers).json() == {
        "name": "portal",
        "origins": [PORTAL],
        "layers": ["heat", "areas", "zones"],
        "areas": [{"code": "620171101", "name": "西镇", "type": "town"}],
    }
    statuses = {
        query: client.get(f"/api/portal-key?{query}", headers=headers).status_code
        for query in (
            "area=620171101", "area=620171101201", "area=620171", "area=620171102",
            "area=999", "layer=heat", "layer=requests",
        )
    }  # fmt: skip
    assert statuses == {
        "area=620171101": 200, "area=620171101201": 200, "area=620171": 403,
        "area=620171102": 403, "area=999": 404, "layer=heat": 200,
        "layer=requests": 403,
    }  # fmt: skip


def test_an_origin_is_what_a_browser_writes_and_no_more_of_a_header(
    client, sign_in
) -> None:
    for origin, status in (
        ("https://portal.example:8443", 201),
        ("http://[::1]:8000", 201),
        ("https://portal.example;script-src", 422),
        ("https://portal.example,https://b.example", 422),
        ("https://*'", 422),
    ):
        body = {
            "name": "新门户", "origins": [origin], "layers": ["heat"],
            "area_codes": ["620171101"],
        }  # fmt: skip
        reply = client.post("/api/portal-keys", json=body, headers=sign_in("admin"))
        assert reply.status_code == status, origin
