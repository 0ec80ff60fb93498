"""A request found again by number and phone: by its resident, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import make_requests
import pytest
from make_accounts import from_network
from make_races import at_once
from make_requests import act, history, link_of, numbers, path_of
from sqlalchemy import delete, select, text

from geo_api.accounts.models import Account, AuditEntry
from geo_api.accounts.portal_keys import create_portal_key
from geo_api.accounts.tokens import revoke_tokens
from geo_api.db.models import Counter
from geo_api.privacy.retention import sweep_batch

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


def test_one_network_does_not_try_one_number_for_ever(
    client, ordered, settings, session
) -> None:
    for _ in range(settings.sign_in.track_tries_number):
        assert _track(client, ordered["number"], "0000").status_code == 404
    # Whoever has the right digits by now has guessed them.
    refused = _track(client, ordered["number"])
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert "请 24 小时后再试" in refused.json()["detail"]
    assert session.scalars(
        select(AuditEntry.id).where(AuditEntry.action == "request.track")
    ).all() == []  # fmt: skip


def test_strangers_do_not_spend_the_owners_tries(client, ordered) -> None:
    for number in range(9):
        stranger = from_network(client, number)
        told = [_track(stranger, ordered["number"], "0000") for _ in range(11)]
        assert [reply.status_code for reply in told] == [404] * 10 + [429]
    owner = from_network(client, 100)
    assert _track(owner, ordered["number"]).status_code == 200


def test_however_many_networks_try_four_digits_are_not_guessed(
    client, ordered, settings
) -> None:
    """A hundred of ten thousand; the owner then gives the whole phone."""
    settings.sign_in = settings.sign_in.model_copy(update={"track_tries_digits": 25})
    for name in (ordered["number"], "2026030299999"):
        told = [
            _track(from_network(client, network), name, "0000").status_code
            for network in range(4)
            for _ in range(8)
        ]
        assert told == [404] * 25 + [422] * 7
    elsewhere = from_network(client, 100)
    refused = _track(elsewhere, ordered["number"])
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["mend"]
    for wrong in ("10012340000", "5678"):
        assert _track(elsewhere, ordered["number"], wrong).is_error
    assert _track(elsewhere, ordered["number"], "10012345678").status_code == 200


@pytest.mark.parametrize("phone", ["10012345678", "+8610012345678"])
def test_the_whole_phone_does_from_the_first_try(client, world, phone) -> None:
    mine = make_requests.order(client, world, contact={**_CONTACT, "phone": phone})
    for tail, status in (("10012345678", 200), ("0012345678", 404), ("5678", 200)):
        assert _track(client, mine["number"], tail).status_code == status


def test_a_tracking_link_or_a_pages_key_opens_no_budget_of_its_own(
    client, world, ordered, settings, session, now
) -> None:
    """All of one network's, whatever they show."""
    links = [link_of(make_requests.order(client, world)) for _ in range(5)]
    _, secret = create_portal_key(
        session,
        name="page",
        origins=[],
        layers=["heat"],
        area_ids=list(world.county.ids.values())[:1],
        now=now,
    )
    session.flush()
    key = {"X-Portal-Key": secret}
    for i in range(settings.sign_in.track_tries_caller):
        number = f"20260302{i:05d}"
        assert _track(client, number, "0000").status_code == 404
    for headers in ({}, *links, key):
        refused = _track(client, "2026030288888", "0000", headers=headers)
        assert refused.status_code == 429


def test_two_digits_of_a_phone_are_answered_with_how_many_it_takes(client) -> None:
    reply = _track(client, "2026030200001", "12")
    assert reply.status_code == 422
    (found,) = reply.json()["errors"]
    assert (found["loc"], found["mend"]) == (
        ["body", "phone_tail"],
        "请填尾号四位，或填完整号码",
    )


def test_an_unknown_number_is_counted_like_a_known_one(client, settings, world):
    for _ in range(settings.sign_in.track_tries_number):
        assert _track(client, "2026030299999", "0000").status_code == 404
    assert _track(client, "2026030299999", "0000").status_code == 429


def test_one_network_does_not_try_for_ever(client, ordered, settings, clock) -> None:
    for i in range(settings.sign_in.track_tries_caller):
        assert _track(client, f"20260302{i:05d}", "0000").status_code == 404
    refused = _track(client, ordered["number"])
    assert refused.status_code == 429
    assert "请 60 分钟后再试" in refused.json()["detail"]
    clock.now += timedelta(hours=1)
    assert _track(client, ordered["number"]).status_code == 200


