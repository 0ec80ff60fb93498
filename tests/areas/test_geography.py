"""Nobody decides on shapes that are not in force any more, and nobody waits long."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date
from multiprocessing import get_context
from typing import Any

import make
import make_races
import make_requests
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from geo_api.areas import index as area_index
from geo_api.areas.editions import activate, copy_of
from geo_api.areas.geography import hold, note_change, number_of
from geo_api.areas.holder import Holder
from geo_api.areas.index import find_area_index
from geo_api.areas.locate import locate_many
from geo_api.areas.models import Edition, GeographyVersion
from geo_api.areas.rules import Place
from geo_api.areas.service import current_edition
from geo_api.db.session import SessionFactory, make_engine
from geo_api.settings import DatabaseSettings
from geo_api.zones import index as zone_index
from geo_api.zones.drafts import ZoneDraft
from geo_api.zones.index import find_zone_index
from geo_api.zones.ledger import add_zones_many
from geo_api.zones.locate import zones_at
from geo_api.zones.rules import ZoneKind

TODAY = date(2026, 3, 2)
SECOND = f"{make.GROUP}002"
_SAID = text(
    """
    SELECT z.code FROM responsibility_zone z
    JOIN zone_shape d ON d.zone_id = z.id AND d.valid_to IS NULL
    JOIN shape s ON s.id = d.shape_id
    WHERE ST_DWithin(s.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), 1e-7)
    ORDER BY z.code
    """
)


@pytest.fixture
def sessions(fresh_database) -> Iterator[SessionFactory]:
    """The database's sessions as in a process that stays."""
    found: SessionFactory = fresh_database.sessions
    found.is_lasting = True
    yield found
    _wait(found)


def _wait(sessions: SessionFactory) -> None:
    area_index.HOLDER.wait(sessions)
    zone_index.HOLDER.wait(sessions)


def _change_over(session: Session, county: make.County, *, upper: bool) -> None:
    """Give the first zone the group's upper half or its lower, the second the other."""
    halves = make._halves(county.shapes[make.GROUP])
    area_id = county.ids[make.GROUP]
    add_zones_many(
        session,
        [
            ZoneDraft(code, code, area_id, ZoneKind.HOUSEHOLDS, make.START, half)
            for code, half in zip(
                (make.ZONE, SECOND), halves[::-1] if upper else halves, strict=True
            )
        ],
    )


def _place(county: make.County) -> Place:
    ids = county.ids
    return Place(ids["620171"], ids["620171101"], ids[make.VILLAGE], ids[make.GROUP])


def _point(county: make.County) -> tuple[float, float]:
    x, y = make._halves(county.shapes[make.GROUP])[0].centroid.coords[0]
    return x, y


def _zone(session: Session, county: make.County) -> str | None:
    found = zones_at(session, [_point(county)], [_place(county)], day=TODAY)[0]
    return found.code if found else None


def _warm(sessions: SessionFactory, county: make.County) -> None:
    with sessions.transaction() as session:
        _zone(session, county)
        locate_many(session, [_point(county)], edition_id=county.edition_id)
    _wait(sessions)
    with sessions.transaction() as session:
        assert find_zone_index(session, TODAY) is not None
        assert find_area_index(session, county.edition_id) is not None


def test_a_redrawn_zone_is_seen_by_the_next_decision(sessions, fresh_world) -> None:
    county = fresh_world.county
    _warm(sessions, county)
    with sessions.transaction() as session:
        before = number_of(session)
        assert _zone(session, county) == make.ZONE
    with sessions.transaction() as session:
        _change_over(session, county, upper=True)
        # Who has drawn it sees it, from the database: nobody else does.
        assert find_zone_index(session, TODAY) is None
        assert _zone(session, county) == SECOND
        with sessions.transaction() as other:
            assert _zone(other, county) == make.ZONE
    with sessions.transaction() as session:
        assert number_of(session) > before
        index = find_zone_index(session, TODAY)
        assert index is not None
        # What has not changed was not covered again.
        assert {row.view.id for row in index.patch.values()} == {
            fresh_world.zones[make.ZONE],
            fresh_world.zones[SECOND],
        }
        assert _zone(session, county) == SECOND


def test_what_is_rolled_back_raises_nothing(sessions, fresh_world) -> None:
    with sessions.transaction() as session:
        before = number_of(session)
    with sessions() as session:
        _change_over(session, fresh_world.county, upper=True)
        session.rollback()
        session.execute(select(1))
        session.commit()
    with sessions.transaction() as session:
        assert number_of(session) == before


def test_an_edition_that_takes_effect_is_seen_by_the_next_decision(
    sessions, fresh_world, now
) -> None:
    county = fresh_world.county
    _warm(sessions, county)
    with sessions.transaction() as session:
        before = number_of(session)
        old = session.get_one(Edition, county.edition_id)
        again = copy_of(session, old, name="again", now=now)
        activate(session, again, day=TODAY, now=now)
    with sessions.transaction() as session:
        assert number_of(session) > before
        edition_id = current_edition(session, day=TODAY).id
        assert edition_id != county.edition_id
        spot = locate_many(session, [_point(county)], edition_id=edition_id)[0]
        assert spot.place == _place(county)
        _wait(sessions)
        # The old one has not changed and is not built again; the new one is there.
        assert find_area_index(session, county.edition_id) is not None
        assert find_area_index(session, edition_id) is not None


