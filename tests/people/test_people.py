"""People over HTTP: masked in lists, kept by village and town, ended with duties."""

from __future__ import annotations

from uuid import UUID

import make
import pytest
from sqlalchemy import func, select

from geo_api.accounts.models import AuditEntry
from geo_api.duties.models import Duty
from geo_api.households.models import Contact
from geo_api.people.models import Person


def _path(session, world: make.World, key: str) -> str:
    person = session.get_one(Person, world.people[key])
    return f"/api/people/{person.public_id}"


def _add(client, headers, **changes):
    body = {"code": "P-new", "name": "沈新人", "phone": "10012345688", **changes}
    return client.post("/api/people", json=body, headers=headers)


def test_a_list_shows_surname_and_star_of_who_answers_in_scope(
    client, world, sign_in
) -> None:
    reply = client.get("/api/people", headers=sign_in("village"))
    names = {item["name"] for item in reply.json()["items"]}
    assert names == {"钱*", "孙*", "李*", "周*", "吴*"}
    assert "钱联户" not in reply.text
    everybody = client.get("/api/people", headers=sign_in("admin")).json()["items"]
    assert len(everybody) == len(world.people)


def test_lists_page_by_ledger_code(client, world, sign_in) -> None:
    headers = sign_in("admin")
    seen, cursor = [], None
    for _ in range(20):
        params = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/people", params=params, headers=headers).json()
        seen += [item["code"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(seen)
    assert len(seen) == len(world.people)


def test_one_person_is_shown_whole_with_phone_and_duties_and_audited(
    client, session, world, sign_in
) -> None:
    path = _path(session, world, "care")
    client.patch(path, json={"phone": "10012345677"}, headers=sign_in("village"))
    shown = client.get(path, headers=sign_in("town")).json()
    assert shown["name"] == "钱联户"
    assert shown["phone"] == "10012345677"
    assert [duty["kind"] for duty in shown["duties"]] == ["household_care"]
    assert shown["duties"][0]["place"]["code"] == make.ZONE
    entry = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "person.read")
    ).one()
    assert set(entry.fields) == {"name", "phone"}
    assert str(entry.subject_id) == shown["id"]
    assert client.get(path, headers=sign_in("admin")).json()["phone"] is None


def test_a_phone_is_stored_encrypted_and_renewed_in_its_row(
    client, session, world, sign_in, cipher
) -> None:
    headers = sign_in("admin")
    added = _add(client, headers)
    assert added.status_code == 201, added.text
    person = session.scalar(select(Person).where(Person.code == "P-new"))
    contact = session.get_one(Contact, person.contact_id)
    assert cipher.decrypt(contact.phone) == "10012345688"
    rows = session.scalar(select(func.count()).select_from(Contact))
    path = f"/api/people/{added.json()['id']}"
    client.patch(path, json={"phone": "10012345666"}, headers=headers)
    client.patch(path, json={"phone": ""}, headers=headers)
    assert session.scalar(select(func.count()).select_from(Contact)) == rows
    contact = session.scalar(select(Contact).where(Contact.id == contact.id))
    assert contact.phone is None


def test_a_taken_ledger_code_is_a_conflict_and_renames_nobody(
    client, session, world, sign_in
) -> None:
    reply = _add(client, sign_in("other_village"), code="P-care")
    assert reply.status_code == 409
    assert reply.json()["errors"][0]["loc"] == ["body", "code"]
    assert session.get_one(Person, world.people["care"]).name == "钱联户"


@pytest.mark.parametrize("name", ["other_village", "other_town", "stranger"])
def test_who_answers_elsewhere_only_is_404(
    client, session, world, sign_in, name
) -> None:
    path, headers = _path(session, world, "care"), sign_in(name)
    assert client.get(path, headers=headers).status_code == 404
    reply = client.patch(path, json={"name": "改名"}, headers=headers)
    assert reply.status_code == 404
    assert session.get_one(Person, world.people["care"]).name == "钱联户"


@pytest.mark.parametrize("name", ["county", "handler"])
def test_leaders_and_handlers_keep_no_people(
    client, session, world, sign_in, name
) -> None:
    headers = sign_in(name)
    assert _add(client, headers).status_code == 403
    reply = client.patch(
        _path(session, world, "care"), json={"name": "改名"}, headers=headers
    )
    assert reply.status_code == 403


