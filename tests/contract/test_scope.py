"""Every route × every kind of caller × in and out of scope, as scope.txt says."""

from __future__ import annotations

import pytest
from asks import ASKS, HIDDEN, SHOWN, Row, read_table, reply_of
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from make_stage import CALLERS, Stage

ROWS = read_table()

# Where the other village lies beyond the caller's reach.
_BEYOND = {
    "town": 1,
    "other_town": 0,
    "village": 1,
    "other_village": 0,
    "handler": 1,
    "stranger": 0,
}
_THINGS = ("{household_id}", "{person_id}", "{duty_id}", "{leave_id}", "{zone_id}")


def _routes(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of all that the application answers, nested routers included."""
    return {
        (method, route.path)
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or {"mount"}) - {"HEAD"}
        if route.path is not None
    }


def test_every_route_stands_in_the_table_and_no_other(stage: Stage) -> None:
    assert {row.route for row in ROWS} == _routes(stage.app)


def test_a_route_that_is_not_in_the_table_is_noticed(stage: Stage) -> None:
    app = FastAPI(openapi_url=None)
    nested = FastAPI(openapi_url=None).router
    nested.add_api_route("/secret", lambda: "", methods=["PUT"])
    app.include_router(nested, prefix="/new")
    app.mount("/mounted", FastAPI())
    assert _routes(app) == {("PUT", "/new/secret"), ("mount", "/mounted")}


def test_every_row_can_be_asked_and_is_asked_once() -> None:
    names = [row.name for row in ROWS]
    assert sorted(names) == sorted(ASKS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_caller_gets_what_the_table_says(stage: Stage, row: Row) -> None:
    shows = ASKS[row.name].shows
    wrong = {}
    for caller in CALLERS:
        for village, expected in zip(
            stage.villages.values(), row.expected[caller], strict=True
        ):
            reply = reply_of(stage, row.name, caller, village)
            found = str(reply.status)
            if shows is not None and reply.status == 200:
                found = SHOWN if shows(village, reply) else HIDDEN
            if found != expected:
                wrong[caller, village.name] = f"{found}, not {expected}"
    assert wrong == {}


@pytest.mark.parametrize(
    "row",
    [
        row
        for row in ROWS
        if any(thing in row.name for thing in (*_THINGS, "{request_id}"))
    ],
    ids=lambda row: row.name,
)
def test_what_one_may_not_see_is_404_and_never_403(row: Row) -> None:
    told = {
        caller: row.expected[caller]
        for caller, beyond in _BEYOND.items()
        if row.expected[caller][beyond] != "404"
    }
    assert told == {}


def test_absent_and_out_of_scope_look_the_same(stage: Stage) -> None:
    home, away = stage.villages.values()
    headers = stage.headers["village"]
    for url, known, unknown in (
        ("/api/households/{}", away.household_id, home.zone_id),
        ("/api/zones/{}", away.zone_id, home.household_id),
        ("/api/people/{}", away.person_id, home.zone_id),
        ("/api/requests/{}", away.requests["dispatched"].id, home.zone_id),
        ("/api/requests/{}", home.requests["confidential"].id, home.zone_id),
    ):
        foreign = stage.ask("GET", url.format(known), headers=headers)
        absent = stage.ask("GET", url.format(unknown), headers=headers)
        assert foreign.status_code == absent.status_code == 404
        assert foreign.content == absent.content
