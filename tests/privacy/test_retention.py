"""What the sweep takes and what it leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from make_requests import act, link_of, order, path_of
from sqlalchemy import func, select, update

from geo_api.accounts.models import AuditEntry, Token
from geo_api.db.models import Counter
from geo_api.households.contacts import read_contact, store_contact
from geo_api.households.models import Contact, Household
from geo_api.http.models import IdempotentReply
from geo_api.people.models import Person
from geo_api.privacy import retention
from geo_api.privacy.retention import Swept, sweep_batch
from geo_api.requests.models import RequestEvent, ServiceRequest
from geo_api.settings import DispatchSettings, PrivacySettings

CONTACT = {"name": "王某", "phone": "10012345678"}


@pytest.fixture
def sweep(session, settings, clock):
    """Sweeps until nothing is left, as the command does; what it took."""

    def sweep() -> Swept:
        total = Swept()
        while not (
            swept := sweep_batch(session, now=clock(), settings=settings)
        ).is_empty:
            total += swept
        session.expire_all()
        return total

    return sweep


@pytest.fixture
def closed(client, world, sign_in):
    """A completed request with a contact: what its orderer was answered, its path."""

    def closed(**changes):
        ordered = order(client, world, contact=CONTACT, **changes)
        path = path_of(client, ordered)
        handler = sign_in("handler")
        act(client, path, "accept", handler)
        act(client, path, "complete", handler, {"note": "已换好阀门"})
        return ordered, path

    return closed


def _contact(session, ordered) -> Contact:
    return session.scalars(
        select(Contact)
        .join(ServiceRequest, ServiceRequest.contact_id == Contact.id)
        .where(ServiceRequest.number == ordered["number"])
    ).one()


def _count(session, model) -> int:
    return session.scalar(select(func.count()).select_from(model))


def test_a_contact_lives_as_long_as_the_setting_says_and_no_longer(
    session, clock, closed, cipher, sweep
) -> None:
    ordered, _ = closed()
    clock.now += timedelta(days=365)
    assert sweep().contacts == 0
    assert read_contact(cipher, _contact(session, ordered)).phone == CONTACT["phone"]
    clock.now += timedelta(seconds=1)
    assert sweep().contacts == 1
    contact = _contact(session, ordered)
    assert (contact.name, contact.phone, contact.id_number) == (None, None, None)
    assert contact.erased_at == clock.now


def test_the_description_and_the_history_stay(session, clock, closed, sweep) -> None:
    ordered, _ = closed(description="三社停水两天了")
    before = _count(session, RequestEvent)
    clock.now += timedelta(days=366)
    sweep()
    request = session.scalars(
        select(ServiceRequest).where(ServiceRequest.number == ordered["number"])
    ).one()
    assert request.description == "三社停水两天了"
    assert request.updated_at < clock.now - timedelta(days=365)
    assert _count(session, RequestEvent) == before


def test_an_erased_contact_is_shown_as_such(
    client, clock, closed, sign_in, sweep
) -> None:
    _, path = closed()
    clock.now += timedelta(days=366)
    sweep()
    for query in ({}, {"reveal": "contact"}):
        reply = client.get(path, params=query, headers=sign_in("handler"))
        assert reply.status_code == 200, reply.text
        contact = reply.json()["contact"]
        assert (contact["name"], contact["phone"]) == ("", "")
        assert contact["erased_at"] is not None


def test_a_contact_that_is_held_says_that_it_is_not_erased(
    client, closed, sign_in
) -> None:
    _, path = closed()
    shown = client.get(path, headers=sign_in("handler")).json()
    assert shown["contact"] == {
        "name": "王*",
        "phone": "100****5678",
        "erased_at": None,
    }


@pytest.mark.parametrize("contact", [CONTACT, None])
def test_the_tracking_link_ends_with_or_without_a_contact(
    client, clock, world, settings, sign_in, sweep, contact
) -> None:
    settings.sign_in = settings.sign_in.model_copy(update={"tracking_days": 4000})
    ordered = order(client, world, contact=contact)
    path = path_of(client, ordered)
    act(client, path, "withdraw", link_of(ordered), {"reason": "水来了"})
    clock.now += timedelta(days=366)
    assert client.get("/api/requests", headers=link_of(ordered)).status_code == 200
    assert sweep().links == 1
    assert client.get("/api/requests", headers=link_of(ordered)).status_code == 401


def test_an_open_request_keeps_its_contact_however_old_it_is(
    client, session, clock, world, cipher, sweep
) -> None:
    ordered = order(client, world, contact=CONTACT)
    clock.now += timedelta(days=3000)
    assert sweep().contacts == 0
    assert read_contact(cipher, _contact(session, ordered)).phone == CONTACT["phone"]


def test_a_reopened_request_keeps_its_contact(
    client, session, clock, world, closed, sweep
) -> None:
    ordered, path = closed()
    act(client, path, "reopen", link_of(ordered), {"reason": "又停水了"})
    clock.now += timedelta(days=399)
    assert sweep().contacts == 0


def test_nothing_is_erased_while_it_may_still_be_reopened(
    session, clock, closed, settings, sweep
) -> None:
    settings.privacy = PrivacySettings(contact_days=1)
    settings.dispatch = DispatchSettings(rating_days=30)
    closed()
    clock.now += timedelta(days=30)
    assert sweep().contacts == 0
    clock.now += timedelta(seconds=1)
    assert sweep().contacts == 1


def test_ledger_contacts_go_a_year_after_their_household_and_person(
    session, clock, world, cipher, sweep
) -> None:
    gone, lives = (session.get_one(Household, id_) for id_ in world.households)
    retired = session.get_one(Person, world.people["grid"])
    serves = session.get_one(Person, world.people["care"])
    for person in (retired, serves):
        person.contact_id = store_contact(
            session, cipher, phone="10012345680", now=clock()
        )
    gone.ended_at = retired.ended_at = clock()
    session.flush()
    clock.now += timedelta(days=366)
    assert sweep().contacts == 2
    erased = {
        row.contact_id
        for row in (gone, lives, retired, serves)
        if session.get_one(Contact, row.contact_id).erased_at is not None
    }
    assert erased == {gone.contact_id, retired.contact_id}


def test_a_second_sweep_finds_nothing_and_writes_nothing(
    session, clock, closed, sweep
) -> None:
    closed()
    clock.now += timedelta(days=366)
    assert not sweep().is_empty
    before = _count(session, AuditEntry)
    assert sweep().is_empty
    assert _count(session, AuditEntry) == before


def test_each_batch_is_one_entry_of_the_audit_with_its_counts(
    session, clock, closed, sweep, monkeypatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    for _ in range(3):
        closed()
    clock.now += timedelta(days=366)
    sweep()
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.action == "privacy.sweep")
        .order_by(AuditEntry.id)
    ).all()
    assert [entry.detail["contacts"] for entry in entries][:2] == [2, 1]
    assert all(max(_numbers(entry)) <= 2 for entry in entries)
    assert CONTACT["phone"] not in str([entry.detail for entry in entries])


def _numbers(entry: AuditEntry) -> list[int]:
    names = ("contacts", "links", "tokens", "replies", "counts")
    return [entry.detail[name] for name in names]


def test_the_audit_outlives_every_sweep(session, clock, closed, client, sweep) -> None:
    closed()
    before = set(session.scalars(select(AuditEntry.id)))
    assert before
    clock.now += timedelta(days=3650)
    sweep()
    assert before <= set(session.scalars(select(AuditEntry.id)))


def test_ended_tokens_are_forgotten_and_living_ones_are_not(
    session, clock, world, sign_in, sweep
) -> None:
    sign_in("handler")
    living = session.scalars(select(Token).order_by(Token.id.desc())).first()
    session.execute(
        update(Token)
        .where(Token.id != living.id)
        .values(expires_at=clock.now - timedelta(days=8))
    )
    sign_in("village")
    session.execute(
        update(Token)
        .where(Token.account_id == world.accounts["village"])
        .values(revoked_at=clock.now - timedelta(days=8))
    )
    assert sweep().tokens == 1
    assert session.scalars(select(Token.id)).all() == [living.id]


def test_replies_are_forgotten_after_their_day(
    client, session, clock, world, sweep
) -> None:
    order(client, world, headers={"Idempotency-Key": "a-retry-1"})
    clock.now += timedelta(hours=24)
    assert sweep().replies == 0
    clock.now += timedelta(seconds=1)
    assert sweep().replies == 1
    assert _count(session, IdempotentReply) == 0


def test_from_which_network_an_order_came_is_counted_for_an_hour_and_stands_nowhere(
    client, session, clock, world, sweep
) -> None:
    order(client, world)
    assert _count(session, Counter) == 1
    clock.now += timedelta(hours=1)
    assert sweep().counts == 1
    assert _count(session, Counter) == 0