def test_only_the_administrator_ties_people_to_accounts(
    client, session, world, sign_in
) -> None:
    path = _path(session, world, "stationed")
    body = {"username": "grid"}
    refused = client.patch(path, json=body, headers=sign_in("village"))
    assert refused.status_code == 403
    assert _add(client, sign_in("village"), username="grid").status_code == 403
    unknown = client.patch(path, json={"username": "x"}, headers=sign_in("admin"))
    assert unknown.status_code == 422
    tied = client.patch(path, json=body, headers=sign_in("admin"))
    assert tied.status_code == 200
    person = session.get_one(Person, world.people["stationed"])
    assert person.account_id == world.accounts["grid"]


def test_an_ended_person_has_no_duties_left_nor_to_come(
    client, session, world, sign_in
) -> None:
    path = _path(session, world, "grid")
    person_id = path.rsplit("/", 1)[1]
    later = {
        "person_id": person_id,
        "kind": "grid",
        "area_code": "620171101201002",
        "valid_from": "2026-04-01",
    }
    headers = sign_in("village")
    assert client.post("/api/duties", json=later, headers=headers).status_code == 201
    ended = client.patch(path, json={"is_ended": True}, headers=headers)
    assert ended.status_code == 200, ended.text
    duties = session.scalars(
        select(Duty).where(Duty.person_id == world.people["grid"])
    ).all()
    assert [duty.valid_to for duty in duties] == [make.TODAY]
    person = session.scalar(select(Person).where(Person.public_id == UUID(person_id)))
    assert person.ended_at is not None


def test_who_holds_the_last_desk_cannot_be_ended(
    client, session, world, sign_in
) -> None:
    path = _path(session, world, "town_desk")
    reply = client.patch(path, json={"is_ended": True}, headers=sign_in("town"))
    assert reply.status_code == 409
    assert session.get_one(Person, world.people["town_desk"]).ended_at is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("code", "a b"), ("name", ""), ("phone", "x"), ("rank", 1), ("name", "沈\u0000")],
)
def test_a_bad_field_is_named(client, world, sign_in, field, value) -> None:
    reply = _add(client, sign_in("village"), **{field: value})
    assert reply.status_code == 422, reply.text
    assert reply.json()["errors"][0]["loc"] == ["body", field]


def _names(client, headers, **params: str) -> list[str]:
    reply = client.get("/api/people", params=params, headers=headers)
    assert reply.status_code == 200, reply.text
    return [item["name"] for item in reply.json()["items"]]


def test_people_are_found_by_name_by_code_and_by_where_they_answer(
    client, session, world, sign_in
) -> None:
    admin = sign_in("admin")
    assert _names(client, admin, q="联户") == ["钱联户"]
    assert [name[0] for name in _names(client, admin, q="P-gr")] == ["孙"]
    assert _names(client, admin, q="%") == []
    # The zone lies in the group, the desk of the village around it does not.
    leader = sign_in("county")
    assert set(_names(client, leader, area=make.GROUP)) == {"钱*", "孙*"}
    assert "李*" in _names(client, leader, area=make.VILLAGE)
    # Whom one cannot see is not found by name either.
    assert _names(client, sign_in("village"), q="陈外村") == []
    path = _path(session, world, "grid")
    client.patch(path, json={"is_ended": True}, headers=admin)
    assert _names(client, admin, area=make.GROUP) == ["钱联户"]
    assert [name[0] for name in _names(client, admin, ended="true")] == ["孙"]


@pytest.mark.parametrize("who", ["county", "town", "village", "handler"])
def test_a_name_is_found_by_what_the_list_shows_of_it(
    client, session, world, sign_in, who: str
) -> None:
    """Sign by sign, a search once gave the whole name back."""
    headers = sign_in(who)
    for part in ("钱联户", "联户", "钱联", "户", "联"):
        assert _names(client, headers, q=part) == [], part
    for part in ("钱", "钱*", "*"):
        assert "钱*" in _names(client, headers, q=part)
    assert session.scalars(
        select(AuditEntry).where(AuditEntry.action == "person.list")
    ).all() == []  # fmt: skip


