"""What everybody gets is made of published bands alone, and stays as it was told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import make
import mapbox_vector_tile
import numpy as np
import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from geo_api.catalogue.queries import list_services
from geo_api.db.cipher import Cipher
from geo_api.heat.models import Publication, PublishedRate
from geo_api.heat.publication import publish_ended, unpublished
from geo_api.households.ledger import add_many
from geo_api.households.rules import HouseholdDraft
from geo_api.ogc.layers import version_of
from geo_api.settings import PrivacySettings, Settings, StateSettings

VILLAGES = ("620171101201", "620171101202", "620171102201", "620171102202")
# Holds the whole small county.
TILE = "/tiles/heat/5/25/12"

Rows = dict[tuple[str, str, str, str], tuple[int | None, int | None]]


@pytest.fixture
def settings(state_dir) -> Settings:
    """The usual floor of requests; two households are enough of a village."""
    return Settings(
        state=StateSettings(state_dir=state_dir),
        privacy=PrivacySettings(public_min_households=2),
    )


@pytest.fixture
def homes(session: Session, world: make.World, cipher: Cipher, now: datetime) -> None:
    """Households in every village."""
    drafts = []
    for number, village in enumerate(VILLAGES, start=3):
        lon, lat = world.point(village)
        drafts += [
            HouseholdDraft(
                code=f"{village}-{i}", address="-", head_name="户主", crs="wgs84",
                lon=lon + i * 1e-5, lat=lat, phone=None, id_number=None,
                member_count=None,
            )
            for i in range(10 * number)
        ]  # fmt: skip
    add_many(session, cipher, drafts, edition_id=world.county.edition_id, now=now)


@pytest.fixture
def order(session: Session, world: make.World, now: datetime):
    """Orders in a village at some moments, written as they are stored."""
    rules = {service.code: rule for service, rule in list_services(session, now)}
    count = iter(range(1_000_000))

    def insert(village: str, code: str, moments: list[datetime]) -> None:
        ids = world.county.ids
        session.execute(
            text(
                """
                INSERT INTO service_request
                  (public_id, number, service_id, description, channel,
                   is_confidential, edition_id, county_id, town_id, village_id,
                   status, stage, handler_id, decline_count, reopen_count,
                   ordered_at, due_at, dispatched_at, updated_at)
                SELECT gen_random_uuid(), 'T' || CAST(:first AS int) || '-' || i,
                       :service, '', 'web', :confidential, :edition, :county, :town,
                       :village, 'open', 'dispatched', :handler, 0, 0, at, at, at, at
                FROM unnest(CAST(:moments AS timestamptz[])) WITH ORDINALITY AS m(at, i)
                """
            ),
            {
                "first": next(count), "service": rules[code].service_id,
                "confidential": rules[code].terms.is_confidential,
                "edition": world.county.edition_id, "county": ids["620171"],
                "town": ids[village[:9]], "village": ids[village],
                "handler": world.people["county_desk"], "moments": moments,
            },
        )  # fmt: skip

    return insert


@pytest.fixture
def year(homes: None, order, now: datetime) -> np.random.Generator:
    """Fifteen months of seeded orders."""
    draw = np.random.default_rng(8)
    codes = ["XQ-SHUI", "XQ-DIAN", "XQ-LAJI", "ZX-YIBAO", "MD-LINLI", "JB-JUBAO"]
    for size, village in enumerate(VILLAGES, start=1):
        for service, code in enumerate(codes):
            days = draw.uniform(1, 460, draw.poisson(30 * size / (1 + service)))
            moments = [now - timedelta(days=float(day)) for day in days]
            order(village, code, moments)
    return draw


def _asks(client, most_groups: int = 1) -> Iterator[dict[str, str]]:
    """What the public may ask for, of all services and of some groups."""
    groups = client.get("/tiles/heat.json").json()["published"]["groups"]
    for group in (None, *groups[:most_groups]):
        named = {"group": group} if group else {}
        yield named
        document = client.get("/tiles/heat.json", params=named).json()
        for period in document["published"]["periods"]:
            yield {**named, "from": period["from"], "to": period["to"]}


def _answers(client) -> dict[str, tuple[Any, ...]]:
    """What the public is answered, whichever way it asks."""
    found = {}
    for ask in _asks(client):
        for path in ("/tiles/heat.json", f"{TILE}.png", f"{TILE}.mvt"):
            reply = client.get(path, params=ask)
            kept = {k: v for k, v in reply.headers.items() if k != "date"}
            key = f"{path} {json.dumps(ask, sort_keys=True)}"
            found[key] = (reply.status_code, kept, reply.content)
    return found


def _rows(session: Session) -> Rows:
    """What was published, by village, group, kind and day."""
    rows = session.execute(
        text(
            """
            SELECT a.code, p.group_name, q.kind, q.first_day, p.at_least, p.below
            FROM published_rate p JOIN publication q ON q.id = p.publication_id
            JOIN edition_area a USING (area_id)
            """
        )
    )
    return {(r[0], r[1], r[2], str(r[3])): (r[4], r[5]) for r in rows}


@contextmanager
def _undone(session: Session) -> Iterator[None]:
    session.expunge_all()
    savepoint = session.begin_nested()
    yield
    savepoint.rollback()
    session.expunge_all()


def test_one_order_changes_no_public_byte_but_by_its_own_villages_band(
    client, session: Session, settings: Settings, now: datetime, year, order
) -> None:
    with _undone(session):
        publish_ended(session, settings, now=now)
        rows, answers = _rows(session), _answers(client)
    assert len(answers) > 70
    changed = []
    for _ in range(8):
        village = VILLAGES[int(year.integers(4))]
        code = str(year.choice(["XQ-SHUI", "XQ-LAJI", "JB-JUBAO"]))
        with _undone(session):
            order(village, code, [now - timedelta(days=float(year.uniform(30, 300)))])
            publish_ended(session, settings, now=now)
            other = {
                key: row for key, row in _rows(session).items() if rows[key] != row
            }
            assert {key[0] for key in other} <= {village}
            changed.append(bool(other))
            if not other and changed.count(False) < 3:
                assert _answers(client) == answers
    assert False in changed
    assert True in changed


def test_the_version_and_the_tags_are_reckoned_from_bands_alone(
    client, session: Session, settings: Settings, now: datetime, year
) -> None:
    publish_ended(session, settings, now=now)
    asked = 0
    for ask in _asks(client):
        document = client.get("/tiles/heat.json", params=ask).json()
        shown = document["published"]
        reply = client.get(f"{TILE}.mvt", params=ask)
        assert (
            reply.headers["etag"].strip('"')
            == (hashlib.sha256(reply.content).hexdigest()[:24])
        )
        layers = mapbox_vector_tile.decode(reply.content) if reply.content else {}
        villages = [
            feature["properties"]
            for feature in layers.get("villages", {"features": []})["features"]
        ]
        told = [(village["code"], village["rate_band"]) for village in villages]
        version = version_of(
            2, shown["period"]["kind"], shown["period"]["from"], shown["group"] or "",
            told,
        )  # fmt: skip
        assert f"v={version}" in document["tiles"][0], (ask, told)
        asked += bool(told)
    assert asked > 15


def test_what_is_out_stays_as_it_was_told(
    client, session: Session, settings: Settings, now: datetime, year, order, clock
) -> None:
    publish_ended(session, settings, now=now)
    answers = _answers(client)
    order(VILLAGES[0], "XQ-SHUI", [now - timedelta(days=40)] * 100)
    session.execute(
        text("UPDATE service_request SET village_id = NULL WHERE id % 2 = 0")
    )
    assert publish_ended(session, settings, now=now) == 0
    assert _answers(client) == answers
    clock.now = now + timedelta(days=30)
    assert publish_ended(session, settings, now=clock.now) == 2  # March and its quarter
    month = {"from": "2026-02-01", "to": "2026-03-01"}
    key = f"{TILE}.png {json.dumps(month, sort_keys=True)}"
    assert client.get(f"{TILE}.png", params=month).content == answers[key][2]
    year_now = client.get("/tiles/heat.json").json()["published"]["period"]
    assert (year_now["from"], year_now["to"]) == ("2025-04-01", "2026-04-01")


@pytest.mark.parametrize(
    "alteration", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"]
)
@pytest.mark.parametrize(
    ("table", "column"), [("publication", "kind"), ("published_rate", "at_least")]
)
def test_the_apps_role_cannot_alter_what_is_out(
    session: Session, world, alteration: str, table: str, column: str
) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        session.begin_nested(),
    ):
        session.execute(text(alteration.format(table, column, column)))


def test_villages_keep_the_boundaries_that_they_were_published_for(
    client, session: Session, settings: Settings, now: datetime, year, world
) -> None:
    publish_ended(session, settings, now=now)
    before = client.get(f"{TILE}.mvt").content
    assert before
    edition = session.execute(
        text(
            """
            INSERT INTO edition (public_id, name, reason, source_id, created_at,
                                 active_from, activated_at)
            SELECT gen_random_uuid(), 'new', reason, source_id, created_at,
                   '2026-03-01', created_at
            FROM edition RETURNING id
            """
        )
    ).scalar_one()
    county = world.county.ids["620171"]
    session.execute(
        text(
            """
            INSERT INTO edition_area
              (edition_id, area_id, parent_id, type, code, name, shape_id)
            SELECT :new, area_id, parent_id, type, code, name || '新', shape_id
            FROM edition_area WHERE edition_id = :old AND area_id = :county
            """
        ),
        {"new": edition, "old": world.county.edition_id, "county": county},
    )
    assert client.get(f"{TILE}.mvt").content == before


def test_a_public_tile_reads_no_request(
    client, session: Session, settings: Settings, now: datetime, year
) -> None:
    publish_ended(session, settings, now=now)
    statements: list[str] = []

    def note(_conn, _cursor, statement, *_more: Any) -> None:
        statements.append(statement)

    event.listen(session.connection(), "before_cursor_execute", note)
    for path in ("/tiles/heat.json", f"{TILE}.png", f"{TILE}.mvt"):
        assert client.get(path).status_code == 200
    event.remove(session.connection(), "before_cursor_execute", note)
    assert any("published_rate" in statement for statement in statements)
    counted = ("service_request", "household ", "household_place", "FROM household")
    assert [s for s in statements if any(table in s for table in counted)] == []


def test_only_what_is_published_may_be_asked_for(
    client, session: Session, settings: Settings, now: datetime, year, sign_in
) -> None:
    publish_ended(session, settings, now=now)
    groups = client.get("/tiles/heat.json").json()["published"]["groups"]
    assert "投诉举报" not in groups
    services = ["XQ-DIAN", "XQ-LU", "XQ-NUAN", "XQ-SHUI"]
    both = {"service_code": services, "group": "基础设施"}
    for ask in ({"service_code": services}, {"group": "基础设施"}, both):
        document = client.get("/tiles/heat.json", params=ask).json()
        assert document["published"]["group"] == "基础设施"
        assert document["published"]["period"]["kind"] == "twelve_months"
    for where, ask in (
        ("from", {"from": "2026-02-10", "to": "2026-02-20"}),
        ("from", {"from": "2026-02-02T00:00:01", "to": "2026-03-01"}),
        ("from", {"from": "2025-12-01", "to": "2026-02-01"}),
        ("from", {"from": "2026-03-01", "to": "2026-04-01"}),
        ("from", {"from": "2026-02-01"}),
        ("from", {"to": "2026-03-01"}),
        ("from", {"group": "基础设施", "from": "2026-02-01", "to": "2026-03-01"}),
        ("service_code", {"service_code": ["XQ-SHUI"]}),
        ("service_code", {"service_code": ["XQ-SHUI", "XQ-LAJI"]}),
        ("service_code", {"service_code": ["TS-TOUSU", "JB-JUBAO"]}),
        ("group", {"group": "投诉举报"}),
        ("group", {"group": "环境卫生", "service_code": services}),
        ("stage", {"stage": "completed"}),
    ):
        for path in ("/tiles/heat.json", f"{TILE}.png", f"{TILE}.mvt"):
            reply = client.get(path, params=ask)
            assert reply.status_code == 422, (path, ask)
            problem = reply.json()
            [error] = problem["errors"]
            assert error["loc"] == ["query", where]
            assert problem["groups"] == groups
            first = problem["periods"][0]
            assert first["kind"] == "twelve_months"
            if where == "from":
                assert f"{first['from']}/{first['to']}" in error["mend"]
            if where in ("group", "service_code"):
                assert "基础设施" in error["mend"]
        assert client.get(
            f"{TILE}.png", params=ask, headers=sign_in("county")
        ).status_code in (200, 400)


def test_before_anything_is_out_nothing_is_shown_and_it_says_so(
    client, session: Session, now: datetime, world
) -> None:
    document = client.get("/tiles/heat.json").json()["published"]
    assert (document["period"], document["periods"], document["groups"]) == (
        None, [], [],
    )  # fmt: skip
    assert client.get(f"{TILE}.mvt").content == b""
    reply = client.get("/tiles/heat.json?from=2026-02-01&to=2026-03-01")
    assert reply.status_code == 422
    assert reply.json()["periods"] == []
    # What ended last night is not missing yet.
    assert len(unpublished(session, today=now.date())) == 18


def test_a_village_of_few_households_is_not_told_whatever_is_ordered(
    client, session: Session, settings: Settings, now: datetime, order
) -> None:
    order(make.VILLAGE, "XQ-SHUI", [now - timedelta(days=20)] * 30)
    order(make.OTHER_VILLAGE, "XQ-SHUI", [now - timedelta(days=20)] * 30)
    publish_ended(session, settings, now=now)
    assert {key[0] for key in _rows(session)} == {make.VILLAGE}
    assert session.scalars(select(PublishedRate.households).distinct()).all() == [10]
    assert session.scalars(select(Publication.floor).distinct()).all() == [5]
