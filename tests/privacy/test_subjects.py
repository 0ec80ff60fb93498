"""What is held on one person: found by phone or number, told, and erased on request."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from make_requests import act, link_of, order, path_of
from sqlalchemy import func, select

from geo_api.accounts.models import AuditEntry
from geo_api.attachments.models import Attachment
from geo_api.errors import Conflict, NotFound
from geo_api.households.contacts import read_contact
from geo_api.households.models import Contact, Household
from geo_api.privacy.erasure import erase_person
from geo_api.privacy.subject_export import export_person
from geo_api.privacy.subjects import find_by_number, find_by_phone
from geo_api.requests.models import RequestEvent, ServiceRequest

PHONE = "10012345699"
CONTACT = {"name": "王某", "phone": PHONE}


@pytest.fixture
def two(client, world):
    """Two requests of one person; a third of somebody else."""
    mine = [
        order(client, world, contact=CONTACT, description=f"第{i}件") for i in (1, 2)
    ]
    order(client, world, contact={"name": "李某", "phone": "10012345600"})
    return mine


def _withdraw(client, ordered) -> None:
    act(client, path_of(client, ordered), "withdraw", link_of(ordered), {"reason": ""})


def _contact_of(session, number: str) -> Contact:
    wanted = select(ServiceRequest).where(ServiceRequest.number == number)
    return session.get_one(Contact, session.scalars(wanted).one().contact_id)


def _audited(session, action: str) -> list[AuditEntry]:
    wanted = select(AuditEntry).where(AuditEntry.action == action)
    return list(session.scalars(wanted.order_by(AuditEntry.id)))


@pytest.mark.parametrize(
    "written", [PHONE, "100 1234 5699", "+8610012345699", "100-1234-5699"]
)
def test_all_requests_of_a_phone_are_found_however_it_is_written(
    session, cipher, two, written
) -> None:
    held = find_by_phone(session, cipher, written)
    assert [r.number for r in held.requests] == [o["number"] for o in two]


def test_a_number_finds_its_request_and_no_other(session, two) -> None:
    held = find_by_number(session, two[0]["number"])
    assert [r.number for r in held.requests] == [two[0]["number"]]


def test_nobody_is_found_under_what_is_held_of_nobody(session, cipher, two) -> None:
    with pytest.raises(NotFound):
        find_by_phone(session, cipher, "10099999999")
    with pytest.raises(NotFound):
        find_by_phone(session, cipher, "")
    with pytest.raises(NotFound):
        find_by_number(session, "2026030299999")


def test_an_export_tells_all_that_is_held_and_nothing_of_others(
    session, cipher, two, now
) -> None:
    held = find_by_phone(session, cipher, PHONE)
    told = export_person(session, cipher, held, now=now)
    assert [r["description"] for r in told["requests"]] == ["第1件", "第2件"]
    first = told["requests"][0]
    assert first["contact"]["phone"] == PHONE
    assert first["contact"]["erased_at"] is None
    assert [event["verb"] for event in first["history"]] == ["order", "dispatch"]
    assert first["areas"] == ["演示县", "西镇", "西南村", "一社"]
    assert first["location"] is not None
    text = json.dumps(told, ensure_ascii=False)
    assert "李某" not in text
    assert "10012345600" not in text


def test_an_export_tells_what_ledgers_hold(session, cipher, world, now) -> None:
    told = export_person(
        session, cipher, find_by_phone(session, cipher, "10012345671"), now=now
    )
    (household,) = told["households"]
    assert household["contact"]["name"] == "赵户主1"
    assert household["contact"]["id_number"] == "620171197001010015"
    assert (told["requests"], told["duty_holders"]) == ([], [])


def test_an_export_is_audited_without_what_was_told(session, cipher, two, now) -> None:
    export_person(session, cipher, find_by_phone(session, cipher, PHONE), now=now)
    act_, *each = _audited(session, "privacy.export")
    assert act_.detail["requests"] == 2
    assert len({entry.subject_id for entry in each}) == 2
    assert PHONE not in str([entry.detail for entry in (act_, *each)])


def test_open_requests_keep_a_person_from_being_erased_unless_forced(
    session, cipher, client, two, now
) -> None:
    _withdraw(client, two[0])
    held = find_by_phone(session, cipher, PHONE)
    with pytest.raises(Conflict, match=two[1]["number"]):
        erase_person(session, held, now=now, force=False)
    assert _contact_of(session, two[0]["number"]).erased_at is None
    assert erase_person(session, held, now=now, force=True) == 2


def test_erasing_empties_contacts_ends_links_and_keeps_the_record(
    session, cipher, client, two, now
) -> None:
    for ordered in two:
        _withdraw(client, ordered)
    events = session.scalar(select(func.count()).select_from(RequestEvent))
    held = find_by_phone(session, cipher, PHONE)
    assert erase_person(session, held, now=now, force=False) == 2
    session.expire_all()
    for ordered in two:
        contact = _contact_of(session, ordered["number"])
        assert (contact.name, contact.phone, contact.id_number) == (None, None, None)
        assert contact.erased_at == now
        reply = client.get("/api/requests", headers=link_of(ordered))
        assert reply.status_code == 401
    assert session.scalar(select(func.count()).select_from(RequestEvent)) == events
    assert find_by_number(session, two[0]["number"]).requests[0].description == "第1件"
    with pytest.raises(NotFound):
        find_by_phone(session, cipher, PHONE)


def test_photos_are_told_and_go_with_their_person(
    session, cipher, client, two, now
) -> None:
    held = find_by_phone(session, cipher, PHONE)
    for request in held.requests:
        photo = Attachment(
            request_id=request.id,
            at=now,
            media_type="image/png",
            size=4,
            width=1,
            height=1,
            content=b"\x89PNG",
        )
        session.add(photo)
    session.flush()
    first, _ = export_person(session, cipher, held, now=now)["requests"]
    assert [photo["base64"] for photo in first["photos"]] == ["iVBORw=="]
    erase_person(
        session, find_by_number(session, held.requests[0].number), now=now, force=True
    )
    kept = session.scalars(select(Attachment.request_id)).all()
    assert kept == [held.requests[1].id]


def test_what_is_held_of_others_stays(session, cipher, client, two, now) -> None:
    for ordered in two:
        _withdraw(client, ordered)
    erase_person(session, find_by_phone(session, cipher, PHONE), now=now, force=False)
    session.expire_all()
    assert len(find_by_phone(session, cipher, "10012345600").requests) == 1


def test_who_lives_here_stays_in_the_ledger(session, cipher, world, now) -> None:
    lives, gone = (session.get_one(Household, id_) for id_ in world.households)
    gone.ended_at = now
    session.flush()
    for household, phone, count in (
        (lives, "10012345671", 0),
        (gone, "10012345672", 1),
    ):
        held = find_by_phone(session, cipher, phone)
        assert erase_person(session, held, now=now, force=False) == count
        session.expire_all()
        contact = session.get_one(Contact, household.contact_id)
        assert bool(read_contact(cipher, contact).phone) is not bool(count)


def test_an_erasure_is_audited_at_each_request(
    session, cipher, client, two, now
) -> None:
    for ordered in two:
        _withdraw(client, ordered)
    held = find_by_phone(session, cipher, PHONE)
    erase_person(session, held, now=now, force=False)
    _, *each = _audited(session, "privacy.erase")
    assert {e.subject_id for e in each} == {r.public_id for r in held.requests}
    assert PHONE not in str([entry.detail for entry in each])


def test_an_erased_person_is_exported_as_erased(
    session, cipher, client, two, now
) -> None:
    for ordered in two:
        _withdraw(client, ordered)
    erase_person(session, find_by_phone(session, cipher, PHONE), now=now, force=False)
    session.expire_all()
    held = find_by_number(session, two[0]["number"])
    (told,) = export_person(session, cipher, held, now=now)["requests"]
    assert told["contact"]["phone"] == ""
    assert datetime.fromisoformat(told["contact"]["erased_at"]) == now