def test_the_administrator_reads_whole_names_and_the_audit_says_so(
    client, session, world, sign_in
) -> None:
    assert "钱联户" in _names(client, sign_in("admin"))
    row = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "person.list")
    ).one()
    assert (row.account_id, row.fields) == (world.accounts["admin"], ["name"])


def test_a_list_says_what_people_answer_for_today(client, world, sign_in) -> None:
    reply = client.get("/api/people", headers=sign_in("village")).json()
    duties = {item["name"]: item["duties"] for item in reply["items"]}
    [care] = duties["钱*"]
    assert (care["kind"], care["place"]["code"]) == ("household_care", make.ZONE)
    assert care["person_name"] == "钱*"


def test_a_person_comes_with_the_first_duty_or_not_at_all(
    client, session, world, sign_in
) -> None:
    headers = sign_in("village")
    duty = {"kind": "grid", "area_code": make.GROUP, "valid_from": "2026-03-02"}
    added = client.post(
        "/api/people", json={"name": "沈新人", "duty": duty}, headers=headers
    )
    assert added.status_code == 201, added.text
    assert [d["place"]["code"] for d in added.json()["duties"]] == [make.GROUP]
    assert "沈*" in _names(client, headers)
    for changes, status, field in (
        ({"kind": "village_desk", "area_code": make.VILLAGE}, 403, "kind"),
        ({"area_code": make.OTHER_VILLAGE}, 404, "area_code"),
        ({"kind": "household_care"}, 422, "kind"),
    ):
        body = {"name": "沈乙", "duty": {**duty, **changes}}
        refused = client.post("/api/people", json=body, headers=headers)
        assert refused.status_code == status, refused.text
        assert refused.json()["errors"][0]["loc"] == ["body", "duty", field]
    assert session.scalar(select(Person).where(Person.name == "沈乙")) is None


def test_without_a_code_a_person_gets_the_next_of_the_ledger(
    client, session, world, sign_in
) -> None:
    headers = sign_in("admin")
    codes = [
        client.post("/api/people", json=body, headers=headers).json()["code"]
        for body in (
            {"name": "沈甲"},
            {"name": "沈乙", "code": "P0117"},
            {"name": "沈丙"},
        )
    ]
    assert codes == ["P0001", "P0117", "P0118"]


def test_who_has_duties_elsewhere_is_not_ended_from_here(
    client, session, world, sign_in
) -> None:
    path, headers = _path(session, world, "stationed"), sign_in("village")
    reply = client.patch(path, json={"is_ended": True}, headers=headers)
    assert reply.status_code == 403  # the town gives and ends this kind of duty
    duty = {
        "person_id": path.rsplit("/", 1)[1],
        "kind": "stationed",
        "area_code": make.OTHER_VILLAGE,
        "valid_from": "2026-03-01",
    }
    client.post("/api/duties", json=duty, headers=sign_in("other_town"))
    reply = client.patch(path, json={"is_ended": True}, headers=sign_in("town"))
    assert reply.status_code == 403
    assert session.get_one(Person, world.people["stationed"]).ended_at is None
    duties = select(Duty).where(Duty.person_id == world.people["stationed"])
    assert [d.valid_to for d in session.scalars(duties)] == [None, None]
    reply = client.patch(path, json={"is_ended": True}, headers=sign_in("admin"))
    assert reply.status_code == 200


def test_who_had_ended_comes_back_without_duties(
    client, session, world, sign_in
) -> None:
    path, headers = _path(session, world, "grid"), sign_in("admin")
    for is_ended in (True, False):
        reply = client.patch(path, json={"is_ended": is_ended}, headers=headers)
        assert reply.json()["is_ended"] is is_ended
    assert client.get(path, headers=headers).json()["duties"] == []


def test_the_account_of_a_person_is_told_to_the_administrator_alone(
    client, session, world, sign_in
) -> None:
    path = _path(session, world, "care")
    assert client.get(path, headers=sign_in("admin")).json()["username"] == "handler"
    assert client.get(path, headers=sign_in("village")).json()["username"] is None
