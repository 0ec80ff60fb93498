"""Orders go on while a county's boundaries take effect."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import make
import make_editions
import make_requests
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from geo_api.accounts.rules import Actor
from geo_api.areas import index as area_index
from geo_api.areas.geography import number_of, raise_number
from geo_api.areas.models import Edition
from geo_api.changes import activation
from geo_api.changes.activation import take_effect
from geo_api.people.models import Person
from geo_api.requests.models import DispatchDecision, RequestEvent, ServiceRequest
from geo_api.settings import DispatchSettings
from geo_api.zones import index as zone_index

_CLIENTS = 2
# How many orders are waited for in each part of the act.
_SOME = 6


class Orders:
    """Orders, one after the other, until they are ended."""

    def __init__(self, client: TestClient, world: make.World) -> None:
        lon, lat = world.point(f"{make.VILLAGE}002")
        self._body = make_requests.an_order(
            world, location={"lon": lon, "lat": lat, "crs": "wgs84"}
        )
        self._client = client
        self._came = threading.Condition()
        self.answers: list[int] = []
        self.has_ended = threading.Event()

    def go_on(self) -> None:
        while not self.has_ended.is_set():
            reply = self._client.post("/api/requests", json=self._body)
            with self._came:
                self.answers.append(reply.status_code)
                self._came.notify_all()

    def wait_for_some(self) -> None:
        wanted = len(self.answers) + _SOME
        with self._came:
            assert self._came.wait_for(lambda: len(self.answers) >= wanted, 120)


def test_orders_go_on_while_boundaries_take_effect_and_none_is_left_behind(
    committing_client, fresh_database, fresh_world, settings, now, monkeypatch
) -> None:
    sessions = fresh_database.sessions
    sessions.is_lasting = True
    # Above the usual rate the town's desk has them from the first.
    settings.dispatch = DispatchSettings(orders_per_hour=100_000)
    with sessions.transaction() as session:
        edition_id = make_editions.stored(
            session, make_editions.absorbed(), now, day=make.TODAY
        ).id
    orders = Orders(committing_client, fresh_world)
    raised: list[int] = []

    def raise_after_some(session: Session) -> int:
        # Whatever takes long is done: those who order have not noticed.
        orders.wait_for_some()
        raised.append(raise_number(session))
        return raised[0]

    monkeypatch.setattr(activation, "raise_number", raise_after_some)
    with ThreadPoolExecutor(_CLIENTS) as pool:
        running = [pool.submit(orders.go_on) for _ in range(_CLIENTS)]
        try:
            orders.wait_for_some()
            with sessions.transaction() as session:
                edition = session.get_one(Edition, edition_id)
                take_effect(session, edition, actor=Actor(), now=now, settings=settings)
            orders.wait_for_some()
        finally:
            orders.has_ended.set()
        for each in running:
            each.result(120)
    _wait(sessions)
    assert set(orders.answers) == {201}
    with sessions.transaction() as session:
        requests = session.scalars(select(ServiceRequest)).all()
        decisions = session.scalars(select(DispatchDecision)).all()
        asked = {
            session.get_one(Person, request.handler_id).code for request in requests
        }
        handed_on = set(
            session.scalars(
                select(RequestEvent.request_id).where(RequestEvent.verb == "hand_on")
            )
        )
        assert number_of(session, decides=False) == raised[0]
    # Whenever they came, they lie in the new areas, and are held by who answers there.
    assert len(requests) == len(orders.answers)
    assert {request.edition_id for request in requests} == {edition_id}
    assert asked == {"P-town_desk"}
    # None was decided in the boundaries before after the number was raised, nor the
    # other way round.
    first = [d for d in decisions if d.inputs["where"]["geography_version"] is not None]
    assert len(first) == len(requests)
    for decision in first:
        version = decision.inputs["where"]["geography_version"]
        assert (decision.edition_id == edition_id) == (version >= raised[0])
        assert (decision.request_id in handed_on) == (version < raised[0])
    # Some came before, some meanwhile, some after.
    late = len(requests) - len(handed_on)
    assert len(handed_on) >= 2 * _SOME
    assert late >= _SOME - _CLIENTS


def _wait(sessions: Any) -> None:
    area_index.HOLDER.wait(sessions)
    zone_index.HOLDER.wait(sessions)


@pytest.mark.parametrize("rows", [make_editions.absorbed, make_editions.merged])
def test_the_number_is_held_for_as_many_statements_however_much_has_moved(
    session, client, world, settings, now, monkeypatch, rows
) -> None:
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    def held(session: Session) -> int:
        number = raise_number(session)
        event.listen(session.connection(), "before_cursor_execute", note)
        return number

    def statements_after(orders: int) -> int:
        statements.clear()
        with session.begin_nested() as savepoint:
            for _ in range(orders):
                lon, lat = world.point(f"{make.VILLAGE}002")
                where = {"lon": lon, "lat": lat, "crs": "wgs84"}
                make_requests.order(client, world, location=where)
            edition = make_editions.stored(session, rows(), now)
            effect = take_effect(
                session, edition, actor=Actor(), now=now, settings=settings
            )
            event.remove(session.connection(), "before_cursor_execute", note)
            assert effect.requests_moved == orders
            savepoint.rollback()
        session.expire_all()
        return len(statements)

    monkeypatch.setattr(activation, "raise_number", held)
    few = statements_after(1)
    assert few == statements_after(7)
    assert few <= 6


def test_an_order_that_waits_for_the_number_is_decided_in_the_new_boundaries(
    committing_client, fresh_database, fresh_world, settings, now, monkeypatch
) -> None:
    sessions = fresh_database.sessions
    with sessions.transaction() as session:
        edition = make_editions.stored(
            session, make_editions.absorbed(), now, day=make.TODAY
        )
    ordered: list[Any] = []
    ordering = threading.Thread(
        target=lambda: ordered.append(
            make_requests.order(committing_client, fresh_world)
        )
    )

    def raise_and_let_order(session: Session) -> int:
        number = raise_number(session)
        ordering.start()
        # It may or may not wait by now: it is answered only after the commit.
        time.sleep(0.3)
        assert ordered == []
        return number

    monkeypatch.setattr(activation, "raise_number", raise_and_let_order)
    with sessions.transaction() as session:
        found = session.get_one(Edition, edition.id)
        take_effect(session, found, actor=Actor(), now=now, settings=settings)
    ordering.join(60)
    with sessions.transaction() as session:
        request = session.scalars(select(ServiceRequest)).one()
        assert request.edition_id == edition.id
        assert request.number == ordered[0]["number"]
