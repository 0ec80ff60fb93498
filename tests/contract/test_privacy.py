"""Seeded names, phones, numbers and points are looked for in every reply there is."""

from __future__ import annotations

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
            and (noted.subject_id in secret.subjects or str(noted.subject_id) in url)
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


@pytest.mark.parametrize("path", ["/api/households", "/api/requests", "/api/accounts"])
def test_no_list_can_be_searched_for_what_it_masks(stage: Stage, path: str) -> None:
    headers = stage.headers["admin" if path == "/api/accounts" else "village"]
    account_names = {secret.value for secret in stage.secrets if secret.owner}
    for secret in stage.secrets:
        if path == "/api/accounts" and secret.value in account_names:
            continue  # the administrator gave these names
        reply = stage.ask("GET", path, params={"q": secret.value}, headers=headers)
        assert reply.json()["items"] == [], secret
