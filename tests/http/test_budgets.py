"""What takes long takes turns among its own kind, and holds nothing while it waits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from geo_api.errors import Conflict
from geo_api.http import budgets
from geo_api.http.budgets import AT_ONCE, Budget, within

# Whatever reckons with passwords, paints or writes files: each by its kind.
KINDS = {
    ("POST", "/api/token"): Budget.PASSWORD,
    ("POST", "/api/session"): Budget.PASSWORD,
    ("POST", "/api/password"): Budget.PASSWORD,
    ("POST", "/api/accounts"): Budget.PASSWORD,
    ("PATCH", "/api/accounts/{account_id}"): Budget.PASSWORD,
    ("GET", "/tiles/{layer}/{z}/{x}/{y}.{suffix}"): Budget.TILE,
    ("GET", "/api/requests.xlsx"): Budget.FILE,
    ("GET", "/api/templates/{ledger}.xlsx"): Budget.FILE,
    ("POST", "/api/imports/{ledger}"): Budget.FILE,
}

# A core each, and hundreds of megabytes each: two, or an order waits.
MOST = {Budget.PASSWORD: 2, Budget.PHOTO: 2, Budget.FILE: 2, Budget.TILE: 4}


def test_every_route_that_takes_long_waits_for_its_turn(app: FastAPI) -> None:
    found = {}
    for route in iter_route_contexts(app.routes):
        for dependency in getattr(route, "dependencies", ()):
            kind = getattr(dependency.dependency, "budget", None)
            for method in route.methods if kind is not None else ():
                found[method, route.path] = kind
    assert found == KINDS


@pytest.mark.parametrize("kind", Budget)
def test_no_more_than_its_budget_work_at_once_and_others_are_not_kept(
    app: FastAPI, kind: Budget
) -> None:
    most = AT_ONCE[kind]
    assert most <= MOST[kind]
    working, highest, lock = 0, 0, threading.Lock()
    has_come = threading.Semaphore(0)
    may_go = threading.Event()

    def work(is_wrong: bool = False) -> None:
        nonlocal working, highest
        with lock:
            working += 1
            highest = max(highest, working)
        has_come.release()
        may_go.wait(30)
        with lock:
            working -= 1
        if is_wrong:
            raise Conflict("This duty has ended already")

    app.add_api_route("/work", work, dependencies=[within(kind)])
    app.add_api_route("/other", lambda: None)
    callers = most + 6
    with TestClient(app) as client, ThreadPoolExecutor(callers) as pool:
        replies = [
            pool.submit(client.get, f"/work?is_wrong={number % 2}")
            for number in range(callers)
        ]
        for _ in range(most):
            assert has_come.acquire(timeout=300)
        assert client.get("/other").status_code == 200
        may_go.set()
        statuses = [reply.result().status_code for reply in replies]
        # A turn that ended in an error is given back, too.
        assert client.get("/work").status_code == 200
    assert sorted(set(statuses)) == [200, 409]
    assert highest == most


def test_a_queue_without_end_is_refused(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "WAITING", 0)
    app.add_api_route("/work", lambda: None, dependencies=[within(Budget.FILE)])
    with TestClient(app) as client:
        reply = client.get("/work?lang=en")
    assert reply.status_code == 503
    assert reply.json()["mend"] == "Try again in a minute"
