"""What a list masks no question finds; no stranger's order moves a public answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asks import ASKS, address, read_table
from make_stage import Secret, Stage

ROWS = read_table()
_TOLD_NAMES = {"/api/people", "/api/accounts"}

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


@pytest.mark.parametrize(
    "caller",
    ["village", "server"]
    + [pytest.param(who, marks=pytest.mark.long) for who in ("admin", "resident")],
)
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


@pytest.mark.parametrize(
    "caller", ["anonymous", pytest.param("portal", marks=pytest.mark.long)]
)
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
