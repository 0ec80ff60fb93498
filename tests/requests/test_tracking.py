"""A request found again by number and phone: by its resident, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import make_requests
import pytest
from make_races import at_once
from make_requests import link_of, numbers
from sqlalchemy import select, text

from geo_api.accounts.models import AuditEntry
from geo_api.requests.models import TrackCount

_CONTACT = {"name": "王某", "phone": "10012345678"}


@pytest.fixture
def ordered(client, world) -> dict:
    return make_requests.order(client, world, contact=_CONTACT)


def _track(client, number: str, tail: str = "5678", **options):
    body = {"number": number, "phone_tail": tail}
    return client.post("/api/track", json=body, **options)


def test_number_and_digits_give_a_link_of_its_own(client, ordered) -> None:
    reply = _track(client, ordered["number"])
    assert reply.status_code == 200
    again = reply.json()
    assert again["tracking_url"] != ordered["tracking_url"]
    assert numbers(client, link_of(again)) == [ordered["number"]]
    # The one that was lost is perhaps found again.
    assert numbers(client, link_of(ordered)) == [ordered["number"]]


def test_no_answer_says_what_was_wrong(client, world, ordered, session) -> None:
    silent = make_requests.order(client, world)
    erased = make_requests.order(client, world, contact=_CONTACT)
    session.execute(text(
        "UPDATE contact SET phone = NULL WHERE id = (SELECT contact_id FROM"
        " service_request WHERE number = :number)"
    ), {"number": erased["number"]})  # fmt: skip
    wrong = [
        _track(client, number, tail)
        for number, tail in (
            (ordered["number"], "5679"),
            ("2026030299999", "5678"),
            (silent["number"], "5678"),
            (erased["number"], "5678"),
        )
    ]
    assert {reply.status_code for reply in wrong} == {404}
    assert len({reply.content for reply in wrong}) == 1


@pytest.mark.parametrize("tail", ["", "567", "45678", "56 8", "５６７８", "%%%%"])
def test_the_tail_is_four_digits(client, ordered, tail: str) -> None:
    assert _track(client, ordered["number"], tail).status_code == 422


def test_one_number_is_not_tried_for_ever(client, ordered, settings, session) -> None:
    for _ in range(settings.sign_in.track_tries_number):
        assert _track(client, ordered["number"], "0000").status_code == 404
    # Whoever has the right digits by now has guessed them.
    refused = _track(client, ordered["number"])
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "request.track")
    ).all() == []  # fmt: skip


def test_an_unknown_number_is_counted_like_a_known_one(client, settings, world):
    for _ in range(settings.sign_in.track_tries_number):
        assert _track(client, "2026030299999", "0000").status_code == 404
    assert _track(client, "2026030299999", "0000").status_code == 429


def test_one_network_does_not_try_for_ever(client, ordered, settings, clock) -> None:
    for i in range(settings.sign_in.track_tries_caller):
        assert _track(client, f"20260302{i:05d}", "0000").status_code == 404
    assert _track(client, ordered["number"]).status_code == 429
    clock.now += timedelta(hours=1)
    assert _track(client, ordered["number"]).status_code == 200


def test_a_found_request_is_audited(client, ordered, session) -> None:
    _track(client, ordered["number"])
    row = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "request.track")
    ).one()
    assert row.subject_kind == "request"


def test_tries_are_counted_without_saying_whose(client, ordered, session, clock):
    _track(client, ordered["number"], "0000")
    subjects = session.scalars(select(TrackCount.subject)).all()
    assert len(subjects) == 2
    assert all(len(subject) == 32 for subject in subjects)
    clock.now += timedelta(days=3)
    _track(client, "2026030299999", "0000")
    kept = session.scalars(select(TrackCount.since)).all()
    assert len(kept) == 2
    assert min(kept) > clock.now - timedelta(days=2)


def test_many_tries_at_once_are_counted_one_by_one(committing_client) -> None:
    replies = at_once(lambda _: _track(committing_client, "2026030299999", "0000"), 15)
    found = sorted(reply.status_code for reply in replies)
    assert found == [404] * 10 + [429] * 5