def test_a_found_request_is_audited(client, ordered, session) -> None:
    _track(client, ordered["number"])
    row = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "request.track")
    ).one()
    assert row.subject_kind == "request"


def test_tries_are_counted_without_saying_whose(
    client, ordered, session, clock, settings
) -> None:
    session.execute(delete(Counter))
    _track(client, ordered["number"], "0000")
    subjects = session.scalars(select(Counter.subject)).all()
    assert len(subjects) == 3
    assert all(len(subject) == 32 for subject in subjects)
    clock.now += timedelta(days=3)
    # The network's hour begins anew; its day with the first number is over.
    _track(client, "2026030299999", "0000")
    assert sweep_batch(session, now=clock(), settings=settings).counts == 1
    kept = session.scalars(select(Counter.ends_at)).all()
    assert len(kept) == 4
    assert min(kept) > clock.now


@pytest.mark.parametrize("name", ["handler", "village", "town", "county", "admin"])
def test_nobody_signed_in_gets_a_residents_link(client, ordered, sign_in, name) -> None:
    refused = _track(client, ordered["number"], headers=sign_in(name))
    assert refused.status_code == 403
    assert ordered["number"] not in refused.text


def _completed(client, ordered, sign_in) -> str:
    path = path_of(client, ordered)
    act(client, path, "accept", sign_in("handler"))
    act(client, path, "complete", sign_in("handler"), {"note": "已修好"})
    return path


@pytest.mark.parametrize("by", ["link", "found", "callback"])
def test_a_rating_says_how_who_rated_was_known(client, ordered, sign_in, by) -> None:
    path = _completed(client, ordered, sign_in)
    found = _track(client, ordered["number"]).json()
    raters = {
        "link": link_of(ordered), "found": link_of(found), "callback": sign_in("town")
    }  # fmt: skip
    act(client, path, "rate", raters[by], {"score": "satisfied"})
    told = history(client, path, sign_in("town"))[-1]
    assert (told["verb"], told["detail"]["by"]) == ("rate", by)
    for listed in (
        client.get(path, headers=sign_in("town")).json(),
        *client.get("/api/requests", headers=sign_in("handler")).json()["items"],
    ):
        assert listed["rated_by"] == by
    # Who did not rate it sees that somebody did, and opens it again.
    assert history(client, path, link_of(ordered))[-1]["detail"]["by"] == by
    act(client, path, "reopen", link_of(ordered), {"reason": "我没有评过"})
    shown = client.get(path, headers=sign_in("town")).json()
    assert (shown["rating"], shown["rated_by"]) == (None, None)


def test_whatever_is_done_by_a_found_link_says_so(client, ordered, sign_in) -> None:
    path = path_of(client, ordered)
    found = link_of(_track(client, ordered["number"]).json())
    act(client, path, "withdraw", found, {"reason": "不用了"})
    assert history(client, path, sign_in("town"))[-1]["detail"] == {
        "reason": "不用了", "by": "found"
    }  # fmt: skip


def test_a_link_that_the_handler_was_handed_does_not_rate_the_handlers_work(
    client, world, sign_in
) -> None:
    ordered = make_requests.order(
        client, world, sign_in("handler"), contact=_CONTACT, channel="visit"
    )
    path = _completed(client, ordered, sign_in)
    refused = act(
        client, path, "rate", link_of(ordered), {"score": "satisfied"}, status=403
    )
    assert refused["detail"] == "此链接曾交给经办人：任何人不得评价自己的工作"
    # Its resident has ways of their own.
    act(client, path, "reopen", link_of(ordered), {"reason": "还在漏水"})
    _completed(client, ordered, sign_in)
    found = link_of(_track(client, ordered["number"]).json())
    act(client, path, "rate", found, {"score": "unsatisfied"})


def test_a_link_that_others_were_handed_rates(client, world, sign_in) -> None:
    ordered = make_requests.order(client, world, sign_in("village"), channel="visit")
    path = _completed(client, ordered, sign_in)
    act(client, path, "rate", link_of(ordered), {"score": "satisfied"})


def test_a_link_outlives_the_account_that_it_was_handed_to(
    client, session, world, sign_in, clock
) -> None:
    ordered = make_requests.order(client, world, sign_in("village"), channel="visit")
    account = session.get_one(Account, world.accounts["village"])
    revoke_tokens(session, account, now=clock())
    assert numbers(client, link_of(ordered)) == [ordered["number"]]


def test_many_tries_at_once_are_counted_one_by_one(committing_client) -> None:
    replies = at_once(lambda _: _track(committing_client, "2026030299999", "0000"), 15)
    found = sorted(reply.status_code for reply in replies)
    assert found == [404] * 10 + [429] * 5
