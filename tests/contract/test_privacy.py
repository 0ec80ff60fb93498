"""Seeded names, phones, numbers and points are looked for in every reply there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asks import ASKS, Row, address, read_table, reply_of
from make_stage import CALLERS, Noted, Reply, Secret, Stage, Village

ROWS = read_table()

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
_TOLD_NAMES = {"/api/people", "/api/accounts"}
_LISTS = {"person.list", "account.list"}
# They do their work without anybody's phone, number or door.
_NEVER = {"anonymous", "portal", "server", "resident", "admin", "auditor"}


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


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_unmasked_value_has_its_row_in_the_audit(stage: Stage, row: Row) -> None:
    leaks = set()
    for caller in CALLERS:
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


# Answered with things of their own, or a list that is asked for as a page, too.
_NO_LISTS = {"/api/locate", "/api/portal-key", "/api/requests.xlsx"}
_NONSENSE = "龘龘"


def _questions(stage: Stage) -> Iterator[tuple[str, str]]:
    """Every list and every word that it can be searched, filtered or sorted by."""
    for path, methods in stage.app.openapi()["paths"].items():
        if "get" not in methods or "{" in path or path in _NO_LISTS:
            continue
        for parameter in methods["get"].get("parameters", ()):
            if parameter["in"] == "query" and parameter["name"] not in ("limit", "v"):
                yield path, parameter["name"]


def _probes(stage: Stage) -> set[str]:
    """What somebody would try: whole values, and parts that no mask shows."""
    person_id = stage.villages["home"].person_id
    kinds: dict[tuple[str, bool, bool], Secret] = {}
    for secret in stage.secrets:
        of = bool(secret.owner), person_id in secret.subjects
        kinds.setdefault((secret.kind, *of), secret)
    values = {secret.value for secret in kinds.values()}
    return values | {s.value[1:] for s in kinds.values() if s.kind == "name"}


@pytest.mark.parametrize("caller", ["admin", "village", "server", "resident"])
def test_what_a_list_masks_no_question_finds(stage: Stage, caller: str) -> None:
    headers = stage.headers_of(caller)
    found = set()
    for path, name in _questions(stage):

        def ask(text: str, path: str = path, name: str = name) -> tuple[int, str]:
            reply = stage.ask("GET", path, params={name: text}, headers=headers)
            # What was asked may be said back: it is not what was found.
            return reply.status_code, reply.text.replace(text, "")

        nothing = ask(_NONSENSE)
        if nothing[0] in (401, 403, 404, 422):
            continue
        shown = stage.ask("GET", path, headers=headers).text
        for text in _probes(stage):
            # What the list shows, it may find: zones, too, are called by such words.
            if text not in shown and ask(text) != nothing:
                found.add((path, name, text))
    assert found == set()


def test_the_administrator_finds_the_names_that_are_told(stage: Stage) -> None:
    headers = stage.headers["admin"]
    for path in sorted(_TOLD_NAMES):
        shown = stage.ask("GET", path, headers=headers).json()["items"]
        name = shown[0]["name"]
        assert not name.endswith("*")
        reply = stage.ask_noted("GET", path, params={"q": name[1:]}, headers=headers)
        assert name in reply.text
        assert {noted.fields for noted in reply.audit} == {frozenset({"name"})}


def test_every_question_that_takes_words_was_put(stage: Stage) -> None:
    """The walk above is no walk if the words are not those that lists really read."""
    questions = set(_questions(stage))
    lists = {"households", "people", "zones", "accounts", "requests", "areas"}
    assert {(f"/api/{name}", "q") for name in lists} <= questions
    assert {("/api/audit", "account"), ("/api/requests", "handler")} <= questions


@pytest.mark.parametrize("caller", ["anonymous", "portal"])
def test_no_public_answer_moves_by_an_order_of_somebody_else(
    stage: Stage, caller: str
) -> None:
    """Every address that reads, asked before and after an order close by."""
    asked = [
        (row.name, address(stage, village, ASKS[row.name]))
        for row in ROWS
        if row.name.startswith("GET ") and row.name != "GET /ready"
        for village in stage.villages.values()
    ]

    def answers() -> dict[str, tuple[int, bytes, str | None]]:
        found = {}
        for _name, url in asked:
            reply = stage.client.get(url, headers=stage.headers_of(caller))
            found[url] = (reply.status_code, reply.content, reply.headers.get("etag"))
        return found

    home = stage.villages["home"]
    with stage.undone():
        before = answers()
        for _ in range(3):
            ordered = stage.client.post(
                "/api/requests",
                json={
                    "service_code": "XQ-SHUI",
                    "description": "停水",
                    "area_code": home.code,
                },
                headers=stage.headers["village"],
            )
            assert ordered.status_code == 201, ordered.text
        after = answers()
    assert [url for url, answer in after.items() if answer != before[url]] == []
    assert any(status == 200 for status, _, _ in after.values())