def test_many_who_ask_at_once_share_one_build_and_are_told_to_ask_the_database(
    sessions,
) -> None:
    built: Counter[str] = Counter()
    may_go_on = threading.Event()

    def read(_session: Session, key: str) -> Any:
        built[key] += 1
        may_go_on.wait(60)
        return lambda: f"index of {key}"

    holder: Holder[str, str] = Holder(read, lambda _session, _key, _old: None)

    def ask(_: int) -> str | None:
        with sessions.transaction() as session:
            return holder.find(session, "county")

    assert make_races.at_once(ask, 8) == [None] * 8
    may_go_on.set()
    holder.wait(sessions)
    assert make_races.at_once(ask, 8) == ["index of county"] * 8
    assert built == {"county": 1}


def test_an_order_is_answered_while_an_index_is_built(
    committing_client, sessions, fresh_world, monkeypatch
) -> None:
    may_go_on = threading.Event()

    def read(*_: Any) -> Any:
        may_go_on.wait(60)
        return lambda: None

    slow: Holder[Any, Any] = Holder(read, lambda *_: None)
    monkeypatch.setattr(area_index, "HOLDER", slow)
    monkeypatch.setattr(zone_index, "HOLDER", slow)
    ordered = make_requests.order(committing_client, fresh_world)
    assert ordered["number"]
    may_go_on.set()
    slow.wait(sessions)


def test_who_decides_is_waited_for_and_nobody_waits_behind_who_waits(
    sessions, fresh_world
) -> None:
    county = fresh_world.county
    began = threading.Event()

    def draw() -> None:
        with sessions.transaction() as session:
            _change_over(session, county, upper=True)
            began.set()

    def order() -> int:
        with sessions.transaction() as session:
            return number_of(session)

    with ThreadPoolExecutor(1) as pool:
        with sessions.transaction() as long:
            before = number_of(long)
            drawing = pool.submit(draw)
            assert began.wait(60)
            # An import decides for long: orders go on, and the zone comes after it.
            assert [order() for _ in range(20)] == [before] * 20
            assert not drawing.done()
            assert _zone(long, county) == make.ZONE
        drawing.result(60)
    assert order() > before


def test_nobody_decides_while_the_last_statements_of_a_change_run(
    sessions,
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with sessions.transaction() as session:
            before = session.scalars(select(GeographyVersion.number)).one()
            note_change(session)
            hold(session)

            def decide() -> int:
                with sessions.transaction() as other:
                    return number_of(other)

            deciding = pool.submit(decide)
            # Who only looks does not wait.
            with sessions.transaction() as other:
                assert number_of(other, decides=False) == before
            assert not deciding.done()
        assert deciding.result(60) > before


def _draw_again_and_again(url: str, schema: str, county: make.County, n: int) -> None:
    engine = make_engine(url, DatabaseSettings())
    sessions = SessionFactory(engine, schema)
    for i in range(n):
        with sessions.transaction() as session:
            _change_over(session, county, upper=bool(i % 2))
    engine.dispose()


def _decide_again_and_again(
    sessions: SessionFactory, county: make.County, writers: list[Any]
) -> Counter[str]:
    """Decide, then look what is in force before the commit: always the same."""
    seen: Counter[str] = Counter()
    lon, lat = _point(county)
    while not all(writer.done() for writer in writers):
        with sessions.transaction() as session:
            has_index = find_zone_index(session, TODAY) is not None
            decided = _zone(session, county)
            said = session.scalars(_SAID, {"lon": lon, "lat": lat}).first()
            assert decided == said
            seen[f"{decided} {has_index}"] += 1
    return seen


def _race(
    pool: Executor, url: str, sessions: SessionFactory, county: make.County, n: int
) -> Counter[str]:
    _warm(sessions, county)
    writers = [
        pool.submit(_draw_again_and_again, url, sessions.schema, county, rounds)
        for rounds in (n, n + 1)
    ]
    seen = _decide_again_and_again(sessions, county, writers)
    for writer in writers:
        writer.result()
    return seen


def test_two_draw_while_a_third_decides_and_it_is_never_on_what_was(
    sessions, fresh_database, fresh_world
) -> None:
    with ThreadPoolExecutor(2) as pool:
        seen = _race(pool, fresh_database.url, sessions, fresh_world.county, 8)
    assert seen


@pytest.mark.long
def test_two_processes_draw_while_a_third_decides_and_it_is_never_on_what_was(
    sessions, fresh_database, fresh_world
) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        seen = _race(pool, fresh_database.url, sessions, fresh_world.county, 200)
    assert seen[f"{make.ZONE} True"]
    assert seen[f"{SECOND} True"]
