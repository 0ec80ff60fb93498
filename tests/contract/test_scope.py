"""Every route × every kind of caller × in and out of scope: status, secrets, audit.

scope.txt says who gets what. Seeded names, phones, numbers and points are looked for in
the very same replies: each is asked for once.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from asks import ASKS, HIDDEN, SHOWN, Row, address, read_table, reply_of
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from make_stage import CALLERS, Noted, Reply, Secret, Stage, Village

ROWS = read_table()

# Half of the walk is for --long: who mirrors another caller from the other village, and
# who is let in and kept out by the same rule as another.
_MIRRORS = ("other_town", "other_village", "stranger", "server", "county", "auditor")
_callers = pytest.mark.parametrize(
    "callers",
    [
        pytest.param([who for who in CALLERS if who not in _MIRRORS], id="some"),
        pytest.param(_MIRRORS, id="the others", marks=pytest.mark.long),
    ],
)

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
# What the audit calls the fields in which a value of each kind can stand.
_FIELDS = {
    "name": {
        "name",
        "head_name",
        "person.name",
        "handler.name",
        "candidates.name",
        "contact.name",
    },
    "phone": {"phone", "contact.phone"},
    "id_number": {"id_number"},
    "point": {"point", "location"},
}
_LISTS = {"person.list", "account.list"}
# They do their work without anybody's phone, number or door.
_NEVER = {"anonymous", "portal", "server", "resident", "admin", "auditor"}


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


@_callers
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_caller_gets_what_the_table_says(
    stage: Stage, row: Row, callers: Sequence[str]
) -> None:
    shows = ASKS[row.name].shows
    wrong = {}
    for caller in callers:
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


def _is_noted(
    stage: Stage, row: Row, caller: str, village: Village, secret: Secret, reply: Reply
) -> bool:
    """Whether the audit says that this caller read this field of this subject.

    The subject is whose value it is, or the zone or request that was read with it.
    """
    url = address(stage, village, ASKS[row.name])

    def says(noted: Noted) -> bool:
        return (
            noted.account_id == stage.account_ids.get(caller, 0)
            and bool(noted.fields & _FIELDS[secret.kind])
            and (
                noted.subject_id in secret.subjects
                or str(noted.subject_id) in url
                # A whole page of names, which the administrator alone is listed.
                or (caller == "admin" and noted.action in _LISTS)
            )
        )

    return any(says(noted) for noted in reply.audit)


def _is_own(stage: Stage, caller: str, secret: Secret, reply: Reply) -> bool:
    """One's own name is no secret, nor to who has just signed in under it."""
    if not secret.owner:
        return False
    return caller == secret.owner or any(
        row.action == "sign_in" and row.account_id == stage.account_ids[secret.owner]
        for row in reply.audit
    )


def _found(stage: Stage, reply: Reply) -> list[Secret]:
    return [secret for secret in stage.secrets if secret.value in reply.text]


@_callers
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_unmasked_value_has_its_row_in_the_audit(
    stage: Stage, row: Row, callers: Sequence[str]
) -> None:
    leaks = set()
    for caller in callers:
        for village in stage.villages.values():
            reply = reply_of(stage, row.name, caller, village)
            for secret in _found(stage, reply):
                if _is_own(stage, caller, secret, reply):
                    continue
                is_barred = secret.kind != "name" and caller in _NEVER
                noted = _is_noted(stage, row, caller, village, secret, reply)
                if is_barred or not noted:
                    leaks.add((caller, village.name, secret.kind, secret.value))
    assert sorted(leaks) == []


def test_the_search_finds_what_is_really_shown(stage: Stage) -> None:
    home = stage.villages["home"]
    row = "GET /api/households/{household_id} reveal"
    shown = _found(stage, reply_of(stage, row, "village", home))
    assert {secret.kind for secret in shown} == {"name", "phone", "id_number", "point"}
    row = "GET /api/requests/{request_id} reveal"
    shown = _found(stage, reply_of(stage, row, "handler", home))
    assert {secret.kind for secret in shown} == {"name", "phone"}


def test_a_reply_that_is_given_again_is_noted_again(stage: Stage) -> None:
    home = stage.villages["home"]
    path = f"/api/requests/{home.requests['at_home'].id}/accept"
    headers = {**stage.headers["village"], "Idempotency-Key": "once-and-again"}
    with stage.undone():
        first = stage.client.post(path, headers=headers)
        again = stage.ask_noted("POST", path, headers=headers)
    assert first.status_code == again.status == 200
    assert first.content == again.content
    assert [noted.fields for noted in again.audit] == [{"handler.name", "location"}]
